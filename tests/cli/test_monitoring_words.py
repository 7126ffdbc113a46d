"""Words of the monitoring room in a terminal: days that are in it, and counts of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.cli.monitoring_traffic import show_traffic
from workbench.cli.monitoring_warehouse import show_rebuild
from workbench.monitoring.traffic.operations import MadeTraffic
from workbench.monitoring.warehouse.building import Rebuilt


def test_made_traffic_names_its_last_day_and_not_the_one_after(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_traffic(MadeTraffic(Path("made"), ("2026-10",), 75, "2026-10-01", "2026-10-31"))
    assert "from 2026-10-01 to 2026-10-30 in made" in capsys.readouterr().out


def test_one_month_is_no_months(capsys: pytest.CaptureFixture[str]) -> None:
    show_rebuild(Rebuilt(1, 75, ("2026-10",), {}, (), (), 0.5))
    assert "75 rows of 1 month, 1 written" in capsys.readouterr().out
