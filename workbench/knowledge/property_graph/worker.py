"""The process that a property graph is asked in: a line of JSON for each question and answer.

The first line says what is opened. Once ladybug's file is open for reading, the process may open no
other file or socket and write none: whatever a statement asks for, it has the graph alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import resource
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.core.errors import CapacityError, WorkbenchError

ANSWER_BYTES = 32 << 20
_OWN_BYTES = 1536 << 20  # for the interpreter, and for an answer until it is written


def main() -> None:
    """Answer until the input ends, also while a query runs: who asked is gone then."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is not an answer
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(asked,), daemon=True).start()
    engine: Any = None
    while True:
        try:
            request = json.loads(asked.get())
            if engine is None:
                engine = _open(request)
                answer: dict[str, Any] = {}
            elif "statement" in request:
                engine.change(request["statement"])
                answer = {}
            elif request.get("close"):
                engine.close()
                answer = {}
            else:
                answer = _ask(engine, **request)
        except WorkbenchError as error:
            answer = {"error": error.to_dict()}
        except MemoryError:
            answer = {"error": _too_large().to_dict()}
        told.write(json.dumps(answer) + "\n")
        told.flush()


def _read(asked: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        asked.put(line)
    os._exit(0)


def _open(request: dict[str, Any]) -> Any:
    if request["kind"] == "bolt":
        from .bolt_engine import BoltEngine

        return BoltEngine(request["server"], stamp=request["stamp"])
    from .ladybug_engine import LadybugEngine

    write, buffer_bytes = bool(request["write"]), int(request["buffer_bytes"])
    if write:
        os.chdir(request["folder"])  # files are named without it: ladybug reads * and [ in paths
    path = Path(request["name"] if write else f"{request['folder']}/{request['name']}")
    engine = LadybugEngine(path, write=write, buffer_bytes=buffer_bytes)
    if not write:
        engine.ask("RETURN 1", {}, timeout_s=10)
        _shut_in(engine.space_bytes + buffer_bytes + _OWN_BYTES)
    return engine


def _shut_in(address_bytes: int) -> None:
    """No file is opened or written from now on, and memory is bounded."""
    limits = {
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 0,
        resource.RLIMIT_AS: address_bytes,
    }
    for name, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # macOS does not take all of them
            resource.setrlimit(name, (most, most))


def _ask(
    engine: Any, *, cypher: str, parameters: dict[str, Any], limit: int, timeout_s: float
) -> dict[str, Any]:
    started_s = time.perf_counter()
    columns, rows = engine.ask(cypher, parameters, timeout_s=timeout_s)
    with contextlib.closing(rows):
        kept = list(_bounded(rows, limit + 1))
    took_s = time.perf_counter() - started_s
    return {"columns": columns, "rows": kept[:limit], "more": len(kept) > limit, "took_s": took_s}


def _bounded(rows: Iterator[list[Any]], most: int) -> Iterator[list[Any]]:
    """The first rows, as long as they are not too much for an answer."""
    size_bytes = 0
    for number, row in enumerate(rows, start=1):
        size_bytes += len(json.dumps(row))
        if size_bytes > ANSWER_BYTES:
            raise _too_large()
        yield row
        if number == most:
            return


def _too_large() -> CapacityError:
    return CapacityError(
        f"the answer is larger than {ANSWER_BYTES >> 20} MB",
        hint="return properties instead of whole nodes, or fewer rows",
    )


if __name__ == "__main__":
    main()
