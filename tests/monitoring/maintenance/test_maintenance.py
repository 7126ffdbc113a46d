"""Outlooks, budgets, and what is suggested: each rule on figures that are known."""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.identity.keys import Keys
from workbench.identity.principals import KeyLimits
from workbench.monitoring.anomalies.result import Anomaly
from workbench.monitoring.forecasting.forecast import LimitTime
from workbench.monitoring.forecasting.series import DAY_S, HOUR_S, TimeSeries
from workbench.monitoring.maintenance.actions import suggest
from workbench.monitoring.maintenance.budgets import budgets_of, look_at_budget
from workbench.monitoring.maintenance.facts import Facts, ModelUse, folder_sizes, gather_facts
from workbench.monitoring.maintenance.operations import limits_of, maintenance
from workbench.monitoring.maintenance.outlooks import look_ahead
from workbench.monitoring.maintenance.result import Outlook
from workbench.monitoring.samples.keeping import Samples
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

# Only by it does click tell what of a command's words is left.
pytestmark = pytest.mark.filterwarnings("ignore:'protected_args':DeprecationWarning")

NOW_S = 1_790_000_000.0


def line(
    days: int = 60, *, slope: float = 2.0, noise: float = 0.5, falls: tuple[int, ...] = ()
) -> TimeSeries:
    """Days that grow, and are cleaned up by 20 at each fall; made."""
    at = np.arange(days)
    values = 50 + slope * at + np.random.default_rng(3).normal(0, noise, days)
    for fall in falls:
        values = values - 20.0 * (at >= fall)
    return TimeSeries("disk", "GB", 0.0, DAY_S, values, (7,))


class TestOutlook:
    def test_a_line_meets_its_limit_when_the_line_does(self) -> None:
        found = look_ahead(line(), horizon_days=14, limit=50 + 2.0 * 66)
        met = found.limit_met
        assert met is not None and met.likely_s is not None and met.earliest_s is not None
        assert abs(met.likely_s / DAY_S - 66) <= 2
        assert met.earliest_s <= met.likely_s <= (met.latest_s or np.inf)
        assert found.per_day == pytest.approx(2.0, rel=0.25)

    def test_what_is_far_is_not_within_the_horizon(self) -> None:
        met = look_ahead(line(), horizon_days=14, limit=50 + 2.0 * 200).limit_met
        assert met is not None and met.likely_s is None and met.chance < 0.05

    def test_clean_ups_of_the_past_are_not_counted_on(self) -> None:
        """The broken variant forecasts the saw as it is, and hopes for the next clean-up."""
        falls = (9, 19, 29, 39, 49)
        saw, limit = line(falls=falls), 50 + 2.0 * 68 - 100.0
        found = look_ahead(saw, horizon_days=14, limit=limit)
        assert found.limit_met is not None and found.limit_met.likely_s is not None
        assert abs(found.limit_met.likely_s / DAY_S - 68) <= 3
        assert any("counts on none" in note for note in found.notes)
        assert found.past == tuple(saw.values)
        from workbench.monitoring.forecasting.forecast import make_forecast

        broken = make_forecast(saw, 14, limit=limit).limit
        assert broken is not None and broken.chance < found.limit_met.chance

    def test_a_short_past_is_looked_ahead_as_far_as_can_be_tried(self) -> None:
        found = look_ahead(line(40), horizon_days=30)
        assert len(found.values) == 12
        assert any("looked 12 days ahead" in note for note in found.notes)
        assert any("nothing unusual was looked for" in note for note in found.notes)

    def test_unusual_windows_of_the_last_two_weeks_stand_in_it(self) -> None:
        draw, at = np.random.default_rng(0), np.arange(24 * 28)
        values = 5 + np.sin(2 * np.pi * at / 24) + draw.normal(0, 0.1, len(at))
        values[200:210] += 2.0  # long ago
        values[600:620] += 2.0
        hours = TimeSeries("latency", "s", 0.0, HOUR_S, values, (24, 168))
        days = TimeSeries("latency", "s", 0.0, DAY_S, values.reshape(-1, 24).mean(1), (7,))
        found = look_ahead(days, horizon_days=3, unusual=hours)
        assert [(each.first, each.end, each.kind) for each in found.anomalies] == [
            (600, 620, "level")
        ]


def outlook(series: str, *, chance: float = 0.0, anomalies: Any = (), unit: str = "x") -> Outlook:
    met = LimitTime(10.0, chance, *[NOW_S + 3 * DAY_S if chance > at else None
                                    for at in (0.05, 0.5, 0.95)])  # fmt: skip
    return Outlook(
        series, unit, NOW_S, DAY_S, 0.9, 5.0, (6.0, 7.0), (5.0, 5.5), (8.0, 9.0), (4.0, 5.0),
        "decomposed", 1.0, 10.0, "given, a day", met, anomalies,
    )  # fmt: skip


def unusual(direction: str = "up", kind: Any = "level") -> tuple[Anomaly, ...]:
    return (
        Anomaly(10, 20, NOW_S - DAY_S, NOW_S - DAY_S / 2, kind, direction, 6.0, 12.0, 2.0, 4.0,
                False),
    )  # fmt: skip


FACTS = Facts(
    NOW_S - 14 * DAY_S, NOW_S,
    {"big": ModelUse(900, NOW_S, 1.0, 1.1), "old": ModelUse(3, NOW_S - 9 * DAY_S, 1.0, 2.5)},
    {"big": 5_000, "old": 4_000, "never": 3_000}, {"blobs": 900, "cache": 100, "ledger": 10},
    {"latency": 0.1, "memory": 0.1}, {"engine": 40, "limit": 2}, {"ci": 12.0, "ann": 1.0},
)  # fmt: skip


class TestActions:
    def test_a_limit_that_is_far_and_a_spike_are_nothing_to_do(self) -> None:
        quiet = [
            outlook("memory", chance=0.01),
            outlook("latency", anomalies=unusual(kind="spike")),
        ]
        assert suggest(quiet, FACTS) == ()

    @pytest.mark.parametrize(
        ("given", "facts", "action", "subject"),
        [
            (outlook("memory", chance=0.6), FACTS, "unload a model", "never"),
            (outlook("memory", chance=0.6), replace(FACTS, loaded={}), "restart", "the gateway"),
            (outlook("memory", chance=0.6), replace(FACTS, loaded={}, with_load={"memory": 0.8}),
             "add a replica", "the gateway"),
            (outlook("memory", chance=0.6), replace(FACTS, loaded={}, with_load={}),
             "look into it", "the gateway"),
            (outlook("disk", chance=0.6), FACTS, "clean the cache", "blobs"),
            (outlook("disk", chance=0.6), replace(FACTS, folders={"ledger": 10}), "look into it",
             "the disk"),
            (outlook("latency", chance=0.6), replace(FACTS, with_load={"latency": 0.7}),
             "add a replica", "the gateway"),
            (outlook("latency", anomalies=unusual()), FACTS, "look into it", "old"),
            (outlook("load", chance=0.2), FACTS, "add a replica", "the gateway"),
            (outlook("errors", anomalies=unusual()), FACTS, "look into it", "engine"),
            (outlook("spend", chance=0.6), FACTS, "raise the budget", "spend"),
            (outlook("spend", anomalies=unusual()), FACTS, "look into it", "ci"),
            (outlook("score", anomalies=unusual("down")), FACTS, "re-train", "big"),
        ],
    )  # fmt: skip
    def test_each_rule_reads_its_figures(
        self, given: Outlook, facts: Facts, action: str, subject: str
    ) -> None:
        (found,) = suggest([given], facts)
        assert (found.action, found.subject) == (action, subject)
        assert all(each.since_s <= each.until_s for each in found.evidence)
        assert {each.series for each in found.evidence} >= {given.series}
        if given.anomalies:
            assert any("6.0 sigma" in each.what for each in found.evidence)
        check_command(found.command)

    def test_bytes_are_said_in_gb_and_a_sigma_of_nothing_is_bounded(self) -> None:
        (still,) = unusual()
        still = replace(still, seen=242.1e9, expected=200e9, size_sigma=7e9)
        (found,) = suggest([outlook("disk", anomalies=(still,), unit="bytes")], FACTS)
        assert "disk was 242.1 GB where 200 GB was expected" in found.because
        (told,) = (each.what for each in found.evidence if "sigma" in each.what)
        assert "over 100 sigma: seen, with 200 GB expected" in told

    def test_what_was_over_days_ago_calls_for_nothing(self) -> None:
        (old,) = unusual()
        old = replace(old, begun_s=NOW_S - 9 * DAY_S, ended_s=NOW_S - 8 * DAY_S)
        assert suggest([outlook("errors", anomalies=(old,))], FACTS) == ()

    def test_better_scores_call_for_nothing(self) -> None:
        assert suggest([outlook("score", anomalies=unusual("up"))], FACTS) == ()

    def test_what_is_needed_first_comes_first(self) -> None:
        later = outlook("load", chance=0.2)
        assert later.limit_met is not None
        later = replace(later, limit_met=replace(later.limit_met, earliest_s=NOW_S + 9 * DAY_S))
        given = [outlook("errors", anomalies=unusual()), later, outlook("disk", chance=0.6)]
        assert [each.evidence[0].series for each in suggest(given, FACTS)] == [
            "disk", "load", "errors",
        ]  # fmt: skip


def check_command(text: str) -> None:
    """That a command is one, with options that it has and values that it takes."""
    import click

    from workbench.cli.main import workbench

    words = text.removeprefix("workbench ").split()
    with workbench.make_context("workbench", words) as ctx:
        command: Any = workbench
        rest = ctx.protected_args + ctx.args
        while isinstance(command, click.Group):
            _, command, rest = command.resolve_command(ctx, rest)
        command.make_context("command", rest).close()


def test_a_command_that_is_none_would_be_seen() -> None:
    import click

    for text in ("workbench serving cache clear --older 3", "workbench store clean"):
        with pytest.raises((click.ClickException, NotFoundError)):
            check_command(text)


class TestBudgets:
    def use(self, home: Path, *, now: dt.datetime, per_day: float, days: int) -> Any:
        made = Keys().create("ci", limits=KeyLimits(budget_usd_month=30.0, budget_tokens_day=100))
        log = UsageLog()
        for back in range(1, days + 1):
            moment = (now - dt.timedelta(days=back)).timestamp()
            row = UsageRow(
                "r", made.id, "u", "m", prompt_tokens=40, cost_usd=per_day, time_s=moment
            )
            log.settle(row).result()
        log.close()
        return Keys().get(made.id)

    def test_a_month_s_budget_ends_on_the_day_that_sums_say(self, home: Path) -> None:
        now = dt.datetime(2026, 9, 16, 12, tzinfo=dt.UTC)  # 15 days over, 15 to come
        key = self.use(home, now=now, per_day=1.5, days=60)
        month = next(each for each in budgets_of(key) if each.span == "month")
        found = look_at_budget(month, now_s=now.timestamp(), horizon_days=14)
        assert found.limit_met is not None and found.limit_met.likely_s is not None
        assert found.now == pytest.approx(15 * 1.5)
        # 22.5 of 30 are spent when the 16th begins: the fifth day reaches 30.
        assert dt.datetime.fromtimestamp(found.limit_met.likely_s, dt.UTC).day == 20
        assert found.values[-1] == pytest.approx(45.0, rel=0.02)
        (said,) = suggest([found], FACTS)
        assert (said.action, said.subject) == ("raise the budget", "ci")
        assert (
            said.command == f"workbench serving keys limits ci --budget-usd {max(found.high):.2f}"
        )
        check_command(said.command)

    def test_a_day_s_budget_is_not_met_where_days_stay_below(self, home: Path) -> None:
        now = dt.datetime(2026, 9, 16, 12, tzinfo=dt.UTC)
        key = self.use(home, now=now, per_day=1.5, days=60)
        day = next(each for each in budgets_of(key) if each.span == "day")
        found = look_at_budget(day, now_s=now.timestamp(), horizon_days=7)
        assert found.limit_met is not None and found.limit_met.chance == 0
        assert suggest([found], FACTS) == ()

    def test_a_new_key_is_told_to_wait(self, home: Path) -> None:
        now = dt.datetime(2026, 9, 16, 12, tzinfo=dt.UTC)
        key = self.use(home, now=now, per_day=1.5, days=3)
        for budget in budgets_of(key):
            with pytest.raises(InputError, match=r"3 (days|steps)"):
                look_at_budget(budget, now_s=now.timestamp(), horizon_days=7)


class TestOperation:
    def test_an_empty_home_says_what_is_missing(self, home: Path) -> None:
        with pytest.raises(InputError, match="nothing was recorded of load, latency") as caught:
            maintenance()
        assert "workbench serve" in caught.value.hint

    def test_limits_are_read_and_refused(self) -> None:
        assert limits_of(["latency=2.5"], ("latency",)) == {"latency": 2.5}
        with pytest.raises(NotFoundError, match="latnecy"):
            limits_of(["latnecy=2"], ("latency",))
        with pytest.raises(InputError, match="no number"):
            limits_of(["latency=fast"], ("latency",))
        with pytest.raises(InputError, match="twice"):
            limits_of(["latency=1", "latency=2"], ("latency",))

    def test_samples_of_disk_are_looked_ahead_to_the_disk_s_size(self, home: Path) -> None:
        hour = time.time() // HOUR_S * HOUR_S
        for back in range(100, 0, -1):
            kept = Samples(clock=lambda back=back: hour - back * HOUR_S + 60)
            free = 30e9 + back * 1e9 - 20e9  # a gigabyte an hour, ten hours to go
            kept.add({"disk_free_bytes": free, "disk_total_bytes": 200e9})
        (home / "blobs").mkdir(exist_ok=True)
        (home / "blobs" / "sha256-0").write_bytes(b"x" * 5000)
        found = maintenance(metric=["disk"], horizon_days=1)
        (disk,) = found.outlooks
        assert disk.limit == 200e9 and disk.limit_from == "size of the disk"
        assert disk.limit_met is not None and disk.limit_met.likely_s is not None
        assert abs(disk.limit_met.likely_s - hour - 10 * HOUR_S) <= 2 * HOUR_S
        assert [each.action for each in found.suggestions] == ["clean the cache"]

    def test_a_file_is_looked_at_by_itself(self, home: Path, tmp_path: Path) -> None:
        series = line()
        rows = [f"{series.time_s(at)},{value}" for at, value in enumerate(series.values)]
        path = tmp_path / "disk.csv"
        path.write_text("\n".join(["time_s,value", *rows]))
        found = maintenance(metric=["disk"], file=path, step="day", limit=["disk=175"])
        assert [each.action for each in found.suggestions] == ["look into it"]
        path.write_text("\n".join(["time_s,value", *rows, f"{series.time_s(60)},-4.0"]))
        with pytest.raises(InputError, match="1 value of disk is below 0, the least -4"):
            maintenance(metric=["disk"], file=path, step="day")
        with pytest.raises(InputError, match="a file is of one metric"):
            maintenance(file=path)

    def test_no_all_clear_is_given_beyond_what_could_be_judged(
        self, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A gigabyte an hour for a day, and 77 to go: it said that no limit was near within 14
        days, and had looked four hours ahead."""
        from workbench.cli.main import main

        path = tmp_path / "disk.csv"
        rows = [f"{at * HOUR_S},{100e9 + at * 1e9}" for at in range(24)]
        path.write_text("\n".join(["time_s,value", *rows]))
        words = ["monitoring", "maintenance", "--metric", "disk", "--limit", "disk=2e11"]

        def run(*more: str) -> str:
            with pytest.raises(SystemExit) as ended:
                main([*words, "--file", str(path), *more])
            assert not ended.value.code
            return capsys.readouterr().out

        shown = run()
        assert shown.startswith("nothing to do within the next 4 hours\n")
        assert "not all of 14 days could be judged: of disk only the next 4 hours" in shown
        assert "not within 4 hours" in shown and "within 14 days" not in shown
        assert "note: disk: looked 4 hours ahead" in shown
        assert "24 GB a day, the limit is met in 3.21 days: a guess" in shown
        plain = json.loads(run("--json"))
        assert plain["short"] == {"disk": pytest.approx(4 / 24)}
        assert plain["outlooks"][0]["looked_days"] == pytest.approx(4 / 24)
        assert plain["outlooks"][0]["is_short"]

    def test_the_commands_print_json(
        self, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from workbench.cli.main import main

        def run(*words: str) -> str:
            with pytest.raises(SystemExit) as ended:
                main(["monitoring", *words, "--metric", "disk", "--step", "day",
                      "--file", str(path)])  # fmt: skip
            out = capsys.readouterr()
            assert not ended.value.code, out.err
            return out.out

        series = line()
        values = series.values.copy()
        values[40] += 30
        rows = [f"{series.time_s(at)},{value}" for at, value in enumerate(values)]
        path = tmp_path / "disk.csv"
        path.write_text("\n".join(["time_s,value", *rows]))
        assert [each["first"] for each in json.loads(run("anomalies", "--json"))["anomalies"]] == [
            40
        ]
        shown = run("anomalies")
        assert "spike up" in shown and "1 anomaly (level 0.05)" in shown
        plain = json.loads(run("maintenance", "--limit", "disk=175", "--json"))
        assert plain["suggestions"][0]["action"] == "look into it"
        shown = run("maintenance", "--limit", "disk=1e6")
        assert "nothing to do" in shown and "not within 14 days" in shown


class TestFacts:
    def test_they_are_what_the_log_says(self, home: Path) -> None:
        log = UsageLog()
        for back in range(60):
            row = UsageRow(
                "r", "k", "u", "m", model_served="m", duration_s=1.0 + back / 60, cost_usd=0.5,
                status=500 if back == 7 else 200, time_s=NOW_S - back * HOUR_S - 1,
            )  # fmt: skip
            log.settle(row).result()
        log.close()
        (home / "cache").mkdir()
        (home / "cache" / "a").write_bytes(b"1" * 700)
        (home / "cache" / "b").symlink_to(home / "cache" / "a")
        (home / "cache" / "c").hardlink_to(home / "cache" / "a")
        found = gather_facts(now_s=NOW_S, home=home)
        assert found.models["m"].calls == 60
        assert found.errors == {"500": 1}
        assert found.spend_usd == {"k": pytest.approx(30.0)}
        file, link = ((home / "cache" / name).lstat().st_blocks * 512 for name in "ab")
        assert file > 0 and folder_sizes(home)["cache"] == file + link, "as du counts: a file once"


class TestShown:
    def test_cards_say_what_the_result_says(self) -> None:
        from workbench.monitoring.maintenance.result import MaintenanceReport
        from workbench.studio.maintenance_cards import (
            draw_maintenance,
            draw_outlook,
            limit_words,
            plot_outlook,
        )

        near = look_ahead(line(), horizon_days=14, limit=182.0, limit_from="size of the disk")
        far = look_ahead(line(), horizon_days=14, limit=900.0, limit_from="size of the disk")
        report = MaintenanceReport(
            near.start_s, 14, (near, far), suggest([near], FACTS), {"load": "no calls"}
        )
        page = draw_maintenance(report)
        assert "Clean the cache: blobs" in page and "1 thing to do" in page
        assert "load: no calls" in page and "likely not met within 14 days" in page
        assert "is met 1970-03-0" in limit_words(near)
        assert limit_words(near) in draw_outlook(near)
        chart = plot_outlook(near)
        assert {row["what"] for row in chart.rows} == {"past", "forecast, 90% band", "limit"}
        assert "is met already" in limit_words(look_ahead(line(), horizon_days=14, limit=1.0))

    def test_anomalies_are_drawn_over_what_was_expected(self) -> None:
        from workbench.monitoring.anomalies.finding import find_anomalies
        from workbench.studio.anomaly_cards import draw_anomalies, plot_anomalies

        values = line(90).values.copy()
        values[70] += 30
        report = find_anomalies(replace(line(90), values=values))
        chart = plot_anomalies(report)
        dots = [row for row in chart.rows if row["what"] == "unusual"]
        assert [row["value"] for row in dots] == pytest.approx([values[70]], rel=1e-4)
        assert "! 1 anomaly" in draw_anomalies(report)
        assert chart.figure().data[-1].mode == "markers"
        assert 'aria-roledescription="point"' not in chart.svgs()["wide"]
        quiet = find_anomalies(line(90))
        assert "✓ nothing unusual" in draw_anomalies(quiet)
