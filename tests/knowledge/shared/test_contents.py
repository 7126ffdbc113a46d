"""A state's files: one form, read back to the byte; what cannot be in one is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import ConflictError, InputError, IntegrityError, NotFoundError
from workbench.knowledge.shared.contents import Contents, contents_of, digest_of, files_of
from workbench.knowledge.shared.decisions import Decision, read_decision
from workbench.knowledge.shared.pages import MOST_PAGE_BYTES, Page, check_page
from workbench.knowledge.shared.statements import Statement, read_statement
from workbench.knowledge.shared.states import read_files, read_state, state_digest, write_state

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
NAMES = st.text("abcXYZ äß", min_size=1, max_size=8).filter(lambda each: bool(each.strip()))
STATEMENTS = st.builds(
    Statement, NAMES, st.just("knows"), NAMES, st.none() | st.just("1990"), st.none(),
    st.lists(st.sampled_from(["page:a.md", "a book"])).map(tuple), st.text("xyz"),
)  # fmt: skip


@st.composite
def states(draw: st.DrawFn) -> Contents:
    found = Contents()
    for number in range(draw(st.integers(0, 4))):
        found = found.with_page(f"{number % 2}/{number}.md", draw(TEXTS))
    for said in draw(st.lists(STATEMENTS, max_size=4)):
        found = found.with_statement(said)
    if draw(st.booleans()):
        found = found.with_decision(Decision("pair", ("b", "a"), "one"))
    return found


@settings(max_examples=60, deadline=None)
@given(states())
def test_a_state_is_its_files(contents: Contents) -> None:
    kept: dict[str, bytes] = {}

    def put(content: bytes) -> str:
        kept[digest_of(content)] = content
        return digest_of(content)

    digest = write_state(contents, put)
    assert digest == state_digest(contents)
    assert read_files(digest, kept.__getitem__) == files_of(contents)
    assert read_state(digest, kept.__getitem__) == contents
    assert contents_of(files_of(contents)) == contents


def test_a_digest_is_of_what_is_said_and_not_of_how_it_came_to_be() -> None:
    one = Contents().with_page("a.md", "a").with_page("b.md", "b")
    other = Contents().with_page("b.md", "x").with_page("a.md", "a").with_page("b.md", "b")
    assert state_digest(one) == state_digest(other)
    assert state_digest(one) != state_digest(one.with_page("a.md", "a\n"))


def test_an_edit_of_one_page_of_many_writes_little() -> None:
    contents = Contents({f"{n:032x}": Page(f"p/{n}.md", f"page {n}\n") for n in range(2000)})
    kept: set[str] = set()
    sizes: list[int] = []

    def put(content: bytes) -> str:
        digest = digest_of(content)
        if digest not in kept:
            sizes.append(len(content))
        kept.add(digest)
        return digest

    write_state(contents, put)
    whole = sum(sizes)
    sizes.clear()
    write_state(contents.with_page("p/7.md", "other\n"), put)
    assert len(sizes) == 3 and sum(sizes) < whole / 10


def test_a_renamed_page_is_the_same_and_its_old_path_is_another() -> None:
    one = Contents().with_page("a.md", "a\n")
    ((first, _),) = one.pages.items()
    moved = one.with_renamed("a.md", "b.md").with_page("a.md", "new\n")
    assert moved.pages[first] == Page("b.md", "a\n")
    assert len(moved.pages) == 2
    with pytest.raises(ConflictError, match="there is a page"):
        moved.with_renamed("a.md", "b.md")
    with pytest.raises(NotFoundError):
        moved.with_renamed("c.md", "d.md")
    with pytest.raises(ConflictError, match="a page and a folder"):
        moved.with_page("a.md/under.md", "x")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/a",
        "a/",
        "a//b",
        "../a",
        "a/./b",
        "a\\b",
        "a%2eb",
        "a\nb",
        ".git/x",
        "GIT~1/x",
        "a/.git::$INDEX_ALLOCATION",
        "a/.git./x",
        "A/.GIT/x",
        "x" * 999,
    ],
)
def test_a_path_that_can_be_written_in_two_ways_is_none(path: str) -> None:
    with pytest.raises(InputError):
        check_page(Page(path, ""))


def test_a_paste_of_ten_megabytes_is_a_page_and_one_over_the_bound_is_named() -> None:
    text = "a line that was pasted\n" * 450_000
    assert len(text) > 10_000_000
    assert contents_of(files_of(Contents().with_page("a.md", text))).page_at("a.md") is not None
    with pytest.raises(InputError, match="a page may have"):
        Contents().with_page("a.md", "x" * (MOST_PAGE_BYTES + 1))


@pytest.mark.parametrize(
    "files",
    [
        {"pages.jsonl": b'{"id":"1","path":"a.md"}\n'},
        {"pages/a.md": b"x"},
        {"pages.jsonl": b'{"path":"a.md", "id":"1"}\n', "pages/a.md": b"x"},
        {"pages.jsonl": b"[]\n"},
        {"pages.jsonl": b"\xff"},
        {"decisions.jsonl": b'{"kind":"pair"}\n'},
        {"statements/00.jsonl": b'{"object":"b","relation":"knows","subject":"a"}\n'},
        {"other.txt": b""},
    ],
)
def test_files_that_are_no_state_are_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(IntegrityError):
        contents_of(files)


@pytest.mark.parametrize(
    "value",
    [
        {"subject": "a", "relation": "b"},
        {"subject": "a", "relation": "two words", "object": "c"},
        {"subject": " ", "relation": "b", "object": "c"},
        {"subject": "a", "relation": "b", "object": "c", "valid_to": "soon"},
        {"subject": "a", "relation": "b", "object": "c", "valid_to": "2012-02-30"},
        {"subject": "a", "relation": "b", "object": 3},
        {"subject": "a", "relation": "b", "object": "c", "sources": "page:a"},
        {"subject": "a", "relation": "b", "object": "c", "sure": "yes"},
        {"subject": "a" * 3000, "relation": "b", "object": "c"},
        [],
    ],
)
def test_what_is_no_statement_is_named(value: object) -> None:
    with pytest.raises(InputError):
        read_statement(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "pair", "about": ["a", "The A"], "verdict": "one"},
        {"kind": "pair", "about": ["a", "b"], "verdict": "three"},
        {"kind": "sense", "about": ["a", ""], "verdict": "planet"},
        {"kind": "rule", "about": ["no rule", ""], "verdict": "holds"},
        {"kind": "guess", "about": ["a", "b"], "verdict": "one"},
        {"kind": "pair", "about": ["a"], "verdict": "one"},
        {"kind": "pair", "about": ["a", "b"]},
    ],
)
def test_what_is_no_decision_is_named(value: object) -> None:
    with pytest.raises(InputError):
        read_decision(value)  # type: ignore[arg-type]


def test_statements_that_say_the_same_are_one() -> None:
    one = Statement("Ada Lovelace", "born_in", "London", sources=("b", "a", "b"))
    other = Statement("the ADA  Lovelace", "born_in", "London.")
    assert one.key == other.key and one.sources == ("a", "b")
    assert one.key != Statement("Ada Lovelace", "born_in", "London", "1815").key
