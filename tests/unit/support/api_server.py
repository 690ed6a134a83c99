"""A stand-in for an API server on a port of this machine: plain HTTP, and the websocket of `exec`."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

SILENCE = object()
"""Instead of an answer: none, until the server is closed."""

CORE = {
    "resources": [
        {"name": "pods", "kind": "Pod", "namespaced": True},
        {"name": "pods/log", "kind": "Pod", "namespaced": True},
        {"name": "nodes", "kind": "Node", "namespaced": False},
    ]
}
SUCCESS = {"status": "Success"}


def exited(code: int) -> dict[str, Any]:
    """The Status of a command that ended with this code."""
    cause = {"reason": "ExitCode", "message": str(code)}
    return {"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": [cause]}}


class ApiServer:
    """Answers each path as told.

    Attributes:
        answers: path without its query -> what is there: a JSON value, text, a (status, value), or `SILENCE`.
        warnings: the `Warning` headers of each answer.
        sent: what was posted.
        frames: what `exec` brings: (channel, content) one by one; `SILENCE` in place of the rest.
        asked: every request, with its query.
        deleted: the paths that were to be deleted.
        headers: those of every request, by name in lower case; of one that stands there more than once, the last.
        groups: those that the last request was to be made in.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"/api/v1": CORE}
        self.frames: list[Any] = []
        self.warnings: list[str] = []
        self.sent: list[Any] = []
        self.asked: list[str] = []
        self.deleted: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.groups: list[str] = []
        self.closing = threading.Event()
        self.port = 0

    def kubeconfig(self, folder: Path) -> Path:
        """Credentials for it, with a token, in a context that is not the file's only one."""
        file = folder / "kubeconfig"
        here = {"cluster": "lab", "user": "admin"}
        values = {
            "clusters": [{"name": "lab", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "admin", "user": {"token": "secret"}}],
            "contexts": [{"name": "other", "context": here | {"cluster": "gone"}}, {"name": "lab", "context": here}],
            "current-context": "lab",
        }
        file.write_text(yaml.safe_dump(values), encoding="utf-8")
        return file


@contextmanager
def serving() -> Iterator[ApiServer]:
    """An API server for as long as the block lasts."""
    api = ApiServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(api))
    server.daemon_threads = True
    api.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield api
    api.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


def _handler_of(api: ApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            api.sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.do_GET()

        do_PUT = do_POST  # noqa: N815 - http.server's name

        def do_DELETE(self) -> None:
            api.deleted.append(self.path)
            self.do_GET()

        def do_GET(self) -> None:
            api.asked.append(self.path)
            api.headers.append({name.lower(): value for name, value in self.headers.items()})
            api.groups = self.headers.get_all("Impersonate-Group", [])
            path = self.path.partition("?")[0]
            if path.endswith("/exec") and path not in api.answers:
                self._upgrade()
                return
            said = api.answers.get(path, (404, {"message": f"{path} not found"}))
            if said is SILENCE:
                api.closing.wait()
                return
            status, value = said if isinstance(said, tuple) else (200, said)
            body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
            self.send_response(status)
            for warning in api.warnings:
                self.send_header("Warning", warning.encode().decode("latin-1"))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _upgrade(self) -> None:
            key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            accept = hashlib.sha1(key.encode(), usedforsecurity=False).digest()
            self.send_header("Sec-WebSocket-Accept", base64.b64encode(accept).decode())
            self.send_header("Sec-WebSocket-Protocol", self.headers["Sec-WebSocket-Protocol"])
            self.end_headers()
            for frame in api.frames:
                if frame is SILENCE:
                    api.closing.wait()
                    return
                channel, content = frame
                text = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.wfile.write(bytes([0x82, 126]) + (len(text) + 1).to_bytes(2, "big") + bytes([channel]) + text)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Tests tell what went wrong themselves."""

    Handler.protocol_version = "HTTP/1.1"
    return Handler
