"""A command in a container, over the API server's websocket: outputs apart, exit code, bounded in time.

The Kubernetes client has such a call too, but waits for the connection without a bound and gives the outputs mixed.
"""

from __future__ import annotations

import json
import ssl
import time
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from checkers.api import LabBroken, NoExec, Ran
from lab.grading.words import both

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
    connection = websocket.WebSocket(sslopt=_tls(configuration))
    connection.settimeout(bound)
    try:
        connection.connect(
            _url(configuration.host, path),
            header=authorization(configuration),
            subprotocols=["v4.channel.k8s.io"],
            http_no_proxy=["*"],  # the lab's own cluster, never through the user's proxy
        )
        channels = _receive(connection, deadline)
    except websocket.WebSocketTimeoutException as error:
        raise TimeoutError from error
    except websocket.WebSocketBadStatusException as error:
        raise _refusal(message_of(error.resp_body or b"") or str(error)) from error
    except websocket.WebSocketException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.close()
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
        return LabBroken(both("errors.observe.no_kubelet", said=message))
    return NoExec(both("errors.observe.no_exec", said=message))


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


def _tls(configuration: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"cert_reqs": ssl.CERT_NONE}
    if configuration.verify_ssl:
        options = {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": configuration.ssl_ca_cert}
    if configuration.cert_file:
        options |= {"certfile": configuration.cert_file, "keyfile": configuration.key_file}
    if configuration.tls_server_name:
        options["server_hostname"] = configuration.tls_server_name
    return options


def _url(host: str, path: str) -> str:
    scheme, place, *_ = urlsplit(host)
    return urlunsplit(("wss" if scheme == "https" else "ws", place, "", "", "")) + path
