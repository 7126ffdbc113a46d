"""What a space agreed on stands among the facts of its graph, and goes with what took it away."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from workbench.core.errors import BusyError, ConflictError, NotFoundError
from workbench.knowledge.agreed import agreed_values
from workbench.knowledge.building import delete_document
from workbench.knowledge.dumping import dump_bytes, plain_fact
from workbench.knowledge.graphs import Graph
from workbench.knowledge.inference.reasoning import Reasoning
from workbench.knowledge.inference.rulebook import remove_rule, rule_book
from workbench.knowledge.merging import merge_entities, unmerge_entities
from workbench.knowledge.quotes import quote, quotes_of
from workbench.knowledge.sense_events import set_sense
from workbench.knowledge.shared import bringing
from workbench.knowledge.shared.bringing import bring, bring_to
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.decisions import Decision
from workbench.knowledge.shared.landing import merge_proposal, revert
from workbench.knowledge.shared.proposing import open_proposal, revise_proposal
from workbench.knowledge.shared.reviewing import approve, review
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement
from workbench.knowledge.states import State
from workbench.store.ledger import Ledger

from ..places import MakePlace, Place

TEXTS = {
    "ada.txt": "Ada Lovelace was born in London. London is located in England.",
    "jane.txt": "Jane Roe was president of Acme from 1990 to 1995.",
}
WROTE = Statement(
    "Ada Lovelace", "wrote", "Notes", "1843", sources=("Taylor 1843",), note="on the engine"
)
WRONG = Decision("fact", ("Ada Lovelace", "born_in London"), "wrong", "misread")
Change = Callable[[Contents], Contents]


@pytest.fixture
def place(make_place: MakePlace) -> Place:
    return make_place(TEXTS, name="leads")


def agree(space: Space, change: Change, *, by: str = "con") -> str:
    """Propose a change, approve and merge it; the record."""
    made = open_proposal(space, change(space.contents()), title="A change", by=by)
    approve(space, made.number, by="rev")
    return merge_proposal(space, made.number, by="cur").record


def said(graph: Graph) -> set[str]:
    return {f"{each.subject} {each.relation} {each.object}" for each in State(graph).facts}


def fresh_dump(place: Place, make_place: MakePlace, space: Space) -> bytes:
    """That of a graph which is built now and brought up to what is agreed on."""
    fresh = make_place({}, name="fresh")
    for path in place.folder.iterdir():
        fresh.write(path.name, path.read_bytes())
    fresh.update()
    bring(fresh.graph, space)
    return fresh.dump()


def test_a_statement_is_a_fact_with_who_agreed_on_it(space: Space, place: Place) -> None:
    before = place.dump()
    record = agree(space, lambda held: held.with_statement(WROTE))
    state = State(place.graph)
    (fact,) = [each for each in state.facts if each.relation == "wrote"]
    assert (fact.subject, fact.object, fact.valid_from) == ("ada lovelace", "notes", "1843")
    (support,) = fact.support
    assert (support.extractor, support.confidence) == ("agreed", 1.0)
    assert quote(quotes_of(state, [fact]), fact, support) == "Ada Lovelace wrote Notes since 1843."
    lines = [json.loads(line) for line in place.dump().splitlines()]
    (chunk,) = [
        each for each in lines if each["type"] == "chunk" and each["document"] == support.document
    ]
    assert chunk["place"] == {
        "section": "Ada Lovelace",
        "space": "leads",
        "record": record[:12],
        "proposal": 1,
        "proposed_by": "con",
        "approved_by": "rev",
        "merged_by": "cur",
        "sources": "Taylor 1843",
        "note": "on the engine",
    }
    revert(space, record, by="cur")
    assert place.dump() == before


def test_a_fact_that_is_wrong_is_taken_out_with_what_followed_from_it(
    space: Space, place: Place
) -> None:
    whole = place.dump()
    born = "ada lovelace born_in london"
    assert born in said(place.graph)
    concluded = {str(each) for each in Reasoning(State(place.graph)).closure.conclusions}
    assert any("england" in each and "born_in" in each for each in concluded)
    record = agree(space, lambda held: held.with_decision(WRONG))
    assert born not in said(place.graph)
    assert not [
        each
        for each in Reasoning(State(place.graph)).closure.conclusions
        if each.relation == "born_in"
    ]
    assert place.dump() != whole
    revert(space, record, by="cur")
    assert place.dump() == whole


def test_a_statement_stands_beside_a_decision_that_documents_are_wrong(
    space: Space, place: Place
) -> None:
    """Who agreed on both means the documents."""
    born = Statement("Ada Lovelace", "born_in", "London", sources=("a register",))
    agree(space, lambda held: held.with_decision(WRONG).with_statement(born))
    (fact,) = [each for each in State(place.graph).facts if each.relation == "born_in"]
    assert [each.extractor for each in fact.support] == ["agreed"]


def test_a_fact_is_wrong_whatever_its_subject_is_called_or_merged_with(
    space: Space, place: Place
) -> None:
    place.write("who.txt", "The World Health Organization (WHO) is located in Geneva.")
    place.update()
    assert "world health organization located_in geneva" in said(place.graph)
    wrong = Decision("fact", ("WHO", "located_in Geneva"), "wrong")
    agree(space, lambda held: held.with_decision(wrong).with_decision(WRONG))
    assert "world health organization located_in geneva" not in said(place.graph)
    merge_entities(place.graph, "Ada Lovelace", "Acme", actor="ann", reason="")
    assert not [each for each in said(place.graph) if "born_in" in each]


def test_decisions_of_pairs_senses_and_rules_are_the_graph_s_and_stand_above_its_own(
    space: Space, place: Place
) -> None:
    whole = place.dump()
    one = Decision("pair", ("Ada Lovelace", "Jane Roe"), "one", "a pen name")
    sense = Decision("sense", ("Acme", "jane.txt"), "firm")
    off = Decision("rule", ("born_in(x, y) & located_in(y, z) -> born_in(x, z)", ""), "off")

    def decide(held: Contents) -> Contents:
        return held.with_decision(one).with_decision(sense).with_decision(off)

    record = agree(space, decide)
    graph = place.graph
    assert "ada lovelace president_of acme#firm" in said(graph)
    assert not Reasoning(State(graph)).closure.conclusions
    for work in (
        lambda: unmerge_entities(graph, "Ada Lovelace", "Jane Roe", actor="ann", reason=""),
        lambda: set_sense(State(graph), "Acme", "band", "jane.txt", actor="ann", reason=""),
        lambda: remove_rule(graph, off.about[0], known=[off.about[0]], actor="ann", reason=""),
    ):
        with pytest.raises(ConflictError, match="the space 'leads' agreed"):
            work()
    revert(space, record, by="cur")
    assert place.dump() == whole
    book = {each.rule: each for each in rule_book(graph, (), until_us=1 << 62)}
    assert book[off.about[0]].used


def test_what_was_held_at_a_time_is_told_afterwards(space: Space, place: Place) -> None:
    record = agree(space, lambda held: held.with_statement(WROTE).with_decision(WRONG))
    (moment_us,) = {row[0] for row in place.graph.database.read(_MOMENTS)}
    revert(space, record, by="cur")
    then = {each.relation for each in State(place.graph, recorded_us=moment_us).facts}
    before = {each.relation for each in State(place.graph, recorded_us=moment_us - 1).facts}
    assert ("wrote" in then, "born_in" in then) == (True, False)
    assert ("wrote" in before, "born_in" in before) == (False, True)


_MOMENTS = "SELECT DISTINCT recorded_us FROM agreed_events"


def test_a_graph_that_is_built_later_is_the_same_to_the_byte(
    space: Space, place: Place, make_place: MakePlace
) -> None:
    first = agree(space, lambda held: held.with_statement(WROTE))
    agree(space, lambda held: held.with_decision(WRONG))
    revert(space, first, by="cur")
    last = space.history()[-1][0]
    revert(space, last, by="cur")  # brings it back: it is of the first merge
    assert place.dump() == fresh_dump(place, make_place, space)
    (origin,) = [each.origin for each in agreed_values(place.graph, what="statement").values()]
    assert origin["record"] == first[:12]


def test_a_revert_that_is_not_looked_through_is_seen(
    space: Space, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variant: what a revert brings back is of the revert, so the dump is not what it was."""
    first = agree(space, lambda held: held.with_statement(WROTE))
    before = place.dump()
    once = revert(space, first, by="cur").record
    monkeypatch.setattr(bringing, "_brought_back", lambda *_: set())
    revert(space, once, by="cur")
    assert place.dump() != before


def test_a_kill_between_the_space_and_the_graph_is_made_good(
    space: Space, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("workbench.knowledge.shared.landing.bring_to_graph", lambda space: 0)
        agree(space, lambda held: held.with_statement(WROTE))
        agree(space, lambda held: held.with_decision(WRONG))
    assert not agreed_values(place.graph)
    assert bring_to(place.graph) == 2
    assert bring_to(place.graph) == 0
    entries = [each.action for each in Ledger().entries() if each.action.startswith("knowledge.")]
    assert entries == ["knowledge.agree", "knowledge.agree"]


def test_updates_and_deletions_leave_statements_alone(space: Space, place: Place) -> None:
    agree(space, lambda held: held.with_statement(WROTE))
    with_it = place.dump()
    told = place.update()
    assert (told.documents, told.withdrawn) == (2, 0)
    assert place.dump() == with_it
    (document,) = [
        row["path"] for row in State(place.graph).documents.values() if row["reader"] == "statement"
    ]
    with pytest.raises(NotFoundError):
        delete_document(place.graph, document)


def test_a_change_of_extractors_does_not_read_statements(space: Space, place: Place) -> None:
    from workbench.knowledge.extraction.patterns import PatternExtractor
    from workbench.knowledge.ingesting import ingest

    class Newer(PatternExtractor):
        version = "newer"

    born = Statement("Jane Roe", "born_in", "Paris", sources=("a register",))
    agree(space, lambda held: held.with_statement(born))
    ingest(place.graph, extractors=[Newer()])
    facts = [each for each in State(place.graph).facts if each.object == "paris"]
    assert [[each.extractor for each in fact.support] for fact in facts] == [["agreed"]]
    assert plain_fact(facts[0])["support"][0]["document"].startswith("agreed:")


def test_statements_in_the_same_words_are_two(space: Space, place: Place) -> None:
    one = Statement("Ada", "born", "in London", sources=("x",))
    other = Statement("Ada", "born_in_london", "Notes", sources=("x",))
    third = Statement("Ada", "born_in", "London Notes", sources=("x",))
    fourth = Statement("Ada was", "born_in", "London Notes", sources=("x",))
    fifth = Statement("Ada", "was_born_in", "London Notes", sources=("x",))

    def state_all(held: Contents) -> Contents:
        for each in (one, other, third, fourth, fifth):
            held = held.with_statement(each)
        return held

    agree(space, state_all)
    assert {
        "ada born in london",
        "ada born_in_london notes",
        "ada born_in london notes",
        "ada was born_in london notes",
        "ada was_born_in london notes",
    } <= said(place.graph)


def test_a_space_without_a_graph_and_a_graph_without_a_space_go_on(
    space: Space, make_place: MakePlace
) -> None:
    agree(space, lambda held: held.with_statement(WROTE))
    alone = make_place(TEXTS, name="alone")
    assert bring_to(alone.graph) == 0
    assert dump_bytes(State(alone.graph))


def test_a_statement_against_the_documents_is_a_contradiction_until_these_are_decided_wrong(
    space: Space, place: Place
) -> None:
    paris = Statement("Ada Lovelace", "born_in", "Paris", sources=("a register",))
    made = open_proposal(space, space.contents().with_statement(paris), title="Paris", by="con")
    (finding,) = review(space, made.number, by="rev").findings
    assert (finding.check, finding.key) == ("contradictions", paris.key)
    assert finding.said.startswith("ada.txt of the graph has ada lovelace born_in london")
    with pytest.raises(ConflictError, match="the checks hold proposal 1 up"):
        merge_proposal(space, made.number, by="cur")
    both = space.contents().with_statement(paris).with_decision(WRONG)
    revise_proposal(space, made.number, both, by="con")
    assert review(space, made.number, by="rev").findings == ()
    merge_proposal(space, made.number, by="cur")
    assert "ada lovelace born_in paris" in said(place.graph)
    assert "ada lovelace born_in london" not in said(place.graph)


@pytest.mark.parametrize(
    "fine",
    [
        Statement("Ada Lovelace", "born_in", "England", sources=("x",)),  # London is there
        Statement("Ada Lovelace", "born_in", "the city of London", sources=("x",)),
        Statement("Ada Lovelace", "wrote", "Letters", sources=("x",)),  # may be several
        Statement("Jane Roe", "born_in", "Paris", sources=("x",)),  # documents do not say
    ],
)
def test_what_documents_bear_with_is_no_contradiction(
    space: Space, place: Place, fine: Statement
) -> None:
    made = open_proposal(space, space.contents().with_statement(fine), title="Fine", by="con")
    assert review(space, made.number, by="rev").findings == ()


def test_a_graph_that_cannot_be_written_holds_no_merge_up(
    space: Space, place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def busy(graph: Graph, space: Space) -> int:
        raise BusyError("the graph is locked", hint="wait")

    with monkeypatch.context() as patch:
        patch.setattr(bringing, "bring", busy)
        record = agree(space, lambda held: held.with_statement(WROTE))
    assert space.head == record
    assert "does not follow its space yet: the graph is locked" in caplog.text
    assert bring_to(place.graph) == 1
