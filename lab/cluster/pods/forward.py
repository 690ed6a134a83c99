"""A way from this computer to a seat's API server: a port on loopback that this process hands on while it lives.

Nothing stays behind that would have to be watched, restarted or removed, and nobody else is let in: a port of the host
cluster would be open to its other users. What is said travels through the host's API server, and is encrypted up to the
seat's own. For a person, `ckslab kubectl` runs on base and needs no port.
"""

from __future__ import annotations

import atexit
import os
import socket
import threading
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from lab.cluster.pods.hosting import HostCluster
from lab.cluster.pods.manifest import API_PORT
from lab.errors import LabError

_CHUNK = 65536


def kubeconfig(admin: Path, host: HostCluster, namespace: str, pod: str) -> Path:
    """The administrator's credentials with a way in that works in this process.

    Args:
        admin: the administrator's kubeconfig, as it is in the seat.
    """
    mine = admin.with_name(f"kubeconfig-{os.getpid()}")
    content = yaml.safe_load(admin.read_bytes())
    for cluster in content["clusters"]:
        cluster["cluster"]["server"] = f"https://127.0.0.1:{_port(host, namespace, pod)}"
    mine.touch(mode=0o600)
    mine.write_text(yaml.safe_dump(content))
    atexit.register(mine.unlink, missing_ok=True)
    return mine


@cache
def _port(host: HostCluster, namespace: str, pod: str) -> int:
    """The port; each connection to it is handed on by itself, so one that fails takes no other with it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            here, _ = listener.accept()
            threading.Thread(target=_hand_on, args=(here, host, namespace, pod), daemon=True).start()

    threading.Thread(target=serve, daemon=True, name=f"to {namespace}").start()
    return int(listener.getsockname()[1])


def _hand_on(here: socket.socket, host: HostCluster, namespace: str, pod: str) -> None:
    """Carry one connection. Where no way leads there it is closed unanswered, as by a server that is not there."""
    with here, suppress(LabError), closing(_dial(host, namespace, pod)) as there:
        back = threading.Thread(target=_copy, args=(there, here), daemon=True)
        back.start()
        _copy(here, there)
        back.join()


def _dial(host: HostCluster, namespace: str, pod: str) -> Any:
    """A socket that leads to the port in the Pod."""
    from kubernetes.client import ApiClient, ApiException, CoreV1Api
    from kubernetes.stream import portforward

    # Of its own: the library changes the client while it dials, and another thread may be asking something.
    client = ApiClient(host.client.configuration)
    try:
        connect = CoreV1Api(client).connect_get_namespaced_pod_portforward
        return portforward(connect, pod, namespace, ports=str(API_PORT)).socket(API_PORT)
    except (OSError, ApiException) as error:
        raise host.unreachable(error) from error


def _copy(source: Any, sink: Any) -> None:
    """Until one of them is closed."""
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
