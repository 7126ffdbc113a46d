"""Processes beside this one that read texts with the same rules, for whole folders of documents.

Each helper ends with its input: when it is let go, or when this process is gone, however that was.
A helper that dies is no loss but of time: what it was given is read here.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from workbench.core import settings
from workbench.core.processors import usable_cores

from ..protocol import Extraction, Passage

MOST = 3
_START = "from workbench.knowledge.extraction.dependency.companions import serve; serve()"
_logger = logging.getLogger(__name__)


class Helper:
    """One process. ``ask`` gives it passages, ``answer`` waits for what it found.

    Args:
        follow_topic: As its extractor is told.
        network: The file of the network that decides beside the rules; None for the rules alone.
    """

    def __init__(self, *, follow_topic: bool, network: Path | None = None) -> None:
        self._stopped = False
        # The home may be set in this process alone, and the network's words lie in it.
        home = {f"{settings.ENV_PREFIX}HOME": str(settings.home())}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, str(int(follow_topic)), str(network or "")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1", **home},
        )

    def ask(self, passages: Sequence[Passage]) -> bool:
        """Give it passages; False if it is gone."""
        assert self._process.stdin is not None, "it was started with pipes"
        try:
            _send(self._process.stdin, list(passages))
        except OSError:
            return False
        return True

    def answer(self) -> list[Extraction] | None:
        """What it found, in order; None if it is gone."""
        assert self._process.stdout is not None, "it was started with pipes"
        found: list[Extraction] | None = _receive(self._process.stdout)
        if found is None and not self._stopped:
            _logger.warning("a process that read beside this one ended; its part is read here")
        return found

    def stop(self) -> None:
        """End it now, whatever it reads: it keeps nothing."""
        self._stopped = True
        self._process.terminate()

    def close(self) -> None:
        """Let it end."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # it ended before it had read all
                    pipe.close()
        self._process.wait()


def helpers_for(passages: int) -> int:
    """How many processes are worth their four seconds of start beside this one."""
    return min(MOST, usable_cores() - 1, passages // 500)


def serve() -> None:
    """What a helper does: read passages from its input until that ends."""
    # thinc loads torch where it is installed, and needs it for nothing here: a second and 200 MB.
    sys.modules.setdefault("torch", None)  # type: ignore[arg-type]
    from ..learnt.loading import load_settler
    from .extractor import DependencyExtractor

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches it too; its parent ends it
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    follow_topic, network = bool(int(sys.argv[1])), sys.argv[2]
    settler = load_settler(Path(network)) if network else None
    extractor = DependencyExtractor(follow_topic=follow_topic, settler=settler)
    for passages in _requests(sys.stdin.buffer):
        found = list(extractor.extract_many(passages))
        try:
            _send(answers, found)
        except BrokenPipeError:
            os._exit(1)  # who asked is gone; a traceback would go to a terminal of somebody else


def _requests(source: BinaryIO) -> Iterator[list[Passage]]:
    while (passages := _receive(source)) is not None:
        yield passages


def _send(target: Any, value: Any) -> None:
    content = pickle.dumps(value)
    target.write(len(content).to_bytes(8, "big") + content)
    target.flush()


def _receive(source: Any) -> Any:
    """The next value; None at the end of the pipe."""
    size = source.read(8)
    if len(size) < 8:
        return None
    content = source.read(int.from_bytes(size, "big"))
    if len(content) < int.from_bytes(size, "big"):
        return None
    return pickle.loads(content)  # of a process that this one started
