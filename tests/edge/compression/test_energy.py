"""Counters of energy are read as Linux writes them; this machine may have none."""

from __future__ import annotations

from pathlib import Path

from workbench.edge.compression.energy import counting


def write(root: Path, zone: str, counted: int, most: int = 1000_000_000) -> None:
    (root / zone).mkdir(parents=True, exist_ok=True)
    (root / zone / "energy_uj").write_text(f"{counted}\n")
    (root / zone / "max_energy_range_uj").write_text(f"{most}\n")


def test_packages_are_added_up_and_their_parts_are_not(tmp_path: Path) -> None:
    for zone, counted in (("intel-rapl:0", 5_000_000), ("intel-rapl:1", 999_000_000)):
        write(tmp_path, zone, counted)
    write(tmp_path, "intel-rapl:0:0", 1_000_000)
    with counting(tmp_path) as found:
        assert found.joules is None
        write(tmp_path, "intel-rapl:0", 7_500_000)
        write(tmp_path, "intel-rapl:0:0", 9_000_000)
        write(tmp_path, "intel-rapl:1", 3_000_000)  # it came round
    assert found.joules == 2.5 + 4.0


def test_where_nothing_is_told_nothing_is_made_up(tmp_path: Path) -> None:
    write(tmp_path / "a", "intel-rapl:0", 1)
    (tmp_path / "a" / "intel-rapl:0" / "max_energy_range_uj").unlink()
    for root in (tmp_path / "a", tmp_path / "none"):
        with counting(root) as found:
            pass
        assert found.joules is None
