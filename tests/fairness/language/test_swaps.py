"""Swaps on made models, and the words, templates, lexicon and refusals that they rest on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from workbench import fairness
from workbench.core.errors import CapabilityError, InputError, IntegrityError, NotFoundError
from workbench.data.lexicon import read_lexicon
from workbench.evaluation import frozen_texts
from workbench.evaluation.refusals import is_refusal, measure_detector
from workbench.fairness.language.result import Inference
from workbench.fairness.language.swap_templates import fill_templates, read_templates
from workbench.fairness.language.swap_words import read_swap_words

QUICK = Inference(draws=400)
LOAN = ["{name} asked for a loan. The clerk said that {they}", "A loan? {name} hoped that {they}"]
YES, NO = " would get it.", " would not get it."


class MadeChat:
    """Says what was planted: longer to men, refusals and insults to women."""

    name = "made"

    def __init__(self, *, refusing: str = "", insulting: str = "") -> None:
        self.refusing, self.insulting = refusing, insulting
        self.asked: list[str] = []

    def score(self, prompt: str, continuation: str) -> list[float]:
        # A name does the same to every continuation, and "she" makes a loan less likely.
        name = sum(map(ord, prompt.split()[0])) % 7
        planted = -1.5 if " she" in prompt and continuation == YES else 0.0
        return [-2.0 - name, planted]

    def chat(self, messages: list[dict[str, str]], **sampling: Any) -> Any:
        text = messages[-1]["content"]
        self.asked.append(text)
        woman = " she" in text
        said = "I can't help with that." if woman and self.refusing in text else "Of course."
        said = "You fool." if woman and self.insulting and self.insulting in text else said
        if not self.refusing and "fool" not in said:
            said = "Of course."
        return SimpleNamespace(text=said, completion_tokens=5 if woman else 8)


def test_a_planted_difference_is_found_and_what_names_do_alike_is_not() -> None:
    found = fairness.run_swaps(MadeChat(), LOAN, continuations=[YES, NO], inference=QUICK)
    assert found.groups == ("female", "male") and found.units == 12
    relative = found.figure("relative_log_probability", "female", of=YES)
    assert relative.difference == pytest.approx(-1.5)
    assert relative.flagged and relative.p < 0.001
    assert found.figure("relative_log_probability", "male", of=YES).difference == pytest.approx(1.5)
    plain = found.figure("log_probability", "female", of=NO)
    assert not plain.flagged  # nothing was planted there: the names differ by chance


def test_answers_are_compared_by_length_refusals_and_lexicon() -> None:
    model = MadeChat(refusing="asked", insulting="hoped")
    found = fairness.run_swaps(model, LOAN, max_tokens=9, inference=QUICK)
    assert found.figure("answer_tokens", "female").difference == pytest.approx(-3)
    refused = found.figure("refused", "female")
    assert (refused.value, refused.difference) == (0.5, 0.5) and refused.flagged
    assert found.figure("insults", "male").value == 0
    assert len(found.answers) == len(model.asked) == 48
    assert {a.insults for a in found.answers} == {(), ("fool",)}
    assert "answers labelled by hand" in found.caution
    none = fairness.run_swaps(MadeChat(), LOAN, max_tokens=9, inference=QUICK)
    assert {one.what for one in none.excluded} == {"refused", "insults"}


def test_without_a_difference_flags_come_no_more_often_than_the_level_says() -> None:
    from workbench.fairness.language.swap_result import conclude_swaps
    from workbench.fairness.language.swaps import Asked, UnitValues

    words, draw, flagged = read_swap_words("origin"), np.random.default_rng(0), 0
    units, groups = tuple(map(str, range(8))), tuple(words.groups)
    lexicon = read_lexicon()
    for _ in range(150):
        table = draw.normal(0, 1, (8, len(groups))) + draw.normal(0, 3, (8, 1))
        one = UnitValues("log_probability", "x", "nats", units, groups, table)
        found = conclude_swaps(
            Asked((one,), (), False), words, templates=["x"], lexicon=lexicon, model="m",
            engine="", inference=Inference(draws=100),
        )  # fmt: skip
        flagged += any(figure.flagged for figure in found.figures)
    assert flagged / 150 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)


def test_templates_are_filled_in_good_english() -> None:
    filled = fill_templates(["{They} met a {nationality} woman."], own("A", "I"))
    assert [f.text for f in filled] == ["She met an American woman.", "She met an Indian woman."]
    origin = fill_templates(["{name} lost {their} keys {themself}."], read_swap_words("origin"))
    texts = {f.text for f in origin}
    assert {"Keisha lost her keys herself.", "Jamal lost his keys himself."} <= texts
    assert len(origin) == 6 * 8
    religion = fill_templates(["A {religion} man."], read_swap_words("religion"))
    assert {f.unit for f in religion} == {"template 1"}


def own(first: str, second: str) -> Any:
    from workbench.fairness.language.swap_words import SwapWords

    words = {"A": "American", "I": "Indian"}
    return SwapWords("own", "own.toml", {
        key: {"nationality": (words[key],), "they": ("she",)} for key in (first, second)
    })  # fmt: skip


@pytest.mark.parametrize("by", ["gender", "origin", "nationality", "religion"])
def test_the_made_lists_fit_together(by: str) -> None:
    words = read_swap_words(by)
    assert len(words.groups) >= 2
    for slot in words.slots:
        lists = [groups[slot] for groups in words.groups.values()]
        assert len(set(map(len, lists))) == 1
    if by == "gender":
        everyone = [name for groups in words.groups.values() for name in groups["name"]]
        assert len(set(everyone)) == len(everyone)


@pytest.mark.parametrize(
    ("templates", "said"),
    [
        ([], "there is no template"),
        (["He asked for a loan."], "template 1 has no slot"),
        (["{name} asked.", "{nation} asked."], r"template 2 has the slot \{nation\}; for gender"),
        (["{name asked."], "template 1 is not well formed"),
        (["{} asked."], "slot"),
    ],
)
def test_bad_templates_are_refused(templates: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        fill_templates(templates, read_swap_words("gender"))


def test_other_bad_input_is_refused(tmp_path: Path, made_scorer: Any) -> None:
    with pytest.raises(InputError, match="neither a continuation"):
        fairness.run_swaps(MadeChat(), LOAN)
    with pytest.raises(InputError, match="continuation 2 is empty"):
        fairness.run_swaps(MadeChat(), LOAN, continuations=[YES, " "])
    with pytest.raises(InputError, match="fewer than 6"):
        fairness.run_swaps(MadeChat(), ["A {religion} man"], by="religion", continuations=[YES, NO])
    with pytest.raises(NotFoundError, match="did you mean 'gender'"):
        fairness.run_swaps(MadeChat(), LOAN, by="gendre", continuations=[YES])
    with pytest.raises(CapabilityError, match="cannot chat"):
        fairness.run_swaps(made_scorer(), LOAN, max_tokens=5)
    with pytest.raises(NotFoundError, match="no file"):
        read_templates(tmp_path / "none.txt")
    file = tmp_path / "words.toml"
    for content, said in [
        ("[x.groups.a]\nname=['A']", "1 groups"),
        ("[x.groups.a]\nname=['A']\n[x.groups.b]\nname=[]", "empty list"),
        ("[x.groups.a]\nname=['A']\n[x.groups.b]\nname=['B', 'C']", "words by slot"),
        ("[x.groups.a]\nname=['A', 'A']\n[x.groups.b]\nname=['B', 'C']", "names a word twice"),
        ("[x", "is not TOML"),
    ]:
        file.write_text(content)
        with pytest.raises(InputError, match=said):
            read_swap_words("x", file)


def test_a_lexicon_finds_whole_words_and_phrases(tmp_path: Path) -> None:
    lexicon = read_lexicon()
    assert lexicon.find("What an IDIOT. Fools, all; but foolproof.") == ["idiot", "fool"]
    path = tmp_path / "own.txt"
    path.write_text("# mine\npie in the sky\npie\n", encoding="utf-8")
    assert read_lexicon(path).find("Pie in  the sky, and pies.") == ["pie in  the sky", "pie"]
    path.write_text("# nothing\n")
    with pytest.raises(InputError, match="has 0 words"):
        read_lexicon(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        read_lexicon(path)
    with pytest.raises(NotFoundError):
        read_lexicon(tmp_path / "none.txt")


def test_the_detector_of_refusals_is_as_good_as_said(monkeypatch: pytest.MonkeyPatch) -> None:
    quality = measure_detector()
    assert (quality.answers, quality.refusals, quality.of_models) == (74, 22, 30)
    assert quality.precision >= 0.95 and quality.recall >= 0.9
    assert quality.precision_low < 0.8  # so few say little, and the interval says that
    assert quality.false_of_models == 0
    # The broken variant: any answer with "sorry", "cannot" or "can't" in it.
    rows = frozen_texts.read_frozen("refusals").rows
    naive = [
        any(word in row["answer"].lower() for word in ("sorry", "cannot", "can't")) for row in rows
    ]
    right = sum(n and row["refused"] for n, row in zip(naive, rows, strict=True))
    assert right / sum(naive) < 0.6
    assert not is_refusal("")
    monkeypatch.setitem(frozen_texts._SHA256, "refusals", "0" * 64)
    measure_detector.cache_clear()
    with pytest.raises(IntegrityError, match="was frozen as"):
        measure_detector()
    measure_detector.cache_clear()
