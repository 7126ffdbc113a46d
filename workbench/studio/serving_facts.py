"""What the serving pages know: the gateway as it answers, and the usage as the store has it.

``ServingFacts.look`` asks both, with short timeouts; it is called in a thread. What it found stays
until the next look, so that drawing asks nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from workbench.core.errors import (
    AccessError,
    FetchError,
    NotFoundError,
    WorkbenchError,
)
from workbench.core.moments import moment_s
from workbench.core.optional import require
from workbench.identity.keys import Key, Keys
from workbench.models.operations import list_models
from workbench.serving.asking import GatewayClient
from workbench.serving.key_warnings import is_free
from workbench.serving.running import RunningGateway, find_running
from workbench.store.usage_queries import UsageTotal, settlements, totals
from workbench.store.usage_rows import UsageRow
from workbench.studio.notebook_results import database_files

TIMEOUT_S = 2.0
RECENT_S = 300.0
_MOST_ROWS = 3000
MOST_MISSED = 3  # looks in a row without an answer until a gateway is said not to answer
GLANCE_S = 10.0  # a page that nothing happens on asks for all of it so seldom
Situation = Literal["ready", "starting", "locked", "silent", "none"]


@dataclass(frozen=True)
class GatewayFacts:
    """A gateway as it answered; ``situation`` says whether it did.

    ``locked`` is a gateway whose key this page may not read, ``silent`` one that does not answer.
    """

    situation: Situation
    url: str = ""
    message: str = ""
    hint: str | None = None
    status: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, Any] = field(default_factory=dict)
    cache: Mapping[str, Any] = field(default_factory=dict)
    budgets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    counters: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    own_key_id: str = ""


@dataclass(frozen=True)
class UsageFacts:
    """What was settled: ``recent`` of the last minutes, ``last`` the newest few of any time.

    ``keys`` are in force; ``revoked`` are not, the last revoked first. ``is_free`` says that no
    model has a price.
    """

    keys: tuple[Key, ...] = ()
    revoked: tuple[Key, ...] = ()
    today: tuple[UsageTotal, ...] = ()
    month: tuple[UsageTotal, ...] = ()
    models: tuple[UsageTotal, ...] = ()
    recent: tuple[UsageRow, ...] = ()
    last: tuple[UsageRow, ...] = ()
    is_free: bool = False


class ServingFacts:
    """What was found at the last look. ``turn`` counts the looks."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked_s = -GLANCE_S
        self._asked_of: RunningGateway | None = None
        self._missed = 0
        self.gateway = GatewayFacts("none")
        self.usage = UsageFacts()
        self.present: tuple[str, ...] = ()
        self.usage_trouble: WorkbenchError | None = None
        self.turn = 0
        self.looked_s = time.time()

    def look(self) -> None:
        """Ask the gateway and read the store."""
        self._read()
        self._ask()

    def glance(self) -> None:
        """Read the store, and ask the gateway only if something was settled or is in work there,
        or it was not asked for a while."""
        before = self.usage.last
        self._read()
        is_busy = bool(self.gateway.status) and (
            self.gateway.situation != "ready"
            or self.gateway.status["in_flight"] > 0
            or self.gateway.status["queued"] > 0
        )
        is_due = self._clock() - self._asked_s >= GLANCE_S
        if self.usage.last != before or is_busy or is_due or _find() != self._asked_of:
            self._ask()

    def _ask(self) -> None:
        self._asked_s, self._asked_of = self._clock(), _find()
        found = find_gateway()
        if found.situation == "silent" and self.gateway.situation == "ready":
            self._missed += 1
            if self._missed < MOST_MISSED:  # one that is busy has not gone
                return
        self._missed = 0
        self.gateway = found

    def _read(self) -> None:
        try:
            self.usage, self.usage_trouble = read_usage(), None
        except WorkbenchError as error:
            self.usage_trouble = error
        self.present = tuple(row.name for row in list_models() if row.present)
        self.looked_s = time.time()
        self.turn += 1


def _find() -> RunningGateway | None:
    """What the gateway of this home says of itself; nobody is asked."""
    try:
        return find_running()
    except NotFoundError:
        return None


def find_gateway() -> GatewayFacts:
    """The gateway of this home, however it is."""
    try:
        running = find_running()
    except NotFoundError as error:
        return GatewayFacts("none", message=error.message, hint=error.hint)
    try:
        client = GatewayClient(running.url, Path(running.key_file), timeout_s=TIMEOUT_S)
    except NotFoundError as error:
        return _locked(running, error)
    try:
        return _ask(client, Path(running.key_file))
    except AccessError as error:
        return _locked(running, error)
    except FetchError as error:
        return GatewayFacts("silent", running.url, error.message, "workbench serving status")
    except WorkbenchError as error:
        return GatewayFacts("silent", running.url, error.message, error.hint)


def _locked(running: RunningGateway, error: WorkbenchError) -> GatewayFacts:
    hint = f"run this page as the user who started it, or let it read {running.key_file}"
    return GatewayFacts("locked", running.url, error.message, hint)


def _ask(client: GatewayClient, key_file: Path) -> GatewayFacts:
    status = client.ask("GET", "/admin/v1/status")
    budgets = client.ask("GET", "/admin/v1/budgets")["data"]
    text = key_file.read_text(encoding="ascii")
    own = next((b["key"]["id"] for b in budgets if text.startswith(b["key"]["prefix"])), "")
    return GatewayFacts(
        "ready" if status["ready"] else "starting",
        client.url,
        status=status,
        models=client.ask("GET", "/admin/v1/models"),
        cache=client.ask("GET", "/admin/v1/cache"),
        budgets={each["key"]["id"]: each["use"] for each in budgets},
        counters=read_counters(client.read("GET", "/metrics").decode()),
        own_key_id=own,
    )


def read_counters(text: str) -> dict[str, dict[str, float]]:
    """Of Prometheus' text the counters that the page shows: by name, then by label."""
    parser = require("prometheus_client.parser", extra="serving")
    shown = {
        "workbench_cache_hits_total": "kind",
        "workbench_limit_refusals_total": "limit",
        "workbench_fallbacks_total": "backend",
        "workbench_requests_total": "status",
    }
    found: dict[str, dict[str, float]] = {name: {} for name in shown}
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            label = shown.get(sample.name)
            # The page's own questions are not what people want to see counted.
            if label is None or not sample.labels.get("endpoint", "/v1/").startswith("/v1/"):
                continue
            value = sample.labels[label]
            counts = found[sample.name]
            counts[value] = counts.get(value, 0.0) + sample.value
    return found


def read_usage() -> UsageFacts:
    """What the store has. Where there is no store none is made."""
    if not database_files()[0].exists():
        return UsageFacts()
    month_s = moment_s("month")
    keys = Keys().list(revoked=True)
    return UsageFacts(
        keys=tuple(key for key in keys if key.revoked_s is None),
        revoked=tuple(sorted((k for k in keys if k.revoked_s), key=lambda k: -(k.revoked_s or 0))),
        today=totals(by="key", since_s=moment_s("today")),
        month=totals(by="key", since_s=month_s),
        models=totals(by="model", since_s=month_s),
        recent=settlements(since_s=time.time() - RECENT_S - 60, limit=_MOST_ROWS),
        last=settlements(limit=8),
        is_free=_is_free(),
    )


def _is_free() -> bool:
    try:
        return is_free()
    except WorkbenchError:  # a faulty workbench.toml, which is the gateway's to tell
        return False
