"""What the business page knows: the usage as cells, and the part of it that is chosen."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass

from workbench.core.errors import NotFoundError, WorkbenchError
from workbench.core.optional import require
from workbench.monitoring.business.use import SUMS, Use, read_use

ALL = "all"
_HISTORY_DAYS = 400
_AGAIN_S = 60.0  # how long what was read counts as new: an export and a reading of all rows


@dataclass(frozen=True)
class Choice:
    """What is looked at; days are both in it, None for as far as there is usage."""

    since: dt.date | None = None
    until: dt.date | None = None
    team: str = ALL
    model: str = ALL


class BusinessFacts:
    """Reads in a thread (``look``); ``turn`` goes up when there is something new to draw."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_s = 0.0
        self.turn = 0
        self.use: Use | None = None  # without users: a hundredth of the cells, or less
        self.users: Use | None = None  # of what is shown, a cell a user
        self._people: _People | None = None
        self.trouble: WorkbenchError | None = None
        self.choice = Choice()
        self.shown: Use | None = None

    def stamp(self) -> Hashable:
        """Changes with what is known or chosen."""
        return self.turn

    def look(self) -> None:
        """Read the usage of this home, unless it was just read."""
        with self._lock:
            if time.monotonic() - self._read_s < _AGAIN_S and self._read_s:
                return
            today = dt.datetime.now(dt.UTC).date()
            try:
                use = read_use(
                    since=today - dt.timedelta(days=_HISTORY_DAYS),
                    until=today + dt.timedelta(days=1),
                )
                self.trouble = None
                self.take(use)
            except NotFoundError as error:
                self.trouble = error
                self.take(None)
            except WorkbenchError as error:
                self.trouble = error  # what was known stays
                self.turn += 1
            self._read_s = time.monotonic()

    def take(self, use: Use | None) -> None:
        """Know these cells from now on, as far as they reach."""
        self.use = self._people = None
        if use is not None and len(use.cells):
            self._people = _People(use)
            self.use = _without_users(use)
        self.choose(self.choice)

    def choose(self, choice: Choice) -> None:
        """Look at a part; a name that is not there any more is taken as all."""
        self.choice = choice
        self.shown = self.users = None
        if self.use is not None and self._people is not None:
            self.shown = _part(self.use, choice)
            self.users = self._people.part(self.shown, choice)
        self.turn += 1

    def names(self, column: str) -> list[str]:
        """The teams or models that there are."""
        return [] if self.use is None else sorted(set(self.use.cells[column]))


class _People:
    """The cells with users, as numbers: a part of half a million is summed in milliseconds."""

    def __init__(self, use: Use) -> None:
        self._day, self._days = use.cells["day"].factorize()
        self._codes = {name: use.cells[name].factorize() for name in ("team", "model", "user")}
        self._sums = {name: use.cells[name].to_numpy(dtype=float) for name in SUMS}

    def part(self, shown: Use, choice: Choice) -> Use:
        """Each user's sums in what is shown."""
        np, pandas = require("numpy", extra="data"), require("pandas", extra="data")
        inside = np.array([shown.since <= day < shown.until for day in self._days])[self._day]
        for column, wanted in (("team", choice.team), ("model", choice.model)):
            codes, names = self._codes[column]
            if wanted in names:
                inside = inside & (codes == names.get_loc(wanted))
        users, names = self._codes["user"]
        count = len(names)
        sums = {
            name: np.bincount(users[inside], each[inside], minlength=count)
            for name, each in self._sums.items()
        }
        cells = pandas.DataFrame({"user": names, **sums})
        return Use(cells[cells["requests"] > 0], shown.since, shown.until)


def _without_users(use: Use) -> Use:
    columns = ["day", "team", "model", "task"]
    cells = use.cells.groupby(columns, sort=True)[list(SUMS)].sum().reset_index()
    days = cells["day"]
    return Use(cells, days.min(), days.max() + dt.timedelta(days=1), use.notes)


def _part(use: Use, choice: Choice) -> Use:
    since = max(choice.since or use.since, use.since)
    until = min((choice.until or use.until) + dt.timedelta(days=1), use.until)
    part = use.between(since, max(until, since + dt.timedelta(days=1)))
    cells = part.cells
    known = {name: set(use.cells[name]) for name in ("team", "model")}
    for column, wanted in (("team", choice.team), ("model", choice.model)):
        if wanted in known[column]:
            cells = cells[cells[column] == wanted]
    return Use(cells, part.since, part.until, use.notes)
