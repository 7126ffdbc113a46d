"""A server with canned answers in OpenAI's dialect: the same work for every gateway in front of it.

    python bench/upstream_server.py PORT

Prints its port. The model's name says what it does: ``words`` answers at once with a fixed text,
``pace-MS`` a word every so many milliseconds, ``cut-N`` breaks off after N pieces, ``die-N`` ends
the process then, ``status-NNN`` refuses, ``silent`` never answers, ``flood`` never ends, ``tools``
calls two tools. A last message of the
assistant's is gone on from. ``GET /seen`` tells what came, ``GET /calm`` forgets it.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from typing import Any

import uvicorn

TEXT = "The lighthouse – 灯台 – stands on a 🪨 rock; its keeper counts: one, two, three, four."
seen: list[dict[str, Any]] = []


class CutError(Exception):
    """Breaks a response off."""


def pieces_of(text: str) -> list[str]:
    """Four characters each: words and pairs of bytes are cut anywhere."""
    return [text[start : start + 4] for start in range(0, len(text), 4)]


def rest_of(body: dict[str, Any]) -> str:
    """What is still to be said."""
    begun = ""
    if body.get("messages") and body["messages"][-1]["role"] == "assistant":
        begun = body["messages"][-1]["content"]
    elif body.get("prompt") and TEXT[:4] in body["prompt"][0]:
        begun = body["prompt"][0][body["prompt"][0].index(TEXT[:4]) :]
    return TEXT[len(begun) :] if TEXT.startswith(begun) else TEXT


def usage_of(body: dict[str, Any], pieces: int) -> dict[str, Any]:
    """The same prompt has the same count."""
    prompt = len(json.dumps(body.get("messages") or body.get("prompt"))) // 4
    return {"prompt_tokens": prompt, "completion_tokens": pieces, "total_tokens": prompt + pieces}


async def send_whole(send: Any, status: int, body: Any, headers: Any = ()) -> None:
    """A response of one part."""
    content = json.dumps(body).encode()
    told = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": status, "headers": [*told, *headers]})
    await send({"type": "http.response.body", "body": content})


async def send_stream(send: Any, body: dict[str, Any], chat: bool, word: str, number: int) -> None:
    """A response of events, with the faults that the model's name asks for."""
    told = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": told})
    pieces = pieces_of(rest_of(body))[: body.get("max_tokens")]

    async def event(value: Any) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        content = b"data: " + data + b"\n\n"
        await send({"type": "http.response.body", "body": content, "more_body": True})

    def choice(text: str, reason: str | None) -> dict[str, Any]:
        said = {"delta": {"content": text}} if chat else {"text": text}
        return {"choices": [{"index": 0, "finish_reason": reason, **said}]}

    for place, piece in enumerate(pieces):
        if word in ("cut", "die") and place == number:
            if word == "die":
                os._exit(1)
            raise CutError
        if word == "pace":
            await asyncio.sleep(number / 1000)
        await event(choice(piece, None))
    await event(choice("", "stop"))
    if (body.get("stream_options") or {}).get("include_usage"):
        await event({"choices": [], "usage": usage_of(body, len(pieces))})
    await event(b"[DONE]")
    await send({"type": "http.response.body", "body": b""})


def tool_calls(*, parts: bool) -> list[list[dict[str, Any]]]:
    """Two calls, as a whole or as their parts come."""
    calls = [("call_1", "look", '{"at": "sea"}'), ("call_2", "count", '{"what": "ships"}')]
    whole: list[dict[str, Any]] = [
        {"index": n, "id": i, "type": "function", "function": {"name": name, "arguments": given}}
        for n, (i, name, given) in enumerate(calls)
    ]
    if not parts:
        return [whole]
    found = []
    for call in whole:
        given = call["function"]["arguments"]
        found.append([{**call, "function": {**call["function"], "arguments": ""}}])
        found += [
            [{"index": call["index"], "function": {"arguments": given[k : k + 5]}}]
            for k in range(0, len(given), 5)
        ]
    return found


async def send_tools(send: Any, body: dict[str, Any]) -> None:
    """Two calls of tools, streamed or whole."""
    if not body.get("stream"):
        message = {"role": "assistant", "content": None, "tool_calls": tool_calls(parts=False)[0]}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
        return await send_whole(send, 200, {"choices": [choice], "usage": usage_of(body, 9)})
    told = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": told})
    events: list[dict[str, Any]] = [
        {"delta": {"tool_calls": part}} for part in tool_calls(parts=True)
    ]
    for event in (*events, {"delta": {}, "finish_reason": "tool_calls"}):
        data = json.dumps({"choices": [{"index": 0, **event}]}).encode()
        content = b"data: " + data + b"\r\n\r\n"  # some servers end lines so
        await send({"type": "http.response.body", "body": content, "more_body": True})
    last = json.dumps({"choices": [], "usage": usage_of(body, 9)}).encode()
    await send({"type": "http.response.body", "body": b"data: " + last + b"\n\ndata: [DONE]\n\n"})


async def send_flood(send: Any) -> None:
    """Text without end, as fast as it is taken."""
    told = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": told})
    data = json.dumps({"choices": [{"index": 0, "delta": {"content": "x" * 60_000}}]}).encode()
    while True:
        content = b"data: " + data + b"\n\n"
        await send({"type": "http.response.body", "body": content, "more_body": True})
        await asyncio.sleep(0)


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """The application."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/seen":
        return await send_whole(send, 200, seen)
    if scope["path"] == "/calm":
        seen.clear()
        return await send_whole(send, 200, {})
    content = b""
    while True:
        message = await receive()
        content += message.get("body", b"")
        if not message.get("more_body"):
            break
    body = json.loads(content)
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    seen.append({"path": scope["path"], "body": body, "headers": headers})
    del seen[:-50]
    word, _, told = str(body["model"]).partition("-")
    number = int(told) if told.isdigit() else 0
    if word == "status":
        error = {"error": {"message": f"told to say {number}", "type": "test", "code": None}}
        return await send_whole(send, number, error, [(b"retry-after", b"0")])
    if word == "silent":
        await asyncio.sleep(3600)
    if word == "tools":
        return await send_tools(send, body)
    if word == "flood":
        return await send_flood(send)
    if scope["path"].endswith("/embeddings"):
        data = [{"index": n, "embedding": [float(n), 1.0]} for n in range(len(body["input"]))]
        usage = {"prompt_tokens": 3, "total_tokens": 3}
        return await send_whole(send, 200, {"data": data[::-1], "usage": usage})
    chat = scope["path"].endswith("/chat/completions")
    if body.get("stream"):
        return await send_stream(send, body, chat, word, number)
    pieces = pieces_of(rest_of(body))[: body.get("max_tokens")]
    said = (
        {"message": {"role": "assistant", "content": "".join(pieces)}}
        if chat
        else {"text": "".join(pieces)}
    )
    choices = [{"index": n, "finish_reason": "stop", **said} for n in range(body.get("n") or 1)]
    return await send_whole(send, 200, {"choices": choices, "usage": usage_of(body, len(pieces))})


def main(port: int) -> None:
    """Serve until the process is ended."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        config = uvicorn.Config(
            answer, log_level="critical", access_log=False, lifespan="off", ws="none"
        )
        uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    main(int(sys.argv[1]))
