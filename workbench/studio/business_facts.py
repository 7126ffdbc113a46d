"""What the business page knows: the usage as cells, and the part of it that is chosen."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import NotFoundError, WorkbenchError
from workbench.core.optional import require
from workbench.monitoring.business.rollups import Rollups, open_rollups
from workbench.monitoring.business.use import SUMS, Use, read_use
from workbench.monitoring.traffic.made_usage import make_usage
from workbench.monitoring.traffic.plan import TrafficPlan

ALL = "all"
_MADE_DAYS, _MADE_CALLS = 91, 40_000
_MADE = (
    "This is made traffic, drawn to show the page by: nobody asked any of it. It is kept nowhere, "
    "and gives way to this home's own usage as soon as there is some."
)
_HISTORY_DAYS = 400
_AGAIN_S = 60.0  # how long what was read counts as new: an export and a reading of all rows
_TROUBLED_S = 5.0  # and how long what went wrong does, and that nothing was found


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
        self._people: Rollups | _People | None = None
        self._users: Use | None = None
        self._names: dict[str, list[str]] = {}
        self.trouble: WorkbenchError | None = None
        self.is_made = False  # what is known was drawn, to show the page by
        self.choice = Choice()
        self.shown: Use | None = None

    def stamp(self) -> Hashable:
        """Changes with what is known or chosen."""
        return self.turn

    def look(self) -> None:
        """Read the usage of this home, unless it was just read."""
        with self._lock:
            again_s = _AGAIN_S if self.use is not None and self.trouble is None else _TROUBLED_S
            if time.monotonic() - self._read_s < again_s and self._read_s:
                return
            today = dt.datetime.now(dt.UTC).date()
            try:
                found = open_rollups(
                    since=today - dt.timedelta(days=_HISTORY_DAYS),
                    until=today + dt.timedelta(days=1),
                    known=self._people,
                )
                if found is not self._people or self.trouble is not None:
                    self.trouble, self.is_made = None, False
                    self._know(found.use, found)
            except NotFoundError as error:
                if not self.is_made:
                    self.trouble = error
                    self.take(None)
            except WorkbenchError as error:
                self.trouble = error  # what was known stays
                self.turn += 1
            self._read_s = time.monotonic()

    def take_made(self) -> None:
        """Know a quarter of made traffic, up to yesterday, until this home has usage of its own."""
        arrow = require("pyarrow", extra="data")
        since = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=_MADE_DAYS)
        plan = TrafficPlan(start=since, days=_MADE_DAYS, calls=_MADE_CALLS, users=80, seed=1)
        table = arrow.concat_tables([rows for _, rows in make_usage(plan)])
        use = read_use(table, since=since, until=since + dt.timedelta(days=_MADE_DAYS))
        with self._lock:
            self.trouble, self.is_made = None, True
            self.take(Use(use.cells, use.since, use.until, (_MADE,)))

    def take(self, use: Use | None) -> None:
        """Know these cells from now on, as far as they reach."""
        if use is None or not len(use.cells):
            self._know(None, None)
        else:
            self._know(_without_users(use), _People(use))

    def _know(self, use: Use | None, people: Rollups | _People | None) -> None:
        known = use is not None and len(use.cells) > 0
        self.use = _as_far_as_there_is(use) if use is not None and known else None
        self._people = people if known else None
        self._names = {
            column: [] if self.use is None else sorted(self.use.cells[column].unique())
            for column in ("team", "model")
        }
        self.choose(self.choice)

    def choose(self, choice: Choice) -> None:
        """Look at a part; a name that is not there any more is taken as all."""
        self.choice = choice
        self.shown = None if self.use is None else _part(self.use, choice, self._named())
        self._users = None
        self.turn += 1

    @property
    def users(self) -> Use | None:
        """Of what is shown, a cell a user; summed up when it is asked for."""
        if self._users is None and self.shown is not None and self._people is not None:
            self._users = self._people.users(self.shown.since, self.shown.until, **self._named())
        return self._users

    def count_users(self) -> int:
        """How many users asked something in what is shown."""
        if self.shown is None or self._people is None:
            return 0
        return self._people.count_users(self.shown.since, self.shown.until, **self._named())

    def _named(self) -> dict[str, str]:
        chosen = {"team": self.choice.team, "model": self.choice.model}
        return {name: wanted for name, wanted in chosen.items() if wanted in self.names(name)}

    def names(self, column: str) -> list[str]:
        """The teams or models that there are."""
        return self._names.get(column, [])


class _People:
    """The cells with users, as numbers: a part of half a million is summed in milliseconds."""

    def __init__(self, use: Use) -> None:
        self._day, self._days = use.cells["day"].factorize()
        self._codes = {name: use.cells[name].factorize() for name in ("team", "model", "user")}
        self._sums = {name: use.cells[name].to_numpy(dtype=float) for name in SUMS}

    def users(
        self, since: dt.date, until: dt.date, *, team: str | None = None, model: str | None = None
    ) -> Use:
        """Each user's sums."""
        np, pandas = require("numpy", extra="data"), require("pandas", extra="data")
        inside = self._inside(since, until, team, model)
        users, names = self._codes["user"]
        sums = {
            name: np.bincount(users[inside], each[inside], minlength=len(names))
            for name, each in self._sums.items()
        }
        cells = pandas.DataFrame({"user": names, **sums})
        return Use(cells[cells["requests"] > 0], since, until)

    def count_users(
        self, since: dt.date, until: dt.date, *, team: str | None = None, model: str | None = None
    ) -> int:
        """How many users asked something."""
        np = require("numpy", extra="data")
        users, _ = self._codes["user"]
        return len(np.unique(users[self._inside(since, until, team, model)]))

    def _inside(self, since: dt.date, until: dt.date, team: str | None, model: str | None) -> Any:
        np = require("numpy", extra="data")
        inside = np.array([since <= day < until for day in self._days])[self._day]
        for column, wanted in (("team", team), ("model", model)):
            if wanted is not None:
                codes, names = self._codes[column]
                inside = inside & (codes == names.get_loc(wanted))
        return inside


def _without_users(use: Use) -> Use:
    columns = ["day", "team", "model", "task"]
    cells = use.cells.groupby(columns, sort=True)[list(SUMS)].sum().reset_index()
    return Use(cells, use.since, use.until, use.notes)


def _as_far_as_there_is(use: Use) -> Use:
    """Without the days before the first call and after the last."""
    days = use.cells["day"]
    return Use(use.cells, days.min(), days.max() + dt.timedelta(days=1), use.notes)


def _part(use: Use, choice: Choice, named: Mapping[str, str]) -> Use:
    since = max(choice.since or use.since, use.since)
    until = min((choice.until or use.until) + dt.timedelta(days=1), use.until)
    part = use.between(since, max(until, since + dt.timedelta(days=1)))
    cells = part.cells
    for column, wanted in named.items():
        cells = cells[cells[column] == wanted]
    return Use(cells, part.since, part.until, use.notes)
