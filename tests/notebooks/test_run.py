"""Every committed notebook runs in the quick profile, and each of its claims holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.reports.operations import run

REPO = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(
    path.relative_to(REPO)
    for path in (REPO / "notebooks").rglob("*.ipynb")
    if "dashboards" not in path.parts and ".ipynb_checkpoints" not in path.parts
)


def test_there_are_notebooks() -> None:
    assert Path("notebooks/00_tour.ipynb") in NOTEBOOKS


@pytest.mark.notebook
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_notebook_passes(
    notebook: Path, shared_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPO)
    report = run([notebook], out=tmp_path / "reports", jobs=1)
    made = report.runs[0]
    assert made.status == "passed", made.error
    assert made.claims and all(claim.ok for claim in made.claims)
    assert (made.folder / "report.html").is_file()
    assert report.index.is_file()
