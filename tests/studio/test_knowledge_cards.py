"""How answers, proofs, contradictions and decisions on names are drawn."""

from __future__ import annotations

from typing import Any

from workbench.core.viewers import mime_bundle
from workbench.knowledge.answering.answers import Answer, AnswerSentence, Source
from workbench.knowledge.answering.notes import Span
from workbench.knowledge.candidates import Candidate
from workbench.knowledge.inference.operations import Contradiction, Inferred
from workbench.knowledge.inference.reasoning import Proof
from workbench.knowledge.inference.rulebook import BookRule
from workbench.knowledge.linking_operations import Candidates
from workbench.knowledge.retrieval.telling import PathStep, Retrieval, RetrievedPassage
from workbench.knowledge.searching import Place
from workbench.knowledge.senses import Homonym
from workbench.knowledge.states import Support
from workbench.studio.viewers import draw_list

RULE = "located_in(x, y) & located_in(y, z) -> located_in(x, z)"
SPAN, OTHER = Span("a<b>.txt", 0, 30), Span("b.txt", 5, 9)


def html(result: Any) -> str:
    bundle = draw_list(result) if isinstance(result, list) else mime_bundle(result)
    assert bundle is not None
    found: str = bundle["text/html"]
    assert "<b>" not in found and "<i x>" not in found
    return found


def said(subject: str, thing: str, words: str, *more: str) -> Proof:
    support = tuple(
        Support("a.txt", n, n + 9, "patterns", "1", 0.9 - n / 10, text)
        for n, text in enumerate((words, *more))
    )
    names = subject.title(), thing.title()
    return Proof(subject, "located_in", thing, None, None, 0.9, False, None, support, (), *names)


BEIRUT = said("beirut", "lebanon", "Beirut lies in <b>Lebanon", "once more", "and again")
LEVANT = said("lebanon", "levant", "Lebanon is in the Levant")
DRAWN = Proof(
    "beirut", "located_in", "levant", "1990", None, 0.8, True, RULE, (), (BEIRUT, LEVANT),
    "Beirut", "Levant",
)  # fmt: skip


def test_a_proof_goes_down_to_the_words() -> None:
    drawn = html([DRAWN])
    order = [
        drawn.index(each) for each in ("(1990 to …)", "┄ by", "Beirut lies in", "in the Levant")
    ]
    assert order == sorted(order)
    assert drawn.count('<ul class="proof">') == 3  # the conclusion, its premises, other places
    assert "<strong>Beirut</strong> <em>located in</em> <strong>Lebanon</strong>" in drawn
    assert "and 2 more places" in drawn and "a.txt, 0–9" in drawn
    assert "<q>Beirut lies in &lt;b&gt;Lebanon</q>" in html(DRAWN)


def test_what_follows_is_listed_and_what_is_left_out_is_said() -> None:
    rule = BookRule(RULE, "vocabulary", True, 1.0)
    drawn = html(Inferred("notes", 12, 5, False, (rule,), (DRAWN,)))
    assert "12 said, 5 follow by 1 rule" in drawn and "4 more are not shown" in drawn
    assert "More would follow" in drawn
    assert "no &lt;b&gt;" in html(Inferred("notes", 1, 0, True, (), (), ("no <b>",)))
    whole = html(Inferred("notes", 12, 1, True, (rule,), (LEVANT,)))
    assert "more are not shown" not in whole and "More would follow" not in whole


def test_contradictions_stand_side_by_side() -> None:
    found = Contradiction("born_in(x, y) & born_in(x, z) -> y = z", 0.81, (BEIRUT, LEVANT))
    drawn = html([found, found])
    assert drawn.count('<div class="against"><div>') == 2 and drawn.count("× 0.81") == 2
    assert "-&gt; y = z" in drawn and "× 0.81" in html(found)


def test_an_answer_has_numbered_sources_that_unfold() -> None:
    sentences = (
        AnswerSentence("It <i x>is so.", (SPAN, OTHER), "phrased"),
        AnswerSentence("And this.", (OTHER,), "quoted", about="Title"),
        AnswerSentence("Nobody says it.", (), "unsupported"),
    )
    sources = (Source("a<b>.txt", 0, 30, "so <it> is"), Source("b.txt", 5, 9, "this"))
    step = PathStep("One", Place("b.txt", 5, 9), "name", "bridge")
    removed = ("Made up. [up]",)
    found = ("notes", "Is it?", "It is.", sentences, (step,), "multi-hop", False, 0.7)
    drawn = html(Answer(*found, removed, "small", ("a note",), sources))  # type: ignore[arg-type]
    assert (
        '<span class="q">[1][2]</span>' in drawn and 'Title: And this. <span class="q">[2]' in drawn
    )
    assert "<summary>[1] a&lt;b&gt;.txt, 0–30</summary><q>so &lt;it&gt; is</q>" in drawn
    assert '<span class="bad">Nobody says it. [no source]</span>' in drawn
    assert "1 sentence of the model removed" in drawn and "by bridge" in drawn
    assert "small" in drawn and "chance of an answer here 0.70" in drawn and "a note" in drawn
    thin = html(Answer("notes", "Is it?", "notes does not say.", (), (), "fact", True, 0.1))
    assert "– no answer" in thin and "notes does not say." in thin and "[1]" not in thin


def test_a_retrieval_is_passages_with_places_and_ranks() -> None:
    long = RetrievedPassage("w <b> " * 100, "Title", (Place("a.txt", 0, 600),) * 2, {"bm25": 2}, {})
    drawn = html(Retrieval("notes", "What?", "fact", {}, (long,), (), 0.4, True))
    assert "– thin evidence" in drawn and "a.txt, 0–600 and 1 more place; ranks: bm25 2" in drawn
    assert "…</summary>" in drawn


def test_names_and_rules_are_tables() -> None:
    pair = Candidate("ada", "ada lovelace", 0.7, ("initials", "no <b>"), tuple("abcdef"))
    drawn = html(Candidates("notes", 9, (pair,)))
    assert "9 to look at" in drawn and "8 more" in drawn and "and 2 more" in drawn
    assert "decide notes &quot;ada&quot; &quot;ada lovelace&quot; one" in drawn
    assert "0 to look at" in html(Candidates("notes", 0, ()))
    homonym = Homonym(
        "mercury", {"": ("a.txt",), "planet": ("b.txt", "c.txt")}, ("b.txt",), ("d.txt",)
    )
    drawn = html([homonym])
    assert "planet" in drawn and "1 undecided" in drawn and "b.txt, c.txt" in drawn
    rules = [
        BookRule(RULE, "mined", True, 0.8, 7, 9),
        BookRule("a(x, y) -> b(x, y)", "user", False, 1.0),
    ]
    drawn = html(rules)
    assert "7 of 9" in drawn and "– taken away" in drawn and "1 of 2 used" in drawn
