"""Rule files: what they may say, that a fault names line and key, where figures come from."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.core.errors import ConfigError, InputError, NotFoundError
from workbench.monitoring.alerts.expressions import parse_metric
from workbench.monitoring.alerts.reading import read_rules
from workbench.monitoring.alerts.rules import Rule
from workbench.monitoring.alerts.sources import Figures
from workbench.monitoring.alerts.spans import minute_of_day, said, span_s
from workbench.monitoring.drift.kept import all_kept_drift, keep_drift, kept_drift
from workbench.monitoring.drift.result import DriftReport
from workbench.monitoring.samples.keeping import Samples
from workbench.store.database import Database
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

from .conftest import Clock


def write(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "alerts.yaml").write_text(text, "utf-8")


def test_the_rules_that_ship_hold() -> None:
    found = read_rules()
    assert {"disk", "disk_full", "memory", "errors", "queue", "drift"} <= set(found.rules)
    assert found.rules["disk_full"].threshold == 1e9
    assert found.rules["errors"].lasting_s == 180
    assert all(rule.advice for rule in found.rules.values())
    for rule in found.rules.values():  # whole numbers of drifted columns need no second level
        assert rule.clear_level != rule.threshold or rule.metric.text == "drift.usage.drifted"


def test_a_home_changes_single_keys_takes_away_and_adds(home: Path) -> None:
    write(home, """
quiet_hours:
  night: {from: 22:00, until: 07:00, zone: Europe/Berlin}
rules:
  queue: off
  disk: {below: 1e-2}
  spend:
    title: A dear day
    metric: usage.cost_usd
    unit: USD
    window: 1d
    above: 25
    clear: 20
""")  # fmt: skip
    found = read_rules()
    assert "queue" not in found.rules
    assert (found.rules["disk"].threshold, found.rules["disk"].clear_level) == (0.01, 0.01)
    assert found.rules["disk"].title == "Little room on the disk"
    assert found.rules["spend"].window_s == 86_400
    assert found.quiet_hours["night"].begin == 22 * 60  # unquoted, which YAML itself reads as 1320


SPEND = "  spend: {title: T, metric: usage.cost_usd, window: 1h, above: 5%s}\n"
FAULTS = [
    ("rules: {a: [1", r"line 1: "),
    ("- a\n- b", "a mapping with rules"),
    ("rule: {}", r"line 1: rule: no such part; did you mean 'rules'"),
    ("rules:\n" + SPEND % ", claer: 3",
     r"line 2: rules.spend.claer: there is no such key; did you mean 'clear'"),
    ("rules:\n" + SPEND % ", clear: 9", r"line 2: rules.spend: clear 9 lies above 5"),
    ("rules:\n" + SPEND % ", below: 9", r"line 2: rules.spend: .*not both"),
    ("rules:\n\n" + SPEND % ", for: soon", r"line 3: rules.spend.for: 'soon' is no span"),
    ("rules:\n" + SPEND % ", severity: bad", r"line 2: rules.spend.severity: .*'info'"),
    ("rules:\n" + SPEND % ", above: 6", r"line 2: rules.spend.above stands twice, first in line 2"),
    ("rules:\n" + SPEND % "" + SPEND % "", r"line 3: rules.spend stands twice, first in line 2"),
    ("rules:\n  gone: off", r"line 2: rules.gone: there is no such rule"),
    ("rules:\n  disk: 5", r"line 2: rules.disk: keys, or `off`"),
    ("rules:\n  disk: {below: .nan}", r"line 2: rules.disk.below: "),
    ("rules:\n  disk: {metric: samples.disk_fre_bytes}",
     r"line 2: rules.disk.metric: .* did you mean 'disk_free_bytes'"),
    ("rules:\n  disk: {metric: 'usage.calls', below: 1}", r"line 2: rules.disk: .*needs a window"),
    ("rules:\n" + SPEND % ", where: {team: sales}", r"line 2: rules.spend: .*apart by team"),
    ("rules:\n" + SPEND % ", where: {key: sales}", r"line 2: rules.spend.where.key"),
    ("rules:\n  disk:\n    metric: __import__('os').system('true')",
     r"line 3: rules.disk.metric: .*cannot stand in a metric"),
    ("rules:\n  disk: {metric: 1 + 1}", r"rules.disk.metric: .*names nothing"),
    ("rules:\n  'Dis k': {below: 1}", r"line 2: rules.Dis k: a rule is named by"),
    ("rules:\n  new: {title: T}", r"line 2: rules.new.metric: it is missing"),
    ("quiet_hours:\n  night: {from: '22:00', until: '7', zone: UTC}",
     r"line 2: quiet_hours.night.until: '7' is no time of day"),
    ("quiet_hours:\n  night: {from: '22:00', until: '07:00', zone: Berlin}",
     r"line 2: quiet_hours.night.zone: 'Berlin' is no time zone"),
    ("quiet_hours:\n  night: {from: '22:00', until: '07:00', zone: UTC, days: [so]}",
     r"line 2: quiet_hours.night.days.0: "),
    ("rules: &a\n  x: *a", "stands within itself"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), FAULTS)
def test_a_fault_names_its_line_and_its_key(home: Path, text: str, told: str) -> None:
    write(home, text)
    with pytest.raises(ConfigError) as caught:
        read_rules()
    assert re.search(told, caught.value.message), caught.value.message
    assert str(home / "alerts.yaml") in caught.value.message
    assert caught.value.hint == f"edit {home / 'alerts.yaml'}"


def test_a_file_that_is_not_there_or_not_text(home: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_rules(tmp_path / "none.yaml")
    write(home, "")
    assert read_rules() == read_rules(home / "alerts.yaml")
    (home / "alerts.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_rules()


def test_a_metric_is_arithmetic() -> None:
    values = {"samples.a": 6.0, "samples.b": 3.0, "samples.zero": 0.0}

    def value(text: str) -> float | None:
        return parse_metric(text).value(lambda name: (values.get(name), f"{name} is missing"))[0]

    assert value("samples.a / samples.b") == 2
    assert value("1 - (samples.a + -samples.b) * 2 / 10") == pytest.approx(0.4)
    assert value("max(samples.a, samples.b, 10) - min(samples.a, samples.b)") == 7
    assert value("samples.a / samples.zero") is None
    assert value("samples.a + samples.c") is None
    assert parse_metric("samples.c").value(lambda name: (None, "gone")) == (None, "gone")
    for text in ("samples.a ** 9 ** 9", "samples.a if 1 else 2", "a", "samples.a()", "'x'",
                 "samples.a and 1", "True + samples.a", "min(samples.a)", "samples.a." * 40,
                 "(" * 400, "1e999 * 'a'", "lambda: samples.a", "samples['a']"):  # fmt: skip
        with pytest.raises(ValueError, match=r"metric|names nothing|no name"):
            parse_metric(text)


def test_spans_and_times_of_day() -> None:
    assert [span_s(text) for text in ("90s", "10m", "4h", "2d", "1w", "never", "0")] == [
        90, 600, 14_400, 172_800, 604_800, 0, 0,
    ]  # fmt: skip
    assert [said(each) for each in (600, 5400, 86_400, 90)] == ["10m", "90m", "1d", "90s"]
    assert [minute_of_day(text) for text in ("00:00", "7:05", "24:00")] == [0, 425, 1440]
    for text in ("24:01", "25:00", "7", "12:60", "-1:00"):
        with pytest.raises(ValueError, match="time of day"):
            minute_of_day(text)


def rule(metric: str, **more: object) -> Rule:
    told = {"title": "T", "metric": metric, "above": 1, "window": "10m", **more}
    return Rule.model_validate(told)


def test_figures_of_usage_are_of_the_window_and_of_whom_is_asked(
    database: Database, clock: Clock
) -> None:
    log = UsageLog()
    for number in range(40):
        row = UsageRow(
            f"req_{number}", "key", ("ada", "bob")[number % 2], "m",
            model_served=("small", "large")[number % 2],
            status=503 if number < 4 else 404 if number < 6 else 200,
            prompt_tokens=10, completion_tokens=5, cost_usd=0.5, queue_s=number / 10,
            duration_s=float(number), time_s=clock.now_s - 30 - (900 if number >= 30 else 0),
        )  # fmt: skip
        log.settle(row).result(timeout=30)
    log.close()
    figures = Figures(database, clock.now_s)

    def value(metric: str, **more: object) -> float | None:
        return figures.value_of(rule(metric, **more))[0]

    assert value("usage.calls") == 30
    assert value("usage.calls", window="1h") == 40
    assert value("usage.failed_share") == pytest.approx(4 / 30)
    assert value("usage.error_share") == pytest.approx(6 / 30)
    assert value("usage.cost_usd") == pytest.approx(15.0)
    assert value("usage.tokens") == 450
    assert value("usage.latency_p95_s") == 28  # of 6 to 29, the 23rd of 24
    assert value("usage.latency_p50_s") == 17
    assert value("usage.queue_p95_s") == pytest.approx(2.8)
    assert value("usage.calls", where={"model": "small"}) == 15
    assert value("usage.failed_share", where={"user": "bob"}) == pytest.approx(2 / 15)
    assert value("usage.calls", where={"user": "nobody"}) == 0
    found = figures.value_of(rule("usage.failed_share", least_calls=31))
    assert found == (None, "30 calls in 10m; 31 are needed")
    assert figures.value_of(rule("usage.first_token_p95_s"))[0] is None


def test_figures_of_samples_are_new_or_none(database: Database, clock: Clock) -> None:
    kept = Samples(database, clock=clock)
    for value in (2.0, 4.0, 6.0):
        clock.now_s += 60
        kept.add({"requests_queued": value})
    now = rule("samples.requests_queued", window="0")
    assert Figures(database, clock.now_s).value_of(now) == (6.0, "")
    mean = rule("samples.requests_queued", window="10m")
    assert Figures(database, clock.now_s).value_of(mean) == (4.0, "")
    late = Figures(database, clock.now_s + 900).value_of(now)
    assert late[0] is None and "15 minutes ago" in late[1]
    with settings.override(samples_every_s=600.0):  # who reads seldom is late later
        assert Figures(database, clock.now_s + 900).value_of(now)[0] == 6.0


def test_figures_of_measures_are_of_the_warehouse_as_built(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    asked = rule("measures.cost", window="24h")
    found = Figures(database, time.time()).value_of(asked)
    assert found[0] is None and "workbench monitoring rebuild" in found[1]
    log = UsageLog()
    for number in range(4):
        row = UsageRow(
            f"req_{number}", "key", "ada", "m", model_served="small", prompt_tokens=10,
            completion_tokens=5, cost_usd=0.5, duration_s=1.0,
        )  # fmt: skip
        log.settle(row).result(timeout=30)
    log.close()
    from workbench.monitoring.warehouse.operations import rebuild

    rebuild()
    assert Figures(database, time.time()).value_of(asked) == (2.0, "")
    late = Figures(database, time.time() + 3 * 86_400).value_of(asked)
    assert late[0] is None and "not up to date" in late[1]
    unknown = Figures(database, time.time()).value_of(rule("measures.cots"))
    assert unknown[0] is None and "cots" in unknown[1]
    monkeypatch.setenv("WORKBENCH_WAREHOUSE_URL", "postgresql://nobody@127.0.0.1:1/usage")
    elsewhere = Figures(database, time.time()).value_of(asked)
    assert elsewhere[0] is None and "127.0.0.1:1/usage cannot be reached" in elsewhere[1]


def test_figures_of_drift_are_of_what_was_kept(database: Database) -> None:
    import time

    asked = rule("drift.usage.drifted", window="24h")
    found = Figures(database, time.time()).value_of(asked)
    assert found == (None, "no comparison was kept: workbench monitoring drift --keep usage")
    report = DriftReport("before", "now", 10, 10, 0.05, "holm", ())
    keep_drift("usage", report, database=database)
    assert Figures(database, time.time()).value_of(asked) == (0.0, "")
    assert Figures(database, time.time()).value_of(rule("drift.usage.psi"))[0] is None
    late = Figures(database, time.time() + 3 * 86_400).value_of(asked)
    assert late[0] is None and "3 days ago" in late[1]
    kept = kept_drift("usage", database=database)
    assert kept is not None and all_kept_drift(database=database) == (kept,)
    assert dataclasses.replace(kept).names == ()
    with pytest.raises(InputError, match="no name"):
        keep_drift("Not a name", report, database=database)
