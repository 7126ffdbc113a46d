"""The usage log: each call's settlement, on the disk before anybody is told that it is.

One thread writes. Rows that wait are written together in one transaction with one sync
(``synchronous=FULL``), so that the disk is waited for once a batch and never by the caller's loop.

A sync costs more CPU than a row does. So where rows come thick and fast, and as many calls are
under way, the thread waits a moment before it takes what there is, as PostgreSQL does with
``commit_delay`` and ``commit_siblings``. A call that is alone never waits for others.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import queue
import sqlite3
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from workbench.core import settings
from workbench.core.errors import BusyError, InputError, StorageError, WorkbenchError

from .database import Database, open_database
from .usage_rows import INSERT, UsageRow, UsageText, as_failed, insert_rows, row_values

log = logging.getLogger(__name__)

_BATCH_ROWS = 500
_TOGETHER_ROWS = 16  # in one statement: each lets go of the interpreter, and must get it back
_RETRY_S = (0.05, 0.2, 0.75)  # waits between attempts, before who waits is told
_LATER_S = 2.0  # and between those that come after
_DELAY_S = 0.002  # how long others are waited for
_FAILED_STATUS = 503  # what a call ends with whose settlement the disk did not take
_LEAST_SIBLINGS = 3  # calls under way without which nobody is waited for
_GAP_SHARE = 0.125  # of the newest gap between two rows in their average

Tell = Callable[[bool | WorkbenchError], None]


@dataclass(slots=True)
class _Waiting:
    """A row on its way, and whom to tell; nobody once that was done."""

    values: tuple[object, ...]
    settlement_id: str
    text: UsageText | None
    tell: Tell | None


class _RepeatedError(Exception):
    """A row of several was there already: which one, only writing them singly tells."""


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
        self.database.keep_wal()
        self.keep_text = settings.get("usage_prompt_text") if keep_text is None else keep_text
        self.siblings: Callable[[], int] = lambda: 0  # calls under way, which will be settled
        self._most_waiting = most_waiting
        self._waiting: deque[_Waiting] = deque()
        self._lock = threading.Lock()
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._asleep = False
        self._closing = False
        self._thread: threading.Thread | None = None
        self._came_s, self._gap_s = 0.0, 1.0
        _open_logs.add(self)

    def settle(self, row: UsageRow, *, text: UsageText | None = None) -> Future[bool]:
        """Write a settlement.

        Args:
            row: What was used.
            text: The words; dropped unless they are to be kept.

        Returns:
            A future that is done when the row is on the disk: True if it was written, False if a
            row of its ``settlement_id`` was there already. Its error is a StorageError when the
            disk takes nothing; the row is kept all the same, as one of a call that failed, and
            tried again until ``close``.

        Raises:
            BusyError: Too many rows wait already; this one is not taken.
            InputError: The row cannot be stored.
        """
        done: Future[bool] = Future()
        # From now on nobody can cancel it: who stops waiting does not undo the write.
        done.set_running_or_notify_cancel()

        def tell(outcome: bool | WorkbenchError) -> None:
            if isinstance(outcome, WorkbenchError):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)

        self.add(row, text=text, tell=tell)
        return done

    def add(self, row: UsageRow, *, tell: Tell, text: UsageText | None = None) -> None:
        """Write a settlement and tell what came of it, once: what the future of ``settle`` holds.

        ``tell`` is called in the writer's thread, of all rows of a batch at once. Raises as
        ``settle``.
        """
        waiting = _Waiting(
            row_values(row), row.settlement_id, text if self.keep_text else None, tell
        )
        now_s = time.perf_counter()
        with self._lock:
            if self._closing:
                raise StorageError("the usage log is closed", hint="settle before closing it")
            if len(self._waiting) >= self._most_waiting:
                raise BusyError(
                    f"{len(self._waiting)} settlements wait for the disk, as many as may",
                    hint="free some space, or wait",
                    retry_after_s=_LATER_S,
                )
            self._gap_s += _GAP_SHARE * (min(now_s - self._came_s, 1.0) - self._gap_s)
            self._came_s = now_s
            self._waiting.append(waiting)
            if self._thread is None or not self._thread.is_alive():  # as after a fork
                self._begin()
            elif self._asleep:
                self._asleep = False
                self._bell.put(None)

    def waiting(self) -> int:
        """How many rows are not on the disk yet."""
        return len(self._waiting)

    def close(self) -> int:
        """Write what waits and stop; how many rows the disk did not take."""
        with self._lock:
            self._closing = True
        self._bell.put(None)
        if self._thread is not None:
            self._thread.join()
        left = len(self._waiting)
        if left:
            log.error("%d settlements are lost: the disk did not take them", left)
        _open_logs.discard(self)
        return left

    def _begin(self) -> None:
        self._bell, self._asleep = queue.SimpleQueue(), False
        self._thread = threading.Thread(target=self._write_all, name="usage-log", daemon=True)
        self._thread.start()

    def _write_all(self) -> None:
        failures = 0
        while True:
            with self._lock:
                idle = self._asleep = not self._waiting and not self._closing
                if self._closing and (not self._waiting or failures > len(_RETRY_S)):
                    break
            if idle:
                self._bell.get()
                continue
            if not failures and self._more_soon():
                time.sleep(_DELAY_S)
            with self._lock:
                batch = list(itertools.islice(self._waiting, _BATCH_ROWS))
            error = self._write(batch)
            failures = 0 if error is None else failures + 1
            if error is not None:
                log.warning("%d settlements wait: %s", len(self._waiting), error)
                if failures > len(_RETRY_S):
                    self._tell(error)
                self._sleep(_RETRY_S[failures - 1] if failures <= len(_RETRY_S) else _LATER_S)
        self.database.close()

    def _more_soon(self) -> bool:
        """Whether it is worth it to wait for more rows, which share the sync."""
        return self._gap_s < _DELAY_S and self.siblings() >= _LEAST_SIBLINGS and not self._closing

    def _sleep(self, delay_s: float) -> None:
        """Wait, until the log is closed; new rows do not end it."""
        end_s = time.monotonic() + delay_s
        while (left_s := end_s - time.monotonic()) > 0 and not self._closing:
            try:
                self._bell.get(timeout=left_s)
            except queue.Empty:
                return

    def _write(self, batch: Sequence[_Waiting], *, together: bool = True) -> WorkbenchError | None:
        """Write rows in one transaction and tell who waits; the reason if it cannot be done."""
        insert = _insert_together if together else _insert_singly
        try:
            with self.database.transaction() as connection:
                written = insert(connection, batch)
        except WorkbenchError as error:
            return error
        except _RepeatedError:
            return self._write(batch, together=False)
        except (sqlite3.Error, ValueError, TypeError, OverflowError) as error:
            if len(batch) > 1:  # one of them is at fault: the others are not to suffer
                return next(filter(None, [self._write([each]) for each in batch]), None)
            self._done(batch, [InputError(f"a settlement cannot be stored: {error}")])
            return None
        self._done(batch, written)
        return None

    def _done(self, batch: Sequence[_Waiting], outcomes: Sequence[bool | WorkbenchError]) -> None:
        with self._lock:
            for _ in batch:
                self._waiting.popleft()
        for each, outcome in zip(batch, outcomes, strict=True):
            tell, each.tell = each.tell, None
            if tell is not None:  # else it was told of an error, and came through afterwards
                tell(outcome)

    def _tell(self, error: WorkbenchError) -> None:
        """Give up waiting for the disk, not writing: who waits ends in an error.

        So the row that is written later says that the call failed, with the tokens that it used.
        """
        with self._lock:
            waiting = list(self._waiting)
        for each in waiting:
            tell, each.tell = each.tell, None
            if tell is not None:
                each.values = as_failed(each.values, _FAILED_STATUS, StorageError.code)
                tell(error)


def _insert_together(connection: sqlite3.Connection, batch: Sequence[_Waiting]) -> list[bool]:
    """Write rows by the handful. Raises _RepeatedError if one was there already."""
    if any(each.text is not None for each in batch):
        return _insert_singly(connection, batch)
    for start in range(0, len(batch), _TOGETHER_ROWS):
        part = batch[start : start + _TOGETHER_ROWS]
        values = [value for each in part for value in each.values]
        if connection.execute(insert_rows(len(part)), values).rowcount != len(part):
            raise _RepeatedError
    return [True] * len(batch)


def _insert_singly(connection: sqlite3.Connection, batch: Sequence[_Waiting]) -> list[bool]:
    """Write rows one by one; whether each was not there yet."""
    return [_insert(connection, each) for each in batch]


def _insert(connection: sqlite3.Connection, row: _Waiting) -> bool:
    new = connection.execute(INSERT, row.values).rowcount == 1
    if new and row.text is not None:
        connection.execute(
            "INSERT INTO usage_text (settlement_id, prompt, completion, form) VALUES (?, ?, ?, ?)",
            (
                row.settlement_id,
                _clean(row.text.prompt),
                _clean(row.text.completion),
                None if row.text.form is None else _clean(row.text.form),
            ),
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
