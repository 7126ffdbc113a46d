"""Tables of files and pages: rows with their names become records, others stay rows."""

from __future__ import annotations

import pytest

from workbench.knowledge.chunking import MOST_CHARACTERS
from workbench.knowledge.readers import rows as rows_module
from workbench.knowledge.readers.registry import reader_of

from .test_readers import read, told

NAMED = "name,team,born\nAna Lund,Red; Blue,1970\nBen Carr,,1980\n"


def test_a_row_begins_with_its_name_and_can_be_taken_apart() -> None:
    assert told(read("a.csv", 'team,name\nRed,Ana\nRed,"Ben ""B""; C"\n')) == [
        ("record", "name: Ana; team: Red", {"row": 1, "about": "Ana"}),
        ("record", 'name: "Ben ""B""; C"; team: Red', {"row": 2, "about": 'Ben "B"; C'}),
    ]
    assert told(read("a.csv", NAMED))[0][1] == 'name: Ana Lund; team: "Red; Blue"; born: 1970'


def test_what_no_facts_are_read_of_is_stated() -> None:
    found = read("a.csv", "day,who\n2024-01-02,Ana\n2024-01-03,Ana\n")
    assert [kind for kind, _, _ in told(found)] == ["row", "row"]
    assert found.note.startswith("no facts are read of its rows: no column clearly says")
    many = "".join(f"Ana {number},x\n" for number in range(40))
    odd = read("a.csv", f"name,note\n{many}Ana 7,y\n,z\nIda,x,y\nOla,{'long ' * 300}\n")
    kinds = [kind for kind, _, _ in told(odd)]
    assert kinds.count("record") == 39
    assert odd.note == (
        "1 of 44 rows do not have the 2 fields of the first; no facts are read of 3 rows whose "
        "name is missing or comes twice; no facts are read of 1 rows of over 1200 characters"
    )


def test_facts_are_read_of_so_many_rows_and_not_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "MOST_RECORDS", 2)
    found = read("a.csv", "name,team\nAna,Red\nBen,Red\nIda,Red\nOla,Red\n")
    assert [kind for kind, _, _ in told(found)] == ["record", "record", "row", "row"]
    assert found.note == "facts are read of its first 2 named rows, and of 2 after them none"


def test_a_record_is_never_cut() -> None:
    """What is cut would have the name in its first piece alone."""
    assert rows_module.LONGEST_RECORD <= MOST_CHARACTERS


def test_a_first_row_that_is_data_names_nothing() -> None:
    found = read("a.csv", "Ana,Red,1970\nBen,Red,1980\n")
    assert [kind for kind, _, _ in told(found)] == ["row"]


def test_merged_cells_stand_in_each_place() -> None:
    page = (
        "<table><caption>Offices</caption><thead><tr><th>Office<th>City<th>Opened</thead>"
        "<tr><td>North<td rowspan=2>Graz<br>(old)<td>2011<tr><td>South<td>2015"
        "<tr><td>East<td colspan='2'>none</table><p>After."
    )
    assert [text for _, text, _ in told(read("a.html", page))] == [
        "Offices",
        "Office | City | Opened\nNorth | Graz (old) | 2011\nSouth | Graz (old) | 2015\n"
        "East | none | none",
        "After.",
    ]


def test_a_table_that_lays_out_a_page_is_read_as_the_page() -> None:
    inner = "<table><tr><th>a<th>b<tr><td>x<td>y</table>"
    page = f"<table><tr><th>Menu<th><h2>Head</h2><tr><td>Links<td><p>Text.</p>{inner}</table>End."
    found = told(read("a.html", page))
    assert ("heading", "Head", {"section": "Head"}) in found
    assert [text for _, text, _ in found][-2:] == ["x | y", "End."]
    for span in ("-1", "9999999999", "x", ""):  # and no span fills the memory
        wide = f"<table><tr><th>a<th>b<tr><td rowspan={span} colspan={span}>x<td>y</table>"
        assert len(read("a.html", wide).text) < 2000


def test_a_long_table_of_a_page_is_records_under_their_heading() -> None:
    lines = "".join(f"| Office {n} | {'x' * 30} |\n" for n in range(40))
    found = told(read("a.md", f"# Offices\n\n| Office | City |\n|---|---|\n{lines}"))
    assert found[1] == (
        "record",
        f"Office: Office 0; City: {'x' * 30}",
        {"row": 1, "about": "Office 0", "section": "Offices"},
    )
    assert len(found) == 41


def test_readers_whose_tables_changed_have_another_version() -> None:
    """Each document of theirs is read anew."""
    changed = ("a.csv", "a.tsv", "a.md", "a.html", "a.ipynb")
    readers = [reader_of(name[1:]) for name in changed]
    assert all(reader is not None and reader.own_version >= "2" for reader in readers)


def test_a_small_page_of_merged_cells_becomes_no_large_text() -> None:
    """Each cell stands in 100 columns of 1,000 rows: 10 kB would be 36 MB."""
    wide = "<th colspan=100 rowspan=1000>x" * 300
    page = f"<table><tr>{wide}" + "<tr><td>y" * 300 + "</table><p>After.</p>"
    text = read("a.html", page).text
    assert text.endswith("After.")
    assert "y" in text
    assert len(text) < 2 * len(page)
