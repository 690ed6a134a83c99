"""A command in a container, over the API server's websocket: outputs apart, exit code, bounded in time.

The Kubernetes client has such a call too, but waits for the connection without a bound and gives the outputs mixed.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

from checkers.api import LabBroken, NoExec, Ran
from lab.grading.words import error_text

STDOUT, STDERR, ERROR = 1, 2, 3
"""The first byte of each message: which channel it is of. The last one brings a Status when the command has ended."""


def run_in_container(configuration: Any, path: str, bound: float) -> Ran:
    """Run what `path` (`.../pods/POD/exec?command=...`) says.

    Args:
        configuration: the Kubernetes client's: host and credentials.

    Raises:
        NoExec: the command could not be begun.
        LabBroken: the kubelet could not be reached.
        TimeoutError: it did not end in `bound` seconds.
        OSError: the API server could not be reached.
    """
    import websocket

    deadline = time.monotonic() + bound
    connection = websocket.WebSocket()
    try:
        connection.connect(
            _url(configuration.host, path),
            header=authorization(configuration),
            subprotocols=["v4.channel.k8s.io"],
            socket=_socket(configuration, bound),
        )
        channels = _receive(connection, deadline)
    except websocket.WebSocketTimeoutException as error:
        raise TimeoutError from error
    except websocket.WebSocketBadStatusException as error:
        raise _refusal(message_of(error.resp_body or b"") or str(error)) from error
    except websocket.WebSocketException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.shutdown()  # `close` would wait for the other side to say goodbye
    return _ran(channels)


def _receive(connection: Any, deadline: float) -> dict[int, bytes]:
    """All that comes on each channel until the other side closes."""
    from websocket import ABNF, WebSocketConnectionClosedException

    channels: dict[int, bytes] = {STDOUT: b"", STDERR: b"", ERROR: b""}
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        try:
            opcode, data = connection.recv_data()
        except WebSocketConnectionClosedException:
            return channels  # without a Status, which says enough
        if opcode == ABNF.OPCODE_CLOSE:
            return channels
        if data and data[0] in channels:
            channels[data[0]] += data[1:]
            if data[0] == ERROR:
                return channels  # the Status is the last word; some servers take long to close


def _ran(channels: dict[int, bytes]) -> Ran:
    """The outputs with the exit code that the Status tells."""
    outputs = [channels[channel].decode("utf-8", "backslashreplace") for channel in (STDOUT, STDERR)]
    status = json.loads(channels[ERROR] or b"{}")
    if status.get("status") == "Success":
        return Ran(0, *outputs)
    for cause in (status.get("details") or {}).get("causes") or ():
        if cause.get("reason") == "ExitCode":
            return Ran(int(cause["message"]), *outputs)
    raise _refusal(status.get("message", "") or "the connection ended before the command did")


def _refusal(message: str) -> NoExec | LabBroken:
    """Whether the machine of the Pod is gone, or only this command cannot be begun."""
    if "error dialing backend" in message:
        return LabBroken(error_text("observe.no_kubelet", said=message))
    return NoExec(error_text("observe.no_exec", said=message))


def message_of(body: bytes) -> str:
    """The API server's own words: the message of the Status it sends, else all it sent."""
    text = body.decode("utf-8", "backslashreplace")
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.strip()


def authorization(configuration: Any) -> dict[str, str]:
    """The header for credentials that are a token; a client certificate needs none."""
    return {setting["key"]: setting["value"] for setting in configuration.auth_settings().values()}


def _socket(configuration: Any, bound: float) -> socket.socket:
    """A connection of our own: the library would take the proxy of the user's environment for it."""
    scheme, place = urlsplit(configuration.host)[:2]
    host, port = urlsplit(f"//{place}").hostname or "", urlsplit(f"//{place}").port
    plain = socket.create_connection((host, port or (443 if scheme == "https" else 80)), timeout=bound)
    if scheme != "https":
        return plain
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    if not configuration.verify_ssl:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context.wrap_socket(plain, server_hostname=configuration.tls_server_name or host)


def _url(host: str, path: str) -> str:
    scheme, _, rest = host.partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}{path}"
