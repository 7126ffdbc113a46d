"""Every committed notebook runs in the quick profile, and each of its claims holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core import settings
from workbench.reports.operations import run

REPO = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(
    path.relative_to(REPO)
    for path in (REPO / "notebooks").rglob("*.ipynb")
    if "dashboards" not in path.parts and ".ipynb_checkpoints" not in path.parts
)


def test_there_are_notebooks() -> None:
    assert Path("notebooks/00_tour.ipynb") in NOTEBOOKS


@pytest.fixture
def home_apart(shared_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with what was fetched and made from it, and no more.

    Notebooks register adapters, which every later load of their base would have beside it.
    """
    home = tmp_path / "home"
    home.mkdir()
    for name in ("blobs", "sources", "models", "converted", "datasets", "staging"):
        (shared_home / name).mkdir(parents=True, exist_ok=True)
        (home / name).symlink_to(shared_home / name)
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    return home


@pytest.mark.notebook
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_notebook_passes(
    notebook: Path,
    home_apart: Path,
    shared_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(REPO)
    before = sorted(shared_home.glob("adapters/*/*"))
    with settings.override(home=home_apart):
        report = run([notebook], out=tmp_path / "reports", jobs=1)
    made = report.runs[0]
    assert made.status == "passed", made.error
    assert made.claims and all(claim.ok for claim in made.claims)
    assert (made.folder / "report.html").is_file()
    assert report.index.is_file()
    assert sorted(shared_home.glob("adapters/*/*")) == before, (
        "every test would load what it taught"
    )
