"""What documents are called where two folders hold one path: what tells the folders apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import knowledge
from workbench.core.errors import ConflictError
from workbench.knowledge.extraction.patterns import PatternExtractor
from workbench.knowledge.naming import whole_labels
from workbench.store.database import close_all

TEXTS = {
    "fa/x.txt": "Ada Lovelace was born in London.",
    "fa/own.txt": "Paris is the capital of France.",
    "fb/x.txt": "Ada Lovelace was born in Paris.",
}


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[list[Path]]:
    """Two folders with a file of one name."""
    for path, text in TEXTS.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    yield [tmp_path / "fa", tmp_path / "fb"]
    close_all()


def built(name: str, folders: list[Path]) -> tuple[str, ...]:
    knowledge.build(name, folders, extractors=[PatternExtractor.name])
    return knowledge.dump(name).lines


def test_each_place_says_of_which_folder_it_is(folders: list[Path]) -> None:
    lines = built("ab", folders)
    assert lines == built("ba", folders[::-1])  # whichever was named first
    assert "/".join(folders[0].parts[-2:]) not in "".join(lines)
    said = {fact["object"]: fact["support"][0]["document"] for fact in knowledge.as_of("ab").facts}
    assert said == {"london": "fa/x.txt", "paris": "fb/x.txt", "france": "own.txt"}
    (clash,) = knowledge.contradictions("ab")
    assert {name for proof in clash.facts for name in proof.documents()} == {"fa/x.txt", "fb/x.txt"}
    hits = knowledge.search("ab", "Lovelace", by="words").hits
    assert {hit.places[0].document for hit in hits} == {"fa/x.txt", "fb/x.txt"}
    assert knowledge.read("ab", "fb/x.txt").words == TEXTS["fb/x.txt"]
    assert knowledge.read("ab", "fa/own.txt").document == "own.txt"
    said = r"2 folders hold x\.txt: fa/x\.txt, fb/x\.txt"
    with pytest.raises(ConflictError, match=said) as asked:
        knowledge.read("ab", "x.txt")
    assert asked.value.hint == "workbench knowledge read ab fa/x.txt"


def test_where_no_path_is_shared_nothing_is_added(folders: list[Path]) -> None:

    built("ab", folders)
    with pytest.raises(ConflictError, match=r"are .x\.txt.: fa/x\.txt, fb/x\.txt"):
        knowledge.delete("ab", "x.txt")
    assert knowledge.delete("ab", "fb/x.txt").folder == folders[1].resolve()
    close_all()
    assert knowledge.dump("ab").lines == built("a", folders[:1])  # as if there were one folder
    assert not any("fa/" in line for line in knowledge.dump("ab").lines)


def test_a_difference_calls_a_document_the_same_at_both_times(folders: list[Path]) -> None:
    (folders[1] / "x.txt").unlink()
    built("ab", folders)
    moment = knowledge.show("ab").changed
    (folders[1] / "x.txt").write_text(TEXTS["fb/x.txt"])
    knowledge.update("ab")
    found = knowledge.diff("ab", str(moment))
    assert [(each.change, each.document) for each in found.documents] == [("came", "fb/x.txt")]
    assert [(each.change, each.object) for each in found.facts] == [("came", "paris")]


@pytest.mark.parametrize(
    ("roots", "documents", "labels"),
    [
        (["/u/fa", "/u/fb"], ["x"], ["fa", "fb"]),
        (["/u/a/docs", "/u/b/docs"], ["x"], ["a/docs", "b/docs"]),
        (["/docs", "/u/docs"], ["x"], ["docs", "u/docs"]),
        (["/u/fa", "/u/fb"], ["x", "fa/x"], ["u/fa", "u/fb"]),  # fa/x is another document's path
        (["/fa", "/fb"], ["x", "fa/x"], ["/fa", "/fb"]),
    ],
)
def test_labels_are_short_and_nobody_elses(
    roots: list[str], documents: list[str], labels: list[str]
) -> None:
    known = [(number, path) for number in range(len(roots)) for path in documents]
    found = whole_labels({number: Path(root) for number, root in enumerate(roots)}, known)
    assert list(found.values()) == labels
