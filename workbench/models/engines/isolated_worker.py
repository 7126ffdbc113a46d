"""The process in which an engine runs that would otherwise be part of its owner's.

It ends when the line to its owner does, whatever it is at. One call is worked on at a time, in the
main thread, or as many as the engine takes, in threads; what only asks the tokenizer is answered
beside them.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import queue
import socket
import sys
import threading
from typing import Any

from workbench.core import events
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import EngineError
from workbench.models.engines.isolated_wire import (
    Frame,
    Wire,
    plain_chunk,
    plain_error,
    read_files,
    read_sampling,
)
from workbench.models.protocol import Engine, EngineSettings

_BESIDE = frozenset({"tokenize", "detokenize"})


class EngineServer:
    """Reads calls, works on them and answers."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._engine: Engine | None = None
        self._calls: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._questions: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._tokens: dict[int, CancelToken] = {}
        self._told_for = threading.local()  # the call in whose name a thread tells events

    def serve(self) -> None:
        """Work until the owner is gone; does not return."""
        events.subscribe(self._tell_event)
        logging.getLogger().addHandler(_Telling(self))
        threading.Thread(target=self._read, daemon=True, name="isolated-read").start()
        threading.Thread(target=self._answer_beside, daemon=True, name="isolated-beside").start()
        self._answer()

    def _answer(self) -> None:
        while True:
            frame = self._calls.get()
            self._told_for.call = frame.head["call"]
            self._work(frame)

    def _read(self) -> None:
        while (frame := self._wire.receive()) is not None:
            if "cancel" in frame.head:
                token = self._tokens.get(frame.head["cancel"])
                if token is not None:
                    token.cancel("the owner wants no more of it")
                continue
            self._tokens[frame.head["call"]] = CancelToken()
            beside = frame.head["method"] in _BESIDE
            (self._questions if beside else self._calls).put(frame)
        os._exit(0)  # native code may be at work for long, for nobody

    def _answer_beside(self) -> None:
        while True:
            self._work(self._questions.get())

    def _work(self, frame: Frame) -> None:
        call = frame.head["call"]
        try:
            with cancellable(self._tokens[call]) as token:
                token.check()
                result, body = self._run(call, frame.head["method"], frame.head["arguments"])
            self._wire.send({"call": call, "kind": "result", "result": result}, body)
        except OSError:  # the owner is gone; the reader is about to end this process
            logging.getLogger(__name__).debug("no one is there to hear the answer")
        except BaseException as error:  # noqa: BLE001 - whatever native code raises is told
            self._wire.send({"call": call, "kind": "error", **plain_error(error)})
        finally:
            del self._tokens[call]

    def _run(self, call: int, method: str, given: dict[str, Any]) -> tuple[Any, bytes]:
        if method == "load":
            return self._load(**given), b""
        engine = self._engine
        if engine is None:
            raise EngineError("nothing is loaded in this process", hint="load the model again")
        if method in ("stream", "answer"):
            sampling = read_sampling(given["sampling"])
            adapter = given["adapter"]
            if method == "answer":
                whole = engine.answer(given["prompt_ids"], sampling, adapter=adapter)
                return plain_chunk(whole), b""
            for chunk in engine.stream(given["prompt_ids"], sampling, adapter=adapter):
                self._wire.send({"call": call, "kind": "chunk", "chunk": plain_chunk(chunk)})
            return None, b""
        if method == "embed":
            vectors = engine.embed(given["texts"])
            return list(vectors.shape), vectors.astype("<f4").tobytes()
        return getattr(engine, method)(**given), b""

    def _load(self, engine: str, files: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
        from dataclasses import asdict

        from workbench.models.loading import find_engine_class

        made_with = EngineSettings(**settings)
        made = find_engine_class(engine)(read_files(files), made_with)
        self._engine = made
        for number in range(1, made_with.parallel if made.takes_many else 1):
            name = f"isolated-answer-{number}"
            threading.Thread(target=self._answer, daemon=True, name=name).start()
        return {
            "capabilities": sorted(made.capabilities),
            "info": asdict(made.info),
            "special_tokens": dict(made.special_tokens),
            "chat_template": made.chat_template,
            "bos_id": made.bos_id,
            "adapters": list(made.adapters),
            "max_adapters": made.max_adapters,
        }

    def _tell_event(self, event: events.Event) -> None:
        self.tell({"kind": "event", "event": event.kind, "data": event.data})

    def tell(self, head: dict[str, Any]) -> None:
        """Tell something in the name of the call that is worked on."""
        try:
            self._wire.send({"call": getattr(self._told_for, "call", 0), **head})
        except (OSError, TypeError, ValueError):  # no owner, or no JSON: only told, not needed
            return


class _Telling(logging.Handler):
    """Passes warnings on to the owner's log."""

    def __init__(self, server: EngineServer) -> None:
        super().__init__(logging.WARNING)
        self._server = server

    def emit(self, record: logging.LogRecord) -> None:
        self._server.tell(
            {
                "kind": "log",
                "logger": record.name,
                "level": record.levelno,
                "message": record.getMessage(),
            }
        )


def main(descriptor: int) -> None:
    """Serve on a socket that was handed down."""
    faulthandler.enable()
    os.dup2(2, 1)  # what libraries print goes with their errors
    EngineServer(Wire(socket.socket(fileno=descriptor))).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
