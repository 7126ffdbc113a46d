"""A door on this machine in the shape of OpenAI's: chat completions, whole or streamed."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .engine import Answer
from .faults import Fault
from .talking import Talk

_MOST_BYTES = 4 * 1024 * 1024
_STATUS = {"input": 400, "memory": 503, "access": 401}


class Door(ThreadingHTTPServer):
    """The door of one version. Answers come one at a time.

    Args:
        talk: What answers.
        port: Where, on the loopback address; 0 takes a free one.
        key: What callers must show; None lets in whoever is on this machine.
    """

    daemon_threads = True

    def __init__(self, talk: Talk, *, port: int = 0, key: str | None = None) -> None:
        super().__init__(("127.0.0.1", port), _Request)
        self.talk, self.key = talk, key
        self.turn = threading.Lock()

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Request(BaseHTTPRequestHandler):
    server: Door
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what is asked is nobody's business."""

    def do_GET(self) -> None:
        manifest = self.server.talk.started.manifest
        if self.path == "/health":
            self._send(200, {"status": "ok"})
        elif self.path == "/v1/models" and self._may():
            self._send(200, {"object": "list", "data": [{"id": manifest.name, "object": "model"}]})
        elif self.path != "/v1/models":
            self._fail(404, "not-found", f"there is nothing at {self.path}")

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        if not size.isdigit() or int(size) > _MOST_BYTES:
            self.close_connection = True
            self._fail(413, "input", f"a request has at most {_MOST_BYTES:,} bytes")
            return
        body = self.rfile.read(int(size))
        if self.path != "/v1/chat/completions":
            self._fail(404, "not-found", f"there is nothing at {self.path}")
        elif self._may():
            try:
                self._answer(_asked(body))
            except Fault as fault:
                self._fail(_STATUS.get(fault.code, 500), fault.code, fault.message)

    def _may(self) -> bool:
        key = self.server.key
        shown = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if key is None or hmac.compare_digest(shown.encode(), key.encode()):
            return True
        self._fail(401, "access", "the key is not the one that this door was opened with")
        return False

    def _answer(self, asked: dict[str, Any]) -> None:
        door, stream = self.server, bool(asked.get("stream"))
        begun = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": door.talk.started.manifest.name,
        }
        with door.turn:
            told = self._streamed(begun) if stream else (lambda piece: None)
            answer = door.talk.answer(
                asked["messages"],
                max_tokens=asked.get("max_tokens"),
                temperature=asked.get("temperature"),
                told=told,
            )
        if not stream:
            message = {"role": "assistant", "content": answer.text}
            choice = {"index": 0, "message": message, "finish_reason": answer.finish}
            whole = {**begun, "object": "chat.completion", "choices": [choice]}
            self._send(200, {**whole, "usage": _usage(answer)})
            return
        told("")  # an empty answer has a beginning, too
        self._event(begun, {}, answer.finish)
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _streamed(self, begun: dict[str, Any]) -> Any:
        """What sends pieces on. The status is sent with the first: until then a fault can be."""
        state = {"open": False}

        def told(piece: str) -> bool:
            if not state["open"]:
                state["open"] = True
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self._event(begun, {"role": "assistant", "content": ""}, None)
            try:
                if piece:
                    self._event(begun, {"content": piece}, None)
            except OSError:  # who asked went away: nobody needs the rest
                self.close_connection = True
                return True
            return False

        return told

    def _event(self, begun: dict[str, Any], delta: dict[str, Any], finish: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        event = {**begun, "object": "chat.completion.chunk", "choices": [choice]}
        self._chunk(b"data: " + json.dumps(event).encode() + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _fail(self, status: int, code: str, message: str) -> None:
        self._send(status, {"error": {"code": code, "message": message, "type": code}})

    def _send(self, status: int, value: dict[str, Any]) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _asked(body: bytes) -> dict[str, Any]:
    """A request's body, of the form that is answered here. Raises Fault ``input``."""
    try:
        asked = json.loads(body)
    except ValueError as error:
        raise Fault("input", f"the request is no JSON: {error}") from None
    messages = asked.get("messages") if isinstance(asked, dict) else None
    if (
        not isinstance(messages, list)
        or not messages
        or not all(
            isinstance(each, dict)
            and isinstance(each.get("role"), str)
            and isinstance(each.get("content"), str)
            for each in messages
        )
    ):
        raise Fault("input", "messages is a list of objects with role and content, both texts")
    for name, kinds in (("max_tokens", (int,)), ("temperature", (int, float))):
        value = asked.get(name)
        if value is not None and (type(value) not in kinds or value < 0):
            raise Fault("input", f"{name} is {value!r}; it must be a number that is not negative")
    asked["messages"] = [{"role": m["role"], "content": m["content"]} for m in messages]
    return dict(asked)


def _usage(answer: Answer) -> dict[str, int]:
    total = answer.prompt_tokens + answer.completion_tokens
    return {
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "total_tokens": total,
    }
