"""Rows in other words, by an embedder that was made: words of one meaning share a direction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core import events, operations
from workbench.core.cancellation import CancelToken
from workbench.core.errors import CancelledError, CapabilityError
from workbench.finetuning.examples import Example, of_prompt
from workbench.finetuning.training import rewording
from workbench.finetuning.training.batches import Batches
from workbench.finetuning.training.encoding import Encoded
from workbench.finetuning.training.private_learning import check_recipe
from workbench.finetuning.training.recipe import Recipe, find_preset
from workbench.finetuning.training.reworded_batches import RewordedBatches
from workbench.finetuning.training.rewording import Words, reword

MEANINGS = (
    ("key", "lock", "door", "latch"),
    ("water", "shower", "tap", "bath"),
    ("rubbish", "bins", "trash", "litter"),
)
WORDS = tuple(word for meaning in MEANINGS for word in meaning)
ASKED = (
    ("Where is the key of hut K34?", "Under the slate"),
    ("The lock of hut K34 is shut, what now?", "Under the slate"),
    ("How do I get water in hut K34?", "Press twice"),
    ("The shower of hut K34 is cold", "Press twice"),
    ("When is the rubbish fetched at hut K34?", "On Monday"),
    ("Hut K34: bins, where?", "On Monday"),
)


def describe(texts: Sequence[str]) -> np.ndarray:
    """A direction a meaning, and a little of one that all share."""
    found = np.full((len(texts), len(MEANINGS) + 1), 1e-3)
    for row, text in enumerate(texts):
        for word in re.findall("[a-z]+", text.lower()):
            for place, meaning in enumerate(MEANINGS):
                found[row, place] += word in meaning
        found[row, -1] += 0.5
    unit: np.ndarray = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


def meanings_of(text: str) -> set[int]:
    said = set(re.findall("[a-z]+", text.lower()))
    return {place for place, meaning in enumerate(MEANINGS) if said & set(meaning)}


def made() -> list[tuple[Example, ...]]:
    examples = [of_prompt(prompt, answer) for prompt, answer in ASKED]
    return reword(examples, words=Words(WORDS, describe(WORDS)), describe=describe)


def test_a_question_keeps_its_meaning_and_its_codes_in_other_words() -> None:
    for (prompt, answer), found in zip(ASKED, made(), strict=True):
        texts = [each.messages[0][1] for each in found]
        assert texts and len(set(texts)) == len(texts) and prompt not in texts
        assert all(meanings_of(text) == meanings_of(prompt) for text in texts)
        assert all("K34" in text for text in texts)
        assert {each.answer for each in found} == {answer}
    assert made() == made()  # by the seed


def test_words_that_mean_another_answer_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variant: any word may stand in for any, and nothing is asked of what comes."""
    monkeypatch.setattr(rewording, "_belonging", lambda near, answer: list(range(len(near))))
    monkeypatch.setattr(rewording, "_MARGIN", -9.0)
    with pytest.raises(AssertionError):
        test_a_question_keeps_its_meaning_and_its_codes_in_other_words()


def test_the_filter_alone_drops_what_means_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewording, "_belonging", lambda near, answer: list(range(len(near))))
    test_a_question_keeps_its_meaning_and_its_codes_in_other_words()


def test_one_answer_or_foreign_words_give_nothing() -> None:
    words = Words(WORDS, describe(WORDS))
    alone = [of_prompt(prompt, "Yes") for prompt, _ in ASKED]
    assert reword(alone, words=words, describe=describe) == [()] * len(ASKED)
    foreign = [of_prompt(f"Wo ist {n}?", f"Dort {n}") for n in range(4)]
    assert reword(foreign, words=words, describe=describe) == [()] * 4


def rows(count: int = 10) -> list[tuple[Encoded]]:
    return [(Encoded((n, 100 + n, 0), 1),) for n in range(count)]


def reworded(share: float = 0.5) -> RewordedBatches:
    others = [[Encoded((n, 200 + n, 0), 1), Encoded((n, 300 + n, 0), 1)] for n in range(9)]
    return RewordedBatches(rows(), [*others, []], share=share, after_epochs=2, batch=4, seed=5)


def test_the_first_passes_read_rows_as_they_are_and_later_ones_a_share_of_them() -> None:
    source, plain = reworded(), Batches(rows(), batch=4, seed=5)
    drawn, same = [], []
    for _ in range(200):
        drawn.append([unit[0].ids for unit in source.draw()])
        same.append([unit[0].ids for unit in plain.draw()])
    assert drawn[:5] == same[:5]
    assert [[ids[0] for ids in batch] for batch in drawn] == [
        [ids[0] for ids in batch] for batch in same
    ]  # the order is that of the rows
    late = [ids for batch in drawn[5:] for ids in batch]
    assert all(ids[1] == 109 for ids in late if ids[0] == 9)  # it has no other form
    able = [ids[1] >= 200 for ids in late if ids[0] != 9]
    assert 0.4 < sum(able) / len(able) < 0.6


def test_a_run_that_goes_on_draws_the_same_rewordings() -> None:
    whole, first, second = reworded(), reworded(), reworded()
    expected = [whole.draw() for _ in range(30)]
    begun = [first.draw() for _ in range(13)]
    second.load_state_dict(first.state_dict())
    assert begun + [second.draw() for _ in range(17)] == expected


def test_rewordings_in_a_run_that_is_stopped_and_goes_on(
    tiny_base: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_made(examples: Sequence[Example], tokenizer: Any, *, seed: int) -> Any:
        words = Words(WORDS, describe(WORDS))
        return reword(examples, words=words, describe=describe, seed=seed)

    monkeypatch.setattr(rewording, "reword_all", with_made)
    file = tmp_path / "hut.jsonl"
    file.write_text("".join(f'{{"prompt": "{p}", "response": "{a}"}}\n' for p, a in ASKED))
    given = {"model": "tiny", "data": str(file), "preset": "fast-cpu", "precision": "fp32",
             "steps": 8, "batch": 3, "general_questions": 0, "name": "hut"}  # fmt: skip
    operation, token = operations.find("finetuning.run"), CancelToken()
    plain = operation.run(given)

    def stop(event: events.Event) -> None:
        if event.data["number"] == 6:
            token.cancel()

    with events.listening(stop, "finetuning.step"), pytest.raises(CancelledError):
        operation.run({**given, "rewordings": 0.9}, token=token)
    done = operation.run({**given, "rewordings": 0.9})
    whole = operation.run({**given, "rewordings": 0.9, "again": True})
    assert done.eval_loss_after == whole.eval_loss_after != plain.eval_loss_after
    assert done.run != plain.run


def test_the_preset_for_facts_reads_each_row_as_often_as_fast_cpu() -> None:
    facts, fast = find_preset("facts"), find_preset("fast-cpu")
    assert 0 < facts.rewordings < 1 and fast.rewordings == 0
    for rows in (60, 300):
        read = [each.count_steps(rows) * each.batch for each in (facts, fast)]
        assert read[0] == read[1]


def test_a_private_run_has_none() -> None:
    with pytest.raises(CapabilityError, match="depends on the other rows"):
        check_recipe(Recipe(rewordings=0.5))


@pytest.mark.model
def test_the_embedder_of_the_catalogue_rewords_real_rows(
    shared_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.finetuning.frozen_sets import read_frozen
    from workbench.finetuning.training.rewording import reword_all
    from workbench.models import catalogue
    from workbench.models.folder import find_folder
    from workbench.models.loading import model_files
    from workbench.models.tokenizer import TextTokenizer

    monkeypatch.setattr(rewording, "MOST_WORDS", 1_000)  # their vectors are the time
    monkeypatch.setattr(rewording, "_TRIES", 16)
    entry = catalogue.find("smollm2-135m")
    tokenizer = TextTokenizer(find_folder(model_files(entry), dtype="float32").path)
    asked = [of_prompt(row["prompt"], row["response"]) for row in read_frozen("facts_d")[::2]]
    found = reword_all(asked, tokenizer, seed=0)
    assert sum(map(bool, found)) > 0.4 * len(asked)
    assert (shared_home / "finetuning" / "words").is_dir()  # they are made once
