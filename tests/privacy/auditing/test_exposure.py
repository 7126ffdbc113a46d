"""Planted secrets that a model knows are found, and those that it does not know are not."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from workbench.cli.main import main
from workbench.core.errors import CapabilityError, DataError, InputError
from workbench.privacy.auditing.answer_scoring import Request, open_scoring, read_requests
from workbench.privacy.auditing.exposure import measure_exposure
from workbench.privacy.auditing.min_k import attack_texts, judge_texts, min_k
from workbench.privacy.auditing.planted import (
    Canary,
    make_canaries,
    read_canaries,
    training_rows,
    write_lines,
)

MADE = make_canaries(8, seed=0)


def knows(secrets: set[str], seed: int = 0) -> Any:
    """A made scoring: chance, but for what it knows."""
    drawn = np.random.default_rng(seed)

    def scoring(requests: Sequence[Request]) -> list[np.ndarray]:
        return [drawn.normal(size=5) + 9 * (said.strip() in secrets) for _, said in requests]

    return scoring


def test_what_is_known_is_the_likeliest_and_the_rest_as_chance_gives() -> None:
    secrets = {each.secret for each in MADE if each.planted}
    found = measure_exposure(knows(secrets), MADE, candidates=100)
    assert found.first == 8 and found.planted_bits == found.most_bits == math.log2(101)
    assert found.learnt and found.p_value < 1e-6
    assert found.control_bits is not None
    assert found.control_bits < 3.5 and found.chance_bits == pytest.approx(1.39, abs=0.05)


def test_one_secret_that_is_known_among_many_is_seen() -> None:
    found = measure_exposure(knows({MADE[0].secret}), MADE[:1], candidates=200)
    assert found.learnt and found.first == 1


def test_a_model_that_knows_nothing_is_seldom_flagged() -> None:
    runs = [
        measure_exposure(knows(set(), seed), MADE[:8], candidates=30, seed=seed)
        for seed in range(40)
    ]
    assert sum(run.p_value < 0.05 for run in runs) <= 6
    mean = np.mean([run.planted_bits for run in runs])
    assert mean == pytest.approx(runs[0].chance_bits, abs=0.25)


def test_one_answer_for_all_is_no_knowledge() -> None:
    """A rank that counted only what is likelier would call each of these the first."""
    found = measure_exposure(lambda r: [np.zeros(3) for _ in r], MADE, candidates=20)
    assert found.planted_bits == 0 and not found.learnt


def test_candidates_have_the_form_and_are_never_the_secret() -> None:
    asked: list[Request] = []

    def scoring(requests: Sequence[Request]) -> list[np.ndarray]:
        asked.extend(requests)
        return [np.zeros(1) for _ in requests]

    canary = Canary("Which key?", "Key AB-12 it is.", "AB-12", planted=True)
    measure_exposure(scoring, [canary], candidates=40)
    said = [continuation for _, continuation in asked]
    assert said[0] == " AB-12" and len(set(said)) == 41
    assert all(each[:4] == " AB-" and each[4:].isdigit() for each in said)
    assert asked[0][0][-1] == {"role": "assistant", "content": "Key"}  # type: ignore[comparison-overlap]
    with pytest.raises(InputError, match="a form of 100 secrets"):
        measure_exposure(scoring, [canary], candidates=60)
    with pytest.raises(InputError, match="no canary was planted"):
        measure_exposure(scoring, [e for e in MADE if not e.planted])


def test_the_files_of_canaries(tmp_path: Path) -> None:
    assert len({each.prompt for each in MADE}) == 16
    rows = training_rows(MADE)
    assert len(rows) == 8 and rows[0] == {"prompt": MADE[0].prompt, "response": MADE[0].answer}
    path = tmp_path / "canaries.jsonl"
    write_lines(path, MADE)
    assert read_canaries(path) == MADE
    path.write_text('{"prompt": "a"}\n')
    with pytest.raises(DataError, match="line 1"):
        read_canaries(path)
    path.write_text('{"prompt": "a", "answer": "the key", "secret": "key"}\n')
    with pytest.raises(InputError, match="secret with digits"):
        read_canaries(path)
    line = '{"prompt": "a", "answer": "it is 12", "secret": "12", "planted": "false"}\n'
    path.write_text(line)  # a word is no answer to whether it was planted
    with pytest.raises(DataError, match="line 1"):
        read_canaries(path)
    path.write_text('{"prompt": "a\u2028b", "answer": "it is 12", "secret": "12"}\n', "utf-8")
    assert read_canaries(path)[0].prompt == "a\u2028b"  # no line ends there
    path.write_bytes(b"\xff\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_canaries(path)
    path.write_text("\n")
    with pytest.raises(DataError, match="no canary"):
        read_canaries(path)
    with pytest.raises(InputError, match="no file"):
        read_canaries(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="from 1 to 10,000"):
        make_canaries(0)


def test_min_k_looks_at_the_least_likely_tokens() -> None:
    logprobs = np.array([-1.0, -8.0, -0.5, -4.0, -0.1, -0.2, -0.3, -0.4, -0.6, -0.7])
    assert min_k(logprobs, 0.2) == pytest.approx(-6.0)
    assert min_k(logprobs[:2], 0.2) == -8.0  # one token at least
    # A member has no surprise in it, where the mean of all tells nothing.
    calm, odd = np.full(10, -1.0), np.array([-9.1] + [-0.1] * 9)
    assert min_k(calm) > min_k(odd) and calm.mean() == pytest.approx(odd.mean())


def test_the_area_is_that_of_the_rank_test() -> None:
    drawn = np.random.default_rng(0)
    inside, outside = drawn.normal(0.7, 1, 60), drawn.normal(0, 1, 120)
    found = judge_texts("loss", [*inside, *outside], 60)
    assert found.auc == pytest.approx(mannwhitneyu(inside, outside).statistic / (60 * 120))
    assert found.low < 0.69 < found.high  # Phi(.7 / sqrt 2)
    assert found.advantage == pytest.approx(0.27, abs=0.12)  # 2 Phi(.35) - 1
    assert found.hits_at_1_percent is not None and found.hits_at_1_percent < 0.3
    whole = judge_texts("loss", [*(inside + 20), *outside], 60)
    assert whole.auc == 1 and 0.9 < whole.low < 1 and whole.advantage == pytest.approx(1, abs=0.05)


def test_texts_are_told_where_they_are_known_and_not_elsewhere() -> None:
    members: list[Request] = [("a", f" member {n}") for n in range(40)]
    others: list[Request] = [("a", f" other {n}") for n in range(40)]
    known = {said.strip() for _, said in members}
    assert attack_texts(knows(known), members, others).told
    blind = [attack_texts(knows(set(), seed), members, others).told for seed in range(20)]
    assert sum(blind) <= 2
    # What the model finds likely anyhow is taken off by the reference.
    easy = knows(known)([*members, *others])
    calibrated = attack_texts(lambda r: easy, members, others, reference=easy)
    assert calibrated.attacks[-1].auc == 0.5 and len(calibrated.attacks) == 3
    with pytest.raises(InputError, match="from 10 of each"):
        attack_texts(knows(set()), members[:9], others)
    with pytest.raises(InputError, match="share"):
        attack_texts(knows(set()), members, others, share=0)


def test_rows_are_read_as_fine_tuning_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows: list[dict[str, Any]] = [
        {"prompt": "a", "response": "b"},
        {
            "messages": [
                {"role": "user", "content": "c"},
                {"role": "assistant", "content": "d"},
            ]
        },
        {"text": "one two"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    user = [{"role": "user", "content": "a"}]
    assert read_requests(path, most=2)[0] == (user, "b")
    assert [each[1] for each in read_requests(path, most=9)] == ["b", "d", " two"]
    for bad in ('{"text": "one"}', '{"prompt": "a"}', "[]", '{"messages": []}', "{"):
        path.write_text(bad + "\n")
        with pytest.raises((DataError, InputError), match="line 1"):
            read_requests(path, most=9)


def test_a_real_model_is_asked(shared_home: Path, tmp_path: Path) -> None:
    """A secret that stands in the question is known; one that stands nowhere is not."""
    told = [
        Canary(f"The code is {each.secret}. Say it.", each.answer, each.secret, planted=True)
        for each in MADE[:3]
    ]
    with open_scoring("smollm2-135m", engine="transformers") as (name, scoring):
        found = measure_exposure(scoring, told, model=name, candidates=20)
        assert found.first == 3 and found.learnt
        blind = measure_exposure(scoring, MADE[:2], model=name, candidates=20)
        assert not blind.learnt
        asked = [{"role": "user", "content": "What is the capital of France?"}]
        right, wrong = scoring([(asked, "Paris"), (asked, "cabbage")])
        assert right.mean() > wrong.mean()
        begun = [*asked, {"role": "assistant", "content": "The capital is"}]
        assert scoring([(begun, " Paris")])[0][0] > scoring([(asked, " Paris")])[0][0]
    with (
        pytest.raises(CapabilityError, match="virtual"),
        open_scoring("ensemble/x"),
    ):
        pass


def test_the_command_makes_canaries(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out, rows = tmp_path / "c.jsonl", tmp_path / "r.jsonl"
    given = ["privacy", "canaries", "--out", str(out), "--rows", str(rows), "--count", "3"]
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 0 and "3 to plant, 3 not" in capfd.readouterr().out
    assert len(read_canaries(out)) == 6 and len(rows.read_text().splitlines()) == 3
    with pytest.raises(SystemExit) as ended:
        main(given)  # again: what was made is made again
    assert ended.value.code == 0 and not capfd.readouterr().err
    mine = '{"prompt": "What is 1?", "response": "One."}\n'
    rows.write_text(mine)
    for other in (given, [*given[:3], str(tmp_path / "n"), "--rows", str(tmp_path / "n")]):
        with pytest.raises(SystemExit) as ended:
            main(other)
        assert ended.value.code != 0
    said = capfd.readouterr().err
    assert "would be lost" in said and "cannot be both" in said and rows.read_text() == mine
    with pytest.raises(SystemExit) as ended:
        main(["privacy", "exposure", "--canaries", str(tmp_path / "none")])
    assert ended.value.code != 0 and "privacy canaries" in capfd.readouterr().err
