"""Tasks of a user's own file: which columns are read, and targets that are no class."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import DataError, InputError
from workbench.privacy.encryption.tasks import asked_rows, load_task


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    heading = "name,age,tall,town,ill,same,half,many\n"
    rows = (
        f"Ann {n},{20 + n % 50},{1.5 + n % 7 / 10:.1f},T{n % 3},{'ab'[n % 2]},x,{n % 2 or ''},"
        f"{n // 2}\n"
        for n in range(120)
    )
    path.write_text(heading + "".join(rows))
    return path


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("same", "the same value everywhere"),
        ("name", "120 of the 120 values"),
        ("tall", "is a quantity"),
        ("half", "has gaps"),
        ("many", "60 values in 120 rows: too many to test each"),
    ],
)
def test_a_target_that_is_no_class_is_refused_and_none_of_its_values_told(
    people: Path, target: str, said: str, home: Path
) -> None:
    for kind in ("logistic", "mlp"):
        with pytest.raises(DataError, match=said) as caught:
            load_task(kind, dataset=str(people), target=target)  # type: ignore[arg-type]
        assert "Ann" not in str(caught.value) and caught.value.hint


def test_columns_with_gaps_are_named(people: Path, home: Path) -> None:
    with pytest.raises(DataError, match="has gaps in half"):
        load_task("logistic", dataset=str(people), target="ill")


def test_a_files_columns_of_numbers_are_read_and_the_others_named(people: Path, home: Path) -> None:
    text = "\n".join(",".join(line.split(",")[:5]) for line in people.read_text().splitlines())
    people.write_text(text + "\n")
    task = load_task("logistic", dataset=str(people), target="ill")
    assert task.columns == ("age", "tall") and task.left_out == ("name", "town")
    assert task.rows.shape == (90, 2) and task.asked.shape == (30, 2)


@pytest.mark.parametrize(
    ("lines", "rows", "heading"),
    [
        ("1.5,2\n3,4\n", [[1.5, 2], [3, 4]], ()),
        ("age,tall\n3,4\n", [[3, 4]], ("age", "tall")),
        ("0,1\n3,4\n", [[3, 4]], ("0", "1")),
        ("7,8\n", [[7, 8]], ()),
        ("1,1\n", [[1, 1]], ()),
    ],
)
def test_a_first_line_of_numbers_is_a_row(
    lines: str, rows: list[list[float]], heading: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "far.csv").write_text(lines)
    found, labels, told = asked_rows(2, "", str(tmp_path / "far.csv"))
    assert found.tolist() == rows and labels is None and told == heading


@pytest.mark.parametrize(("said", "told"), [(b"\n \n", "no sentences"), (b"\xff\xfe", "not UTF-8")])
def test_texts_that_are_none_are_refused(said: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_bytes(said)
    with pytest.raises(InputError, match=told):
        asked_rows(384, "minilm-l6-v2", str(tmp_path / "own.txt"))
