"""Hierarchies from files: CSV, a tree, parents; and every way in which one may be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.privacy.anonymisation.tables.hierarchy_files import read_hierarchies

TOWNS = {
    "Rome": ("Italy", "Europe"),
    "Bari": ("Italy", "Europe"),
    "Lima": ("Peru", "America"),
}


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("town.csv", "town,country,continent\nRome,Italy,Europe\nBari,Italy,Europe\n"
                     "Lima,Peru,America\n"),
        ("town.csv", "town;country;continent\nRome; Italy;Europe\nBari;Italy;Europe\n\n"
                     "Lima;Peru;America\n"),
        ("all.yaml", "town:\n  Europe:\n    Italy: [Rome, Bari]\n  America:\n    Peru: [Lima]\n"),
        ("all.yml", "town:\n  Rome: Italy\n  Bari: Italy\n  Lima: Peru\n  Italy: Europe\n"
                    "  Peru: America\n"),
        ("all.json", '{"town": {"Europe": {"Italy": ["Rome", "Bari"]},'
                     ' "America": {"Peru": ["Lima"]}}}'),
    ],
)  # fmt: skip
def test_each_form_says_the_same(tmp_path: Path, name: str, text: str) -> None:
    found = read_hierarchies([write(tmp_path, name, text)], ["age", "town"])
    assert {value: tuple(names) for value, names in found["town"].above.items()} == TOWNS


def test_words_that_yaml_takes_for_others_stay_text(tmp_path: Path) -> None:
    path = write(tmp_path, "h.yaml", "land:\n  no: north\n  012: south\n  null: south\n")
    assert set(read_hierarchies([path], ["land"])["land"].above) == {"no", "012", "null"}


def test_a_table_is_cut_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "school,kind\nnone,low\nprimary,low\nmaster,high\nbachelor,high\n"
    tree = read_hierarchies([write(tmp_path, "s.csv", text)], ["school"])["school"]
    assert tree.order(["bachelor", "master", "none", "primary"]) == [
        "none", "primary", "master", "bachelor",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("t.yaml", "town:\n  Rome: Italy\n  Italy: Europe\n  Europe: Italy\n",
         "round in a circle: Italy -> Europe -> Italy"),
        ("t.yaml", "town:\n  Rome: Rome\n", "circle: Rome -> Rome"),
        ("t.yaml", "town:\n  Europe: {Italy: [Rome, Europe]}\n",
         "circle: Italy -> Europe -> Italy"),
        ("t.yaml", "town:\n  Rome: Italy\n  Bari:\n", "'Bari' has no parent"),
        ("t.csv", "town,country,continent\nRome,Italy,Europe\nBari,,Europe\n",
         "line 3: 'Bari' has no parent at 'country'"),
        ("t.yaml", "town:\n  Rome: Italy\n  Italy: Europe\n  Lima: America\n",
         "'Lima' has 1, 'Rome' has 2"),
        ("t.csv", "town,country\nRome,Italy,Europe\n",
         "'Rome' has 2 names above it, the heading 1"),
        ("t.csv", "town,country\nRome,Italy\nRome,Peru\n", "'Rome' was given other names before"),
        ("t.csv", "town,country,continent\nRome,Italy,Europe\nBari,Italy,Africa\n",
         "'Italy' stands below both 'Europe' and 'Africa'"),
        ("t.yaml", "town:\n  Europe: {Italy: [Rome]}\n  Africa: {Italy: [Bari]}\n",
         "'Italy' stands below both 'Europe' and 'Africa'"),
        ("t.yaml", "town:\n  Rome: Italy\n  Rome: Peru\n", "'Rome' stands twice"),
        ("t.yaml", "town:\n  Rome: Italy\n  Peru: [Lima]\n", "'Peru' is written otherwise"),
        ("t.yaml", "town:\n  Europe:\n    Italy:\n  Peru: [Lima]\n", "'Italy' is given neither"),
        ("t.yaml", "town: Rome\n", "no mapping of names"),
        ("t.yaml", "- town\n", "no mapping of columns"),
        ("t.yaml", "town: &all {Rome: Italy}\nage: *all\n", "an alias"),
        ("t.yaml", "town: {Rome: [\n", "cannot be read"),
        ("t.csv", "town\nRome\n", "has no levels"),
        ("t.csv", 'town,country\n"Rome,Italy\n', "not well-formed"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read_hierarchies([write(tmp_path, name, text)], ["town", "age"])
    assert "t." in str(caught.value)


def test_columns_and_files_are_checked(tmp_path: Path) -> None:
    good = write(tmp_path, "town.csv", "town,country\nRome,Italy\n")
    with pytest.raises(NotFoundError, match="town"):
        read_hierarchies([good], ["age", "twon"])
    with pytest.raises(InputError, match="two hierarchies"):
        read_hierarchies([good, good], ["town"])
    with pytest.raises(NotFoundError, match="no file"):
        read_hierarchies([tmp_path / "none.csv"], ["town"])
    with pytest.raises(InputError, match="no hierarchy"):
        read_hierarchies([write(tmp_path, "a.txt", "x")], ["town"])
    (tmp_path / "b.csv").write_bytes(b"t,\xff\n")
    with pytest.raises(DataError, match="UTF-8"):
        read_hierarchies([tmp_path / "b.csv"], ["town"])
