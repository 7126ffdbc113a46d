"""Reasoning over graphs: proofs, withdrawal, contradictions, rules as events, other times."""

from __future__ import annotations

import random
import sqlite3
from typing import Any

import pytest

from tests.knowledge.made_histories import PATHS, SENTENCES
from tests.knowledge.places import MakePlace, Place
from workbench.core.errors import ConflictError, NotFoundError
from workbench.knowledge.graphs import Graph
from workbench.knowledge.inference.contradictions import gather
from workbench.knowledge.inference.reasoning import Proof, Reasoning
from workbench.knowledge.inference.rulebook import add_rule, remove_rule
from workbench.store.ledger import Ledger

DOCUMENTS = {
    "a.txt": "Beirut is the capital of Lebanon. Rania Saad was born in Beirut.",
    "b.txt": "Lebanon is located in the Levant.",
    "c.txt": "Rania Saad was born in Tyre.",
    "d.txt": "Rania Saad was born in Lebanon. Tyre is located in Lebanon.",
}


def reasoning(place: Place, **asked: Any) -> Reasoning:
    return Reasoning(place.state(**asked))


def concluded(place: Place, **asked: Any) -> set[tuple[str, str, str]]:
    return {fact[:3] for fact in reasoning(place, **asked).closure.conclusions}


def add(graph: Graph, text: str, confidence: float = 1.0) -> None:
    add_rule(graph, text, confidence=confidence, actor="ann", reason="by hand")


def remove(place: Place, text: str) -> None:
    used = [each.rule for each in reasoning(place).book if each.used]
    remove_rule(place.graph, text, known=used, actor="ann", reason="too broad")


def leaves(proof: Proof) -> set[str]:
    found = {f"{each.document} {each.start}-{each.end}" for each in proof.support}
    return found.union(*(leaves(each) for each in proof.premises))


def test_a_proof_ends_where_documents_say_it(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    (proof,) = reasoning(place).proofs_of("Beirut", "located_in", "the Levant")
    assert proof.inferred and not proof.support
    assert leaves(proof) == {"a.txt 0-32", "b.txt 0-32"}
    assert proof.documents() == {"a.txt", "b.txt"}
    text = (place.folder / "b.txt").read_text()
    assert text[0:32] == "Lebanon is located in the Levant"
    (last,) = proof.premises[-1].support
    assert last.words == text[0:32]
    (said,) = reasoning(place).proofs_of("rania saad", "born_in", "TYRE")
    assert not said.inferred and said.rule is None


def test_what_rested_on_a_premise_goes_with_it(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    assert ("beirut", "located_in", "levant") in concluded(place)
    place.remove("b.txt")
    place.update()
    assert not {each for each in concluded(place) if "levant" in each}
    place.write("b.txt", DOCUMENTS["b.txt"])
    place.update()
    assert ("rania saad", "born_in", "levant") in concluded(place)


class Remembering:
    """The fault that is looked for: conclusions are kept when they are drawn."""

    def __init__(self) -> None:
        self.kept: set[Any] = set()

    def conclusions(self, place: Place) -> set[Any]:
        self.kept |= everything(place)
        return self.kept


def everything(place: Place) -> set[Any]:
    found = reasoning(place)
    return {(made.fact, made.confidence, made.rule.text, made.premises)
            for made in found.closure.conclusions.values()}  # fmt: skip


def test_after_any_edits_it_follows_what_a_fresh_build_gives(make_place: MakePlace) -> None:
    more = (*SENTENCES, *(each for text in DOCUMENTS.values() for each in text.split(". ")))
    chance = random.Random(11)
    place = make_place({"a.txt": more[0]})
    remembering, faults = Remembering(), 0
    for number in range(12):
        for _ in range(3):
            path = chance.choice([each for each in PATHS if each.endswith(("txt", "md"))])
            if chance.random() < 0.3 and (place.folder / path).exists():
                place.remove(path)
            else:
                place.write(path, "\n\n".join(f"{each}." for each in chance.choices(more, k=5)))
        place.update()
        fresh = Place(place.folder, f"fresh{number}")
        fresh.build()
        assert everything(place) == everything(fresh)
        assert [(c.facts, c.confidence) for c in reasoning(place).clashes] == [
            (c.facts, c.confidence) for c in reasoning(fresh).clashes
        ]
        faults += remembering.conclusions(place) != everything(fresh)
        fresh.graph.database.close()
    assert faults  # what keeps conclusions is found out


def test_two_documents_that_contradict_are_shown(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    (clash,) = reasoning(place).clashes  # Lebanon is no quarrel: both towns lie in it
    assert {fact.object for fact in clash.facts} == {"beirut", "tyre"}
    found = reasoning(place)
    assert {doc for fact in clash.facts for doc in found.proof(fact).documents()} == {
        "a.txt",
        "c.txt",
    }
    place.remove("c.txt")
    place.update()
    assert reasoning(place).clashes == []


def test_a_contradiction_is_told_once_and_not_of_other_times(make_place: MakePlace) -> None:
    place = make_place(
        {
            "a.txt": "Ravenna is located in Italy. Italy is located in Ravenna.",
            "b.txt": "Jane Roe was president of Acme from 1990 to 1995.",
            "c.txt": "John Doe was president of Acme from 1996 to 1999.",
            "d.txt": "Mary Poe was president of Acme from 1994 to 1995.",
        }
    )
    relation = next(fact.relation for fact in place.state().facts if fact.object == "acme")
    add(place.graph, f"{relation}(x, y) & {relation}(z, y) -> x = z")
    told = [{fact.subject for fact in clash.facts} for clash in reasoning(place).clashes]
    assert sorted(map(sorted, told)) == [["italy", "ravenna"], ["jane roe", "mary poe"]]


def test_a_circle_of_three_places_is_one_contradiction(make_place: MakePlace) -> None:
    place = make_place(
        {
            "a.txt": "Ravenna is located in Italy. Italy is located in Tyre.",
            "b.txt": "Tyre is located in Ravenna.",
        }
    )
    found = reasoning(place)
    (clash,) = found.clashes
    proofs = {doc for fact in clash.facts for doc in found.proof(fact).documents()}
    assert proofs == {"a.txt", "b.txt"}


def test_facts_that_are_forbidden_in_pairs_are_told_together(make_place: MakePlace) -> None:
    capitals = ("Beirut", "Tyre", "Sidon", "Tripoli")
    place = make_place(
        {f"{each}.txt": f"{each} is the capital of Lebanon." for each in capitals}
        | {"rome.txt": "Rome is the capital of Italy.", "pisa.txt": "Pisa is the capital of Italy."}
    )
    pairs = reasoning(place).clashes
    assert len(pairs) == 7
    told = [{fact.subject for fact in each.facts} for each in gather(pairs)]
    assert sorted(map(sorted, told)) == [["beirut", "sidon", "tripoli", "tyre"], ["pisa", "rome"]]


def test_rules_are_events_with_a_history(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    before = place.dump()
    first = place.graph.database.read("SELECT last_us FROM clock")[0][0]
    add(place.graph, "born_in(p, q) -> knows(p, q)", 0.5)
    assert ("rania saad", "knows", "tyre") in concluded(place)
    assert ("rania saad", "knows", "tyre") not in concluded(place, recorded_us=first)
    with pytest.raises(ConflictError, match="used already"):
        add(place.graph, "born_in(x, y) -> knows(x, y)", 0.5)
    add(place.graph, "born_in(x, y) -> knows(x, y)", 0.9)  # surer now
    (proof,) = reasoning(place).proofs_of("Rania Saad", "knows", "Tyre")
    assert proof.confidence == pytest.approx(0.9 * 0.9)
    remove(place, "born_in(x, y) -> knows(x, y)")
    assert ("rania saad", "knows", "tyre") not in concluded(place)
    with pytest.raises(NotFoundError):
        remove(place, "born_in(x, y) -> knows(x, y)")
    remove(place, "capital_of(x, y) -> located_in(x, y)")  # the vocabulary's
    assert ("beirut", "located_in", "lebanon") not in concluded(place)
    add(place.graph, "capital_of(x, y) -> located_in(x, y)")
    assert ("beirut", "located_in", "lebanon") in concluded(place)
    assert place.dump() == before  # documents said nothing else
    actions = [entry.action for entry in Ledger().entries() if "rule" in entry.action]
    assert actions.count("knowledge.rule_add") == 3
    for change in ("DELETE FROM rule_events", "UPDATE rule_events SET confidence = 1"):
        refused = pytest.raises(sqlite3.IntegrityError, match="append-only")
        with refused, place.graph.database.transaction() as connection:
            connection.execute(change)


def test_a_mined_rule_can_be_taken_away(make_place: MakePlace) -> None:
    pairs = [(f"Anna{letter} Roe", f"Bert{letter} Doe") for letter in "abcdefghijkl"]
    said = "\n\n".join(f"{a} wrote {b}. {b} wrote {a}." for a, b in pairs)
    place = make_place({"a.txt": said})
    mined = {each.rule: each for each in reasoning(place).book if each.source == "mined"}
    assert mined["wrote(x, y) -> wrote(y, x)"].support == 24
    remove(place, "wrote(x, y) -> wrote(y, x)")
    found = next(
        each for each in reasoning(place).book if each.rule == "wrote(x, y) -> wrote(y, x)"
    )
    assert not found.used and found.reason == "too broad"


def test_valid_times_bound_what_follows(make_place: MakePlace) -> None:
    place = make_place({"b.txt": "Jane Roe was president of Acme from 1990 to 1995."})
    (fact,) = place.state().facts
    add(place.graph, f"{fact.relation}(x, y) -> paid_by(x, y)")
    (made,) = reasoning(place).closure.conclusions
    assert made[3:] == ("1990", "1995")
    assert concluded(place, valid="1992") and not concluded(place, valid="2001")


def test_a_fact_that_is_not_there_is_said_with_what_is(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    with pytest.raises(NotFoundError, match="between these it knows born_in"):
        reasoning(place).proofs_of("Rania Saad", "died_in", "Tyre")
    with pytest.raises(NotFoundError, match="Rania Saad"):
        reasoning(place).keys_of("Rania Sad")
