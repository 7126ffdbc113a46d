"""What the health page knows: samples and calls of a span, the rules and what fired, drift."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import WorkbenchError
from workbench.studio.health_charts import Axis

if TYPE_CHECKING:
    from workbench.monitoring.alerts.result import Incident, RuleLine
    from workbench.monitoring.alerts.rules import RuleFile
    from workbench.monitoring.drift.kept import KeptDrift
    from workbench.monitoring.health.answers import AnswerCells, AnswerSteps
    from workbench.monitoring.health.recorded import SampleSteps
    from workbench.monitoring.maintenance.result import MaintenanceReport
    from workbench.store.schedules import Schedule

log = logging.getLogger(__name__)

ALL = "all"
CHOSEN = "chosen days"
DAY_S = 86_400
SPANS: Mapping[str, tuple[float, float]] = {
    "last hour": (3600, 60), "last 6 hours": (21_600, 300), "last 24 hours": (DAY_S, 900),
    "last 7 days": (7 * DAY_S, 3600), "last 30 days": (30 * DAY_S, 4 * 3600),
    "last 90 days": (90 * DAY_S, 12 * 3600),
}  # fmt: skip
USUAL = "last 24 hours"
NAMES = (
    "memory_resident_bytes", "memory_free_bytes", "memory_total_bytes", "disk_free_bytes",
    "disk_total_bytes", "home_bytes", "requests_queued", "requests_in_flight", "jobs_queued",
    "models_loaded", "cpu_share", "gateway_cpu_cores",
)  # fmt: skip
_STEPS_S = (60, 300, 900, 1800, 3600, 2 * 3600, 4 * 3600, 12 * 3600, DAY_S, 7 * DAY_S)
_MOST_STEPS = 200
_AGAIN_S = 15.0
_CALLS_SHARE = 0.05  # of the time may go into reading calls
_INCIDENTS = 30


@dataclass(frozen=True)
class Choice:
    """What is looked at: a span by its name or days (both are in it), a model, a team."""

    span: str = USUAL
    since: dt.date | None = None
    until: dt.date | None = None
    model: str = ALL
    team: str = ALL


class HealthFacts:
    """Reads in a thread (``look``); ``turn`` goes up when there is something new to draw."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._again_s = self._calls_again_s = 0.0
        self._seen: Hashable = None
        self.turn = 0
        self.choice = Choice()
        self.axis = axis_of(self.choice, clock())
        self.samples: Mapping[str, SampleSteps] = {}
        self.newest: Mapping[str, float] = {}
        self.cells: AnswerCells | None = None
        self.rules: RuleFile | None = None
        self.lines: tuple[RuleLine, ...] = ()
        self.incidents: tuple[Incident, ...] = ()
        self.drift: tuple[KeptDrift, ...] = ()
        self.schedules: tuple[Schedule, ...] = ()  # those that compare usage
        self.ahead: MaintenanceReport | None = None  # dear, so only when somebody asks
        self.trouble: WorkbenchError | None = None
        self.rules_trouble: WorkbenchError | None = None

    def stamp(self) -> Hashable:
        """Changes with what is known or chosen."""
        return self.turn

    @property
    def has_samples(self) -> bool:
        """Whether anything was recorded in the last days."""
        return bool(self.newest)

    @property
    def answers(self) -> AnswerSteps | None:
        """The calls of the chosen model and team, step by step."""
        if self.cells is None or not self.cells.total:
            return None
        model, team = (
            None if each == ALL else each for each in (self.choice.model, self.choice.team)
        )
        return self.cells.by_step(model=model, team=team)

    def look(self) -> None:
        """Read what there is, unless that was just done."""
        with self._lock:
            if time.monotonic() >= self._again_s:
                self._again_s = time.monotonic() + _AGAIN_S
                self._read()

    def look_now(self) -> None:
        """Read it in any case: something has just been done."""
        self._again_s = self._calls_again_s = 0.0
        self.look()

    def choose(self, choice: Choice) -> bool:
        """Look at another part; whether it has to be read first (``look_now``)."""
        before, self.choice = self.choice, choice
        self.turn += 1
        return (before.span, before.since, before.until) != (
            choice.span, choice.since, choice.until,
        )  # fmt: skip

    def _read(self) -> None:
        from workbench.monitoring.alerts.evaluating import Alerts, incidents
        from workbench.monitoring.alerts.reading import read_rules
        from workbench.monitoring.drift.kept import all_kept_drift
        from workbench.monitoring.health.recorded import on_steps
        from workbench.monitoring.samples.keeping import Samples
        from workbench.store.schedules import Schedules

        axis = axis_of(self.choice, self._clock())
        try:
            self.samples = on_steps(NAMES, axis.since_s, axis.until_s, step_s=axis.step_s)
            self.newest = {name: each.value for name, each in Samples().newest().items()}
            self.incidents = incidents(since_s=axis.since_s, limit=_INCIDENTS)
            self.drift = all_kept_drift()
            self.schedules = tuple(
                each for each in Schedules().list() if each.operation == "monitoring.drift"
            )
            self._read_calls(axis)
            self.trouble = None
        except WorkbenchError as error:
            self.trouble = error  # what was known stays
        try:
            self.rules = read_rules()
            self.lines, self.rules_trouble = Alerts(self.rules).lines(), None
        except WorkbenchError as error:
            self.rules, self.lines, self.rules_trouble = None, (), error
        self.axis = axis
        seen = self._fingerprint()
        if seen != self._seen:
            self._seen = seen
            self.turn += 1

    def _read_calls(self, axis: Axis) -> None:
        """Calls take longest, the more of them: so the more seldom."""
        from workbench.monitoring.health.answers import read_answers

        moved = self.cells is None or (self.cells.since_s, self.cells.step_s) != (
            axis.since_s, axis.step_s,
        )  # fmt: skip
        if not moved and time.monotonic() < self._calls_again_s:
            return
        began_s = time.monotonic()
        self.cells = read_answers(axis.since_s, axis.until_s, step_s=axis.step_s)
        took_s = time.monotonic() - began_s
        self._calls_again_s = began_s + max(_AGAIN_S, took_s / _CALLS_SHARE)

    def _fingerprint(self) -> Hashable:
        told: list[Any] = [
            (name, steps.mean.tobytes(), steps.high.tobytes())
            for name, steps in self.samples.items()
        ]
        cells = self.cells
        told.append(None if cells is None else (cells.since_s, cells.total))
        errors = [each and each.message for each in (self.trouble, self.rules_trouble)]
        planned = tuple((each.name, each.cron, each.since_s, each.job) for each in self.schedules)
        said = (self.lines, self.incidents, self.drift, planned, tuple(errors))
        return hash((tuple(told), self.axis, *said))


def axis_of(choice: Choice, now_s: float) -> Axis:
    """The steps of what is chosen; the last one is that of now, or of the last day's end."""
    if choice.span in SPANS:
        length_s, step_s = SPANS[choice.span]
        end_s = now_s
    else:
        today = dt.datetime.fromtimestamp(now_s).date()
        until = choice.until or today
        since = min(choice.since or until, until)
        first_s, after_s = (
            dt.datetime.combine(day, dt.time()).timestamp()
            for day in (since, until + dt.timedelta(days=1))
        )
        end_s = max(first_s + DAY_S, min(after_s, now_s))
        length_s = end_s - first_s
        step_s = next((each for each in _STEPS_S if length_s / each <= _MOST_STEPS), _STEPS_S[-1])
    last = -(-end_s // step_s)  # steps stand still while time goes on
    steps = max(1, round(length_s / step_s))
    return Axis((last - steps) * step_s, step_s, steps)
