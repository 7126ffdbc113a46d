"""How anonymised texts and tables are drawn: kinds in words, risks before and after, refusals."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from workbench.core.viewers import mime_bundle
from workbench.privacy.anonymisation.filing import AnonymisedFile, Revealed, TextRisk
from workbench.privacy.anonymisation.scoring import Recall
from workbench.privacy.anonymisation.tables.assessing import (
    AnonymisedTable,
    anonymise_table,
    assess_table,
)
from workbench.privacy.anonymisation.texts import AnonymisedText, Decision
from workbench.studio.table_risk_cards import plot_classes


def html(result: object) -> str:
    found: str = mime_bundle(result)["text/html"]
    return found


def made_text(way: str, *pieces: tuple[str, str, int | None]) -> AnonymisedText:
    """A text of pieces: what stands there, its kind (empty for plain words), the person."""
    text, decisions = "", []
    for said, kind, whom in pieces:
        if kind:
            end = len(text) + len(said)
            decisions.append(Decision(len(text), end, kind, 0.9, "names", "<why>", 7, whom))
        text += said
    return AnonymisedText(text, way, tuple(decisions))


def visible(drawn: str) -> str:
    return re.sub(r"<style>.*?</style>|<[^>]+>", "", drawn, flags=re.DOTALL)


SURROGATES = made_text(
    "surrogate", ("Nina Walsh", "PERSON", 1), (" <b> ", "", None), ("n@example.com", "EMAIL", None),
    (" or ", "", None), ("Walsh", "PERSON", 1), (" in ", "", None), ("Norwick", "LOCATION", None),
)  # fmt: skip


def test_each_place_says_its_kind_in_words() -> None:
    drawn = html(SURROGATES)
    said = visible(drawn)
    assert "✓ 4 places replaced by made values" in said
    assert "Nina Walshperson 1" in said and "Walshperson 1" in said
    assert "n@example.comemail" in said and "Norwicklocation" in said
    assert "&lt;b&gt;" in drawn and "<b>" not in drawn and "&lt;why&gt;" in drawn
    lines = set(re.findall(r'class="put (\w+)"', drawn))
    assert lines == {"who", "reach", "where"}  # each has a line of another kind in the sheet
    sheet = re.findall(r"\.put\.(\w+) \{[^}]*border-bottom-style: (\w+)", drawn)
    assert len({style for _, style in sheet}) == len(sheet) == 4


def test_masks_and_pseudonyms_are_not_said_twice() -> None:
    mask = html(made_text("mask", ("[CARD]", "CARD", None)))
    assert "[CARD]<small>" not in mask and ">[CARD]<" in mask
    person = html(made_text("mask", ("[PERSON]", "PERSON", 3)))
    assert "[PERSON]<small>person 3</small>" in person
    sealed = html(made_text("pseudonym", ("[PERSON:K7Q2M3XA:" + "A" * 40 + "]", "PERSON", 1)))
    assert "[K7Q2M3XA]<small>person 1</small>" in sealed and "A" * 40 not in sealed


def test_nothing_found_and_withheld_are_told() -> None:
    assert "nothing personal found" in html(AnonymisedText("Hello.", "mask", ()))
    drawn = html(AnonymisedText("[WITHHELD]", "mask", (), "its script is cyrillic"))
    assert "✗ withheld as a whole" in drawn and "its script is cyrillic" in drawn


def test_a_long_text_is_cut_between_places() -> None:
    pieces = [("word " * 500, "", None), ("Nina", "PERSON", 1), (" and" * 700, "", None),
              ("Omar", "PERSON", 2)]  # fmt: skip
    drawn = html(made_text("surrogate", *pieces))
    assert "Nina<small>" in drawn and "Omar<small>" not in drawn
    assert re.search(r"[\d,]+ more characters are not shown", drawn)


@pytest.fixture(scope="module")
def coarse() -> AnonymisedTable:
    frame = pd.DataFrame({"age": [1, 2, 3, 4, 5, 6], "ill": list("aabbab")})
    return anonymise_table(frame, ["age"], k=3, sensitive="ill")


def test_a_table_is_drawn_before_and_after(coarse: AnonymisedTable) -> None:
    drawn = html(coarse)
    said = visible(drawn)
    assert "✓ each row is one of at least 3" in said and "No population was given" in said
    assert "prosecutor, before" in said and "1.0000" in said and "0.3333" in said
    assert "least values of ill in a class (l)" in said
    assert 'alt="100.0% of the rows were alone, 0.0% are' in drawn
    alone = html(coarse.before)
    assert "! 6 rows are alone" in alone and "looks for anybody" in alone


def test_every_row_is_in_one_bar(coarse: AnonymisedTable) -> None:
    sizes = pd.Series(range(1, 250)).repeat(range(1, 250))
    many = assess_table(pd.DataFrame({"q": sizes}), ["q"])
    for risks in ({"rows": many}, {"before": coarse.before, "after": coarse.after}):
        rows = plot_classes(risks).rows
        for name in risks:
            shares = [row["share"] for row in rows if row["table"] == name]
            assert sum(shares) == pytest.approx(100)


def test_a_file_says_whether_it_was_written(coarse: AnonymisedTable) -> None:
    after = coarse.after.held_to(0.1, "marketer")

    def told(ok: bool) -> str:
        out = Path("a/safe.csv") if ok else None
        made = AnonymisedFile("t.csv", out, "table", 0, 0, {}, {}, {}, after, 0.3333, 0.1, ok, None,
                              before=coarse.before, loss=coarse.loss)  # fmt: skip
        return html(made)

    assert "✗ refused" in told(False) and "Nothing was written" in told(False)
    assert "marketer's risk is 0.3333" in visible(told(False)).replace("&#x27;", "'")
    assert "✓ written to safe.csv" in told(True)
    left = AnonymisedFile("t.csv", Path("safe.csv"), "table", 0, 0, {}, {}, {}, after, 0.1, 0.1,
                          True, None, before=coarse.before, loss=coarse.loss,
                          left={"name": 1.0, "number": 0.3, "ward": 0.01})  # fmt: skip
    said = visible(html(left))
    assert "Left as they are: name, number, ward." in said
    assert "By name or number alone a row is found" in said
    texts = AnonymisedFile("l.jsonl", Path("o.jsonl"), "mask", 9, 1, {"script": 1}, {"EMAIL": 2},
                           {"image/png": 3}, None, 0.0, 0.0, True, None,
                           example=SURROGATES)  # fmt: skip
    said = visible(html(texts))
    assert "1 text withheld: script" in said and "3 outputs of image/png left out" in said
    assert "Its fullest text" in said and "Nina Walsh" in said
    refused = AnonymisedFile("l.jsonl", None, "mask", 9, 0, {}, {}, {}, None, 0.2, 0.0, False, None,
                             seen={"PERSON": 2}, seen_in=(4, 7))  # fmt: skip
    assert "Seen: person in 2 texts; the first are number 4, 7." in visible(html(refused))


def test_risks_of_texts_recall_and_opened_pseudonyms() -> None:
    risk = TextRisk(10, 4, {"EMAIL": 4}, 2, 0.4, 0.1, False)
    assert "✗ over the stated 10.0%" in html(risk) and "2 texts cannot be read" in html(risk)
    recall = Recall(3, 10, 9, 10, 1, {"PERSON": (4, 5), "CARD": (5, 5)})
    drawn = html(recall)
    assert "0.900 of what is personal is masked" in drawn and "10.0% of what was masked" in drawn
    assert drawn.index(">person<") < drawn.index(">card<")  # the worst first
    assert "3 pseudonyms opened" in html(Revealed(Path("b.txt"), 3))
