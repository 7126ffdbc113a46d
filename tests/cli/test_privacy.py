"""What the privacy commands say first, on standard output: also what they did not do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from workbench.cli.privacy_anonymisation import show_anonymise
from workbench.cli.privacy_dp import number, show_budget_set
from workbench.cli.privacy_ledger import show_ledger_verify
from workbench.core.errors import LimitError, NotFoundError
from workbench.privacy.anonymisation.filing import AnonymisedFile
from workbench.privacy.dp.naming import known_names
from workbench.privacy.dp.operations import set_budget, show_budgets, statistic
from workbench.privacy.dp.table_task import load_task
from workbench.privacy.ledger.checking import EvidenceCheck
from workbench.store.ledger import Ledger


@pytest.mark.parametrize(
    ("checkpoints", "told"), [(0, "no checkpoint shows that it is whole"), (1, "19 entries signed")]
)
def test_a_check_without_checkpoints_says_what_it_cannot_see(
    checkpoints: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show_ledger_verify(EvidenceCheck(True, Path("x"), 19, checkpoints, 19, "root", "origin"))
    assert told in capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize("withheld", [0, 1])
def test_a_text_that_was_withheld_is_told_where_the_others_are(
    withheld: int, capsys: pytest.CaptureFixture[str]
) -> None:
    reasons = {"its language is de": withheld} if withheld else {}
    made = AnonymisedFile(
        "de.txt", Path("out"), "mask", 1, withheld, reasons,
        {}, {}, None, 0.0, 0.0, True, None,
    )  # fmt: skip
    show_anonymise(made)
    first = capsys.readouterr().out.splitlines()[0]
    assert ("1 text withheld as a whole" in first) == bool(withheld)


@pytest.mark.parametrize(
    ("value", "told"),
    [(48841.0, "48,841"), (-1.25e6, "-1,250,000"), (9999.0, "9999"), (0.25, "0.25"), (None, "-")],
)
def test_a_count_of_many_rows_keeps_its_digits(value: float | None, told: str) -> None:
    assert number(value) == told


def test_a_budget_is_told_by_the_files_name(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wards.csv"
    path.write_text("ward,beds\nnorth,4\n")
    state = set_budget(str(path), epsilon=3.0)
    assert state.dataset == "wards.csv" and len(state.dataset_sha256) == 64
    show_budget_set(state)
    line = capsys.readouterr().out.splitlines()[1]
    assert line.startswith(f"wards.csv {state.dataset_sha256[:12]}  example")
    for asked in (state.dataset_sha256, None):  # the name is remembered, whoever asks how
        (known,) = show_budgets(asked)
        assert known.dataset == "wards.csv"
    path.rename(tmp_path / "beds.csv")
    (known,) = show_budgets(str(tmp_path / "beds.csv"))
    assert known.dataset == "beds.csv" == known_names()[state.dataset_sha256]
    assert "wards" not in json.dumps([entry.data for entry in Ledger().entries()])


def test_a_file_that_was_asked_is_known_by_name_without_a_budget(
    home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "beds.csv"
    path.write_text("beds\n" + "4\n" * 40)
    statistic(str(path), column="beds", figure="count", epsilon=0.5)
    (known,) = show_budgets()
    assert (known.dataset, known.epsilon, known.spends) == ("beds.csv", None, 1)


def test_an_exhausted_budget_says_which_figure_fits(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "beds.csv"
    path.write_text("beds\n" + "4\n" * 40)
    set_budget(str(path), epsilon=0.5)
    statistic(str(path), column="beds", figure="count", epsilon=0.4)
    with pytest.raises(LimitError) as caught:
        statistic(str(path), column="beds", figure="count", epsilon=0.4)
    fits = float(re.findall(r"--epsilon ([\d.]+) fits", caught.value.hint or "")[0])
    assert 0.09 <= fits <= 0.11
    with pytest.raises(LimitError):
        statistic(str(path), column="beds", figure="count", epsilon=fits + 0.01)
    statistic(str(path), column="beds", figure="count", epsilon=fits)


def test_a_misspelt_data_set_is_told_before_anything_else(home: Path) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'digits'"):
        load_task("digts")
