"""The command line: `ckslab VERB ...`. Without a verb it opens the app.

Exit codes: 0 done, or all criteria pass; 1 not all pass; 2 wrong usage; 3 the lab is broken or could not be looked at.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from lab import __version__, i18n, log, settings
from lab.commands import app, author, classes, cluster, demo, exam, exercises, grading, history, machines
from lab.commands.arguments import Parser, Verbs, everywhere
from lab.errors import LabError

INTERRUPTED = 130
BROKEN_PIPE = 141
DEFAULT_LAB = "cks"


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says and return the exit code. No exception leaves."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a character gets `?`, not a traceback
    try:
        code = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print(i18n.text("cli.interrupted"), file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read has enough. Python would flush once more at exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except LabError as error:
        return _tell(error)
    except OSError as error:
        written = log.fault("a command", error)  # disk full, or a mistake of the program's: the traceback tells
        return _tell(LabError("system", f"{error}\n{written}"))
    except Exception as error:
        written = log.fault("a command", error)
        return _tell(LabError("fault", f"{type(error).__name__}: {error}\n{written}"))


def _run(argv: Sequence[str]) -> int:
    given, command = _split(argv)
    _choose_language(given)
    try:
        args = _parser().parse_args(given)
    except SystemExit as ended:  # --help and --version
        return int(ended.code or 0)
    if command is not None:
        if "command" not in args:
            _parser().error(i18n.text("cli.no-command"))
        args.command = [*args.command, *command]
    run: int = args.run(args)
    return run


def _split(argv: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """What is ours to read, and the command behind the first `--`, if there is one.

    argparse could take that command too, but what it does with `--` differs from one Python to the next.
    """
    if "--" not in argv:
        return list(argv), None
    end = argv.index("--")
    return list(argv[:end]), list(argv[end + 1 :])


def _choose_language(argv: Sequence[str]) -> None:
    """The language asked for here, else in the environment (`lab.i18n` knows it), else saved."""
    known, _ = everywhere().parse_known_args(argv)
    if "lang" in known:
        i18n.use(known.lang)
    elif "CKSLAB_LANG" not in os.environ and (saved := settings.load().language):
        i18n.use(saved)


def _parser() -> Parser:
    parser = Parser(prog="ckslab", description=i18n.text("cli.about"), parents=[everywhere()])
    parser.add_argument("--version", action="version", version=f"ckslab {__version__}", help=i18n.text("cli.version"))
    parser.set_defaults(name=DEFAULT_LAB)
    app.add(parser)
    verbs = Verbs(parser)
    for group in (demo, cluster, machines, exercises, grading, exam, classes, history, author):
        group.add(verbs)
    return parser


def _tell(error: LabError) -> int:
    print(error, file=sys.stderr)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
