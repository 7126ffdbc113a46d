"""The usage log: each call's settlement, on the disk before anybody is told that it is.

One thread writes. Rows that wait are written together in one transaction with one sync
(``synchronous=FULL``), so that the disk is waited for once a batch and never by the caller's loop.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import sqlite3
import threading
import time
import weakref
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from workbench.core import settings
from workbench.core.errors import BusyError, InputError, StorageError, WorkbenchError

from .database import Database, open_database
from .usage_rows import INSERT, UsageRow, UsageText, row_values

log = logging.getLogger(__name__)

_BATCH_ROWS = 500
_RETRY_S = (0.05, 0.2, 0.75)  # waits between attempts, before who waits is told
_LATER_S = 2.0  # and between those that come after


@dataclass
class _Waiting:
    """A row on its way, with who waits for it."""

    values: tuple[object, ...]
    settlement_id: str
    text: UsageText | None
    done: Future[bool] = field(default_factory=Future)

    def __post_init__(self) -> None:
        # From now on nobody can cancel it: who stops waiting does not undo the write.
        self.done.set_running_or_notify_cancel()


class UsageLog:
    """The settlements of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        most_waiting: Rows that may wait for the disk; more are refused.
        keep_text: Whether the words of calls are kept, by default the setting.
    """

    def __init__(
        self,
        database: Database | None = None,
        *,
        most_waiting: int = 20_000,
        keep_text: bool | None = None,
    ) -> None:
        self.database = database or open_database()
        self.keep_text = settings.get("usage_prompt_text") if keep_text is None else keep_text
        self._most_waiting = most_waiting
        self._waiting: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None
        _open_logs.add(self)

    def settle(self, row: UsageRow, *, text: UsageText | None = None) -> Future[bool]:
        """Write a settlement.

        Args:
            row: What was used.
            text: The words; dropped unless they are to be kept.

        Returns:
            A future that is done when the row is on the disk: True if it was written, False if a
            row of its ``settlement_id`` was there already. Its error is a StorageError when the
            disk takes nothing; the row is kept and tried again all the same, until ``close``.

        Raises:
            BusyError: Too many rows wait already; this one is not taken.
            InputError: The row cannot be stored.
        """
        waiting = _Waiting(row_values(row), row.settlement_id, text if self.keep_text else None)
        with self._wake:
            if self._closing:
                raise StorageError("the usage log is closed", hint="settle before closing it")
            if len(self._waiting) >= self._most_waiting:
                raise BusyError(
                    f"{len(self._waiting)} settlements wait for the disk, as many as may",
                    hint="free some space, or wait",
                    retry_after_s=_LATER_S,
                )
            self._waiting.append(waiting)
            if self._thread is None or not self._thread.is_alive():  # as after a fork
                self._thread = threading.Thread(
                    target=self._write_all, name="usage-log", daemon=True
                )
                self._thread.start()
            self._wake.notify()
        return waiting.done

    def waiting(self) -> int:
        """How many rows are not on the disk yet."""
        return len(self._waiting)

    def close(self) -> int:
        """Write what waits and stop; how many rows the disk did not take."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
        left = len(self._waiting)
        if left:
            log.error("%d settlements are lost: the disk did not take them", left)
        _open_logs.discard(self)
        return left

    def _write_all(self) -> None:
        failures = 0
        while True:
            with self._wake:
                while not self._waiting and not self._closing:
                    self._wake.wait()
                if not self._waiting or (self._closing and failures > len(_RETRY_S)):
                    break
                batch = list(itertools.islice(self._waiting, _BATCH_ROWS))
            error = self._write(batch)
            failures = 0 if error is None else failures + 1
            if error is not None:
                log.warning("%d settlements wait: %s", len(self._waiting), error)
                if failures > len(_RETRY_S):
                    self._tell(error)
                self._sleep(_RETRY_S[failures - 1] if failures <= len(_RETRY_S) else _LATER_S)
        self.database.close()

    def _sleep(self, delay_s: float) -> None:
        """Wait, until the log is closed; new rows do not end it."""
        end_s = time.monotonic() + delay_s
        with self._wake:
            while (left_s := end_s - time.monotonic()) > 0 and not self._closing:
                self._wake.wait(left_s)

    def _write(self, batch: Sequence[_Waiting]) -> WorkbenchError | None:
        """Write rows in one transaction and tell who waits; the reason if it cannot be done."""
        try:
            with self.database.transaction() as connection:
                written = [_insert(connection, each) for each in batch]
        except WorkbenchError as error:
            return error
        except (sqlite3.Error, ValueError, TypeError, OverflowError) as error:
            if len(batch) > 1:  # one of them is at fault: the others are not to suffer
                return next(filter(None, [self._write([each]) for each in batch]), None)
            fault = InputError(f"a settlement cannot be stored: {error}")
            self._done(batch[0], fault)
            return None
        for each, new in zip(batch, written, strict=True):
            self._done(each, new)
        return None

    def _done(self, waiting: _Waiting, outcome: bool | WorkbenchError) -> None:
        with self._wake:
            self._waiting.popleft()
        if waiting.done.done():  # it was told of an error, and the row came through afterwards
            return
        if isinstance(outcome, WorkbenchError):
            waiting.done.set_exception(outcome)
        else:
            waiting.done.set_result(outcome)

    def _tell(self, error: WorkbenchError) -> None:
        with self._wake:
            waiting = list(self._waiting)
        for each in waiting:
            if not each.done.done():
                each.done.set_exception(error)


def _insert(connection: sqlite3.Connection, row: _Waiting) -> bool:
    """Write one row; whether it was not there yet."""
    new = connection.execute(INSERT, row.values).rowcount == 1
    if new and row.text is not None:
        connection.execute(
            "INSERT INTO usage_text VALUES (?, ?, ?)",
            (row.settlement_id, _clean(row.text.prompt), _clean(row.text.completion)),
        )
    return new


def _clean(text: str) -> str:
    """Text that can be stored: half a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


_open_logs: weakref.WeakSet[UsageLog] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for each in list(_open_logs):
        each.close()
