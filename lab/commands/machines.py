"""Into the lab's machines: `shell`, `ssh`, `kubectl`. All of them start on base, never on the host."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace

from lab import i18n
from lab.commands.arguments import Verbs, command_argument
from lab.errors import UsageError


def add(verbs: Verbs) -> None:
    """Enter these verbs."""
    command_argument(verbs.add("shell", _shell))
    ssh = verbs.add("ssh", _ssh)
    ssh.add_argument("node", metavar="NODE", help=i18n.text("cli.ssh.node"))
    command_argument(ssh)
    command_argument(verbs.add("kubectl", _kubectl))


def _shell(args: Namespace) -> int:
    return _on_base(args, *args.command)


def _kubectl(args: Namespace) -> int:
    return _on_base(args, "kubectl", *args.command)


def _ssh(args: Namespace) -> int:
    from lab.cluster import open_lab

    nodes = [node.name for node in open_lab(args.name).nodes()]
    if args.node not in nodes:
        raise UsageError("usage.node", node=args.node, nodes=", ".join(nodes))
    # ssh hands its words to a shell on the node; quoted, they arrive there as they were given here.
    command = [shlex.join(args.command)] if args.command else []
    return _on_base(args, "ssh", *(["-t"] if _on_terminal() else []), args.node, *command)


def _on_base(args: Namespace, *command: str) -> int:
    from lab.cluster import open_lab
    from lab.foreground import foreground

    return foreground(open_lab(args.name).shell_argv(*command, tty=_on_terminal()))


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
