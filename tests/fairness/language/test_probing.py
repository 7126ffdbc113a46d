"""Probes of made models: what was planted is found again, what was not is not flagged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import fairness
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, CapabilityError, InputError, NotFoundError
from workbench.fairness.language.controls import CONTROLS
from workbench.fairness.language.inference import infer_figures
from workbench.fairness.language.measures import MeasuredValues
from workbench.fairness.language.probing import read_questions
from workbench.fairness.language.result import Inference

QUICK = Inference(draws=200)
Pairs = Callable[..., Path]


def plant(path: Path, delta: float, *, group: str | None = None) -> dict[tuple[str, str], float]:
    """Nats that the sentence with mask1 gets, in one group or in all."""
    return {
        item.texts["first"]: delta
        for item in read_questions(path).items
        if group in (None, item.groups["bias_type"])
    }


def test_a_planted_preference_is_recovered_within_its_interval(
    write_pairs: Pairs, made_scorer: Any
) -> None:
    path = write_pairs(90)
    covered = []
    for seed in range(12):
        scorer = made_scorer(bonus=plant(path, 0.8), noise=1.0, pieces=False, seed=seed)
        found = fairness.run_probe(scorer, path, inference=QUICK)
        figure = found.figure("log_ratio")
        covered.append(figure.low <= 0.8 <= figure.high)
        assert figure.flagged and figure.n == 90
    assert sum(covered) >= 9  # of 12 at 95%: fewer come once in 450 such tests
    share = found.figure("first_likelier")
    # P(N(0.8, 2) > 0) = 0.714 for the difference of two texts with noise 1 each.
    assert share.low <= 0.714 <= share.high


def test_a_preference_in_one_group_is_found_there_and_not_elsewhere(
    write_pairs: Pairs, made_scorer: Any
) -> None:
    path = write_pairs(90)
    scorer = made_scorer(bonus=plant(path, 2.0, group="religion"), noise=1.0, pieces=False)
    found = fairness.run_probe(scorer, path, inference=QUICK)
    flags = {
        figure.group: figure.flagged
        for figure in found.figures
        if (figure.measure, figure.control, figure.by) == ("log_ratio", "none", "bias_type")
    }
    assert flags == {"age": False, "nationality": False, "religion": True}


def test_without_a_preference_flags_come_no_more_often_than_the_level_says() -> None:
    draw = np.random.default_rng(0)
    groups = tuple({"bias_type": "abc"[i % 3]} for i in range(60))
    keys = tuple(map(str, range(60)))

    def any_flag(correction: str) -> float:
        flagged = 0
        for _ in range(200):
            values = draw.standard_t(4, 60)
            one = MeasuredValues("log_ratio", "none", "nats", 0.0, "mean", keys, groups, values)
            inference = Inference(draws=100, correction=correction)  # type: ignore[arg-type]
            figures, _ = infer_figures([one], inference)
            flagged += any(figure.flagged for figure in figures if figure.by == "bias_type")
        return flagged / 200

    assert any_flag("holm") <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    # The broken variant: nine groups tested as if each were the only one.
    assert any_flag("none") > 0.07


def test_a_taste_for_short_texts_is_gone_under_every_control_of_length(
    write_pairs: Pairs, made_scorer: Any
) -> None:
    """Without a control this scorer is the broken variant: it flags a preference that is none."""
    found = fairness.run_probe(made_scorer(), write_pairs(90), inference=QUICK)
    plain = found.figure("log_ratio")
    assert plain.flagged and plain.low > 1  # 2 nats for each of the tokens that mask2 has more
    for control in ("per_token", "equal_length", "frequency"):
        figure = found.figure("log_ratio", control=control)
        assert abs(figure.value) < 1e-9 and not figure.flagged, control
    assert found.figure("log_ratio", control="equal_length").n == 30


def test_common_words_are_gone_under_the_control_of_frequency(
    write_pairs: Pairs, made_scorer: Any
) -> None:
    path = write_pairs(90)
    common = {f"zu{i}": 1.5 for i in range(90)}
    scorer = made_scorer(common=common, bonus=plant(path, 0.5), noise=0.1, pieces=False)
    found = fairness.run_probe(scorer, path, inference=QUICK)
    assert found.figure("log_ratio").value == pytest.approx(2.0, abs=0.05)
    controlled = found.figure("log_ratio", control="frequency")
    assert controlled.low <= 0.5 <= controlled.high
    assert controlled.value == pytest.approx(0.5, abs=0.05)


def test_what_was_left_out_is_said(tmp_path: Path, made_scorer: Any, write_pairs: Pairs) -> None:
    path = write_pairs(24)
    lines = path.read_text().splitlines()
    lines += [lines[1], "age,No mask here.,a,b", "age,A [MASK].,same,same"]
    path.write_text("\n".join(lines) + "\n")
    found = fairness.run_probe(made_scorer(noise=1.0), path, limit=20, seed=3, inference=QUICK)
    said = {(one.what, one.n, one.reason) for one in found.excluded}
    assert ("rows", 1, "the same row stands there before") in said
    assert ("rows", 1, "the sentence has not exactly one [MASK]") in said
    assert ("rows", 1, "the two words are the same, or one is empty") in said
    assert ("rows", 4, "beyond the limit of 20 items") in said
    small = [one for one in found.excluded if one.what.startswith("bias_type ")]
    assert small and all("fewer than 10 items" in one.reason for one in small)
    assert (found.rows, found.items) == (27, 20)
    with pytest.raises(NotFoundError, match="no figure named 'log_ratio / none / bias_type / "):
        found.figure("log_ratio", by="bias_type", group=small[0].what.split()[1])
    assert set(found.controls) == set(CONTROLS)
    again = fairness.run_probe(made_scorer(noise=1.0), path, limit=20, seed=3, inference=QUICK)
    assert again.figures == found.figures
    other = fairness.run_probe(made_scorer(noise=1.0), path, limit=20, seed=4, inference=QUICK)
    assert other.digests["texts"] != found.digests["texts"]


def test_shares_on_which_all_agree_have_an_interval(write_pairs: Pairs, made_scorer: Any) -> None:
    path = write_pairs(30)
    scorer = made_scorer(bonus=plant(path, 5.0), pieces=False)
    figure = fairness.run_probe(scorer, path, inference=QUICK).figure("first_likelier")
    assert figure.value == 1.0 == figure.high
    assert figure.low == pytest.approx(0.025 ** (1 / 30))  # Clopper-Pearson for 30 of 30
    assert figure.p == pytest.approx(2 * 0.5**30)


class Embedder:
    name, capabilities = "embedder", frozenset({"embed"})

    def score(self, prompt: str, continuation: str) -> list[float]:
        raise AssertionError("asked all the same")


class Broken:
    name = "broken"

    def score(self, prompt: str, continuation: str) -> list[float]:
        return [float("nan")]


def test_bad_input_is_refused_in_words(
    shared_home: Path, write_pairs: Pairs, made_scorer: Any, tmp_path: Path
) -> None:
    scorer, path = made_scorer(), write_pairs(20)
    with pytest.raises(InputError, match="adult is a table, not a probe"):
        fairness.run_probe(scorer, "adult")
    with pytest.raises(NotFoundError, match="did you mean 'crows_pairs'"):
        fairness.run_probe(scorer, "crow_pairs")
    with pytest.raises(CapabilityError, match="embedder cannot score"):
        fairness.run_probe(Embedder(), "crows_pairs")
    with pytest.raises(InputError, match="limit is 0"):
        fairness.run_probe(scorer, path, limit=0)
    with pytest.raises(InputError, match="log-probability nan"):
        fairness.run_probe(Broken(), path)
    with pytest.raises(InputError, match="draws 5 are not all allowed"):
        fairness.run_probe(scorer, path, inference=Inference(draws=5))
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="is no probe: it has no column bias_type, sentence"):
        fairness.run_probe(scorer, other)
    bare = tmp_path / "bare.csv"
    bare.write_text("bias_type,sentence,mask1,mask2\nage,No mask.,a,b\n")
    with pytest.raises(InputError, match=r"no row of bare\.csv can be asked: 1 rows"):
        fairness.run_probe(scorer, bare)


def test_a_cancelled_probe_stops(write_pairs: Pairs, made_scorer: Any) -> None:
    token = CancelToken()

    class Stopping(made_scorer):  # type: ignore[misc]
        def score(self, prompt: str, continuation: str) -> list[float]:
            if self.asked == 5:
                token.cancel()
            return list(super().score(prompt, continuation))

    scorer = Stopping()
    with cancellable(token), pytest.raises(CancelledError):
        fairness.run_probe(scorer, write_pairs(30))
    assert scorer.asked == 6
