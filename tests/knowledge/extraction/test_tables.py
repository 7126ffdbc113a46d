"""What rows of tables state, and what they do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from workbench.knowledge import columns
from workbench.knowledge.chunking import cut
from workbench.knowledge.extraction import cells, tables
from workbench.knowledge.extraction.grounding import ground
from workbench.knowledge.extraction.protocol import Passage
from workbench.knowledge.extraction.tables import TableExtractor
from workbench.knowledge.readers.registry import reader_of

ORG = """name,role,manager,team,notes
Ana Kowalski,Engineer,Ben Ortega,Platform,She began as a trainee and has since then built most of it
Ben Ortega,Head,Clara Voss,Platform,
Clara Voss,Director,n/a,Board,
"""


def facts(name: str, content: str) -> set[tuple[str, str, str]]:
    """Subject, relation and object of all that is stated; nothing of it is not in the text."""
    reader = reader_of(f".{name}")
    assert reader is not None
    reading, found = reader.read(content.encode()), set()
    for chunk in cut(reading):
        text = reading.text[chunk.start : chunk.end]
        said = ground(text, TableExtractor().extract(Passage(text, chunk.kind)))
        assert said.ungrounded == 0
        for _, start, end, subject, relation, thing, *_ in said.assertions:
            assert subject in text[start:end] and thing in text[start:end]
            found.add((subject, relation, thing))
    return found


def check_org(found: set[tuple[str, str, str]]) -> None:
    assert found == {
        ("Ana Kowalski", "role", "Engineer"),
        ("Ana Kowalski", "reports_to", "Ben Ortega"),
        ("Ana Kowalski", "team", "Platform"),
        ("Ben Ortega", "role", "Head"),
        ("Ben Ortega", "reports_to", "Clara Voss"),
        ("Ben Ortega", "team", "Platform"),
        ("Clara Voss", "role", "Director"),
        ("Clara Voss", "team", "Board"),
    }


def test_an_organisation_is_read_from_its_table() -> None:
    check_org(facts("csv", ORG))


@pytest.mark.parametrize(
    ("part", "name", "broken"),
    [
        (tables, "is_filled", lambda value: True),  # *n/a* becomes a manager
        (tables, "_MOST_WORDS", 99),  # running text becomes a thing
        (cells, "_bare", lambda text, start, end: (start, end - 1)),  # a letter is lost
        (columns, "_chosen", lambda heads, able: 1),  # roles would have managers
    ],
)
def test_a_variant_that_reads_otherwise_is_seen(
    monkeypatch: pytest.MonkeyPatch, part: object, name: str, broken: Callable[..., object] | int
) -> None:
    monkeypatch.setattr(part, name, broken)
    with pytest.raises(AssertionError):
        check_org(facts("csv", ORG))


def test_tables_of_pages_state_the_same() -> None:
    rows = [line.split(",") for line in ORG.splitlines()]
    marked = [f"| {' | '.join(row)} |" for row in rows]
    check_org(facts("md", "\n".join(["# Staff", "", marked[0], "|-" * 5 + "|", *marked[1:]])))
    cells_of = ["".join(f"<t{'d' if n else 'h'}>{c}" for c in row) for n, row in enumerate(rows)]
    check_org(facts("html", "<table>" + "".join(f"<tr>{each}" for each in cells_of) + "</table>"))


def test_heads_that_the_graph_knows_are_its_relations() -> None:
    found = facts(
        "csv",
        "Country;Capital;Population;Founded;Languages\n"
        'Norland;Fjordby;5,400,000;1905;"norse; sami"\n'
        "Sudland;Hafen;tbd;long ago;dutch and frisian\n",
    )
    assert found == {
        *(("Norland", "is_a", "Country"), ("Sudland", "is_a", "Country")),
        *(("Fjordby", "capital_of", "Norland"), ("Hafen", "capital_of", "Sudland")),
        *(("Norland", "has_population", "5,400,000"), ("Norland", "founded_on", "1905")),
        *(("Norland", "languages", "norse"), ("Norland", "languages", "sami")),
        *(("Sudland", "languages", "dutch"), ("Sudland", "languages", "frisian")),
        ("Sudland", "founded", "long ago"),  # no time
    }
    assert facts("csv", "Person,Born,Country\nIda Lund,Graz,Norland\nBo Carr,1970,Norland\n") == {
        *(("Ida Lund", "is_a", "Person"), ("Bo Carr", "is_a", "Person")),
        *(("Ida Lund", "born_in", "Graz"), ("Bo Carr", "born_on", "1970")),
        *(("Ida Lund", "country", "Norland"), ("Bo Carr", "country", "Norland")),
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("csv", "date,who,paid\n2024-01-02,Ana,3\n2024-01-03,Ben,4\n"),
        ("csv", "Ana,Platform,x\nBen,Platform,y\n"),  # the first row is data
        ("html", "<table><tr><td>Ana<td>Ben</tr><tr><td>Ida<td>Bo</table>"),  # no heads
        ("html", "<p>Home | News | About</p><p>More | Less | All</p>"),
        ("md", "The pipe | joins commands.\n\nOne | two"),
        ("csv", "name\nAna\nBen\n"),
        ("csv", ""),
    ],
)
def test_where_nothing_names_the_rows_nothing_is_stated(name: str, content: str) -> None:
    assert facts(name, content) == set()


def test_marks_that_part_pairs_may_stand_in_cells() -> None:
    found = facts("csv", 'name,see: also,said\nAna,"x; manager: Ben","a ""b"" c"\n')
    assert found == {
        *(("Ana", "see_also", "x"), ("Ana", "see_also", "manager: Ben")),
        ("Ana", "said", 'a "b" c'),
    }
