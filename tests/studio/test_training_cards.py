"""How training runs are drawn: what is shown is what was recorded, and odd runs are no trouble."""

from __future__ import annotations

import dataclasses
import re
import time

import pytest

from workbench.core.viewers import mime_bundle
from workbench.evaluation.checks import Check
from workbench.finetuning.exporting.parity_result import Parity, ParityRow, SideAnswer
from workbench.finetuning.recording.comparing import compare_runs
from workbench.finetuning.recording.recorded_run import RecordedRun, read_document
from workbench.finetuning.recording.scaling import SAME, find_scaling
from workbench.finetuning.recording.tensorboard_files import scalars
from workbench.finetuning.training.recipe import Recipe
from workbench.studio.curves import Curve, draw_curves, round_ticks, thin
from workbench.studio.training_cards import draw_comparison, draw_run
from workbench.studio.training_page import summary
from workbench.studio.training_table import _row


def made_run(run: str = "a1b2c3d4e5f60718", *, steps: int = 20, **changes: object) -> RecordedRun:
    """A made document, as the store keeps one."""
    told = {
        "state": "finished", "kind": "answers", "model": "tiny", "adapter": "facts",
        "steps": steps, "steps_done": steps, "examples": 12, "tokens_per_s": 123.0, "seconds": 9.0,
        "started_s": 1.0, "updated_s": 10.0, "precision": "fp32", "data_sha256": "d" * 64,
        "snapshot": None, "base_sha256": "b" * 64, "stopped": "steps", "machine": {},
        "curve": [[n, 3.0 / n, 0.001, 100.0 + n] for n in range(1, steps + 1)],
        "evaluations": [[0, 3.5], [steps, 0.25]],
        "samples": [
            {"step": 0, "row": "7", "asked": "<|im_start|>user\nWhat <is> it?<|im_end|>\n"
             "<|im_start|>assistant\n", "wanted": "A <b>.", "answer": "No idea"},
            {"step": steps, "row": "7", "asked": "", "wanted": "A <b>.", "answer": "A <b>."},
        ],
        "recipe": {"seed": 0, "rank": 16, "targets": ["q_proj"]},
        "result": {"version": 2, "train_loss": 0.2},
        "evaluated_on": "held-out rows",
    }  # fmt: skip
    return read_document(run, {**told, **changes})


def test_a_run_shows_its_figures_and_answers() -> None:
    html = draw_run(made_run())
    assert "tiny:facts@2" in html and "✓ finished" in html
    assert "3.5 at 0, 0.25 at 20" in html  # the picture in words
    assert "✓ A &lt;b&gt;." in html and "<b>." not in html
    assert "d" * 64 in html
    assert "nan" not in html.lower().replace("finance", "")


def _shared(now: list[tuple[float, float | None]], **changes: object) -> RecordedRun:
    told = [
        {"rank": rank, "working": share, "memory_bytes": 812_000_000, "sent_bytes_s": sent}
        for rank, (share, sent) in enumerate(now)
    ]
    points = [[at, {str(rank): share for rank, (share, _) in enumerate(now)}] for at in (0, 2, 4)]
    plan = {"processes": len(now), "strategy": "fsdp", "tensor": 1, "threads": 1}
    return made_run(plan=plan, processes={"now": told, "points": points}, **changes)


def test_the_processes_of_a_run_are_shown_with_the_one_that_all_wait_for() -> None:
    html = draw_run(_shared([(0.4, 2.5e6), (0.95, None)]))
    assert "<strong>2 processes</strong>" in html and "strategy fsdp" in html
    assert "process 1 worked 95% of its time, and the others waited for it, one of them 60%" in html
    assert "812 MB" in html and "2.50 MB/s" in html and "<td>–</td>" in html
    assert "process 0 40% to 40%, process 1 95% to 95%" in html  # the picture in words
    assert "waited for it" not in draw_run(_shared([(0.9, None), (0.95, None)]))
    assert "processes" not in draw_run(made_run())


def test_a_run_that_has_not_told_of_its_processes_and_its_restarts() -> None:
    plan = {"processes": 4, "strategy": "ddp"}
    restart = {"at_step": 9, "from_step": 8, "processes": 3, "cause": "process <2> was killed",
               "steps_lost": 1}  # fmt: skip
    html = draw_run(made_run(plan=plan, restarts=[restart]))
    assert "None said how it did." in html
    assert "after step 9: process &lt;2&gt; was killed; on 3 processes from step 8, 1 step" in html


def test_a_run_is_held_against_one_process_of_the_same_recipe() -> None:
    shared = _shared([(0.9, None), (0.9, None)], tokens_per_s=300.0)
    alone = made_run("b" * 16, tokens_per_s=200.0)
    other = made_run("c" * 16, tokens_per_s=100.0, recipe={"seed": 0, "rank": 8})
    found = find_scaling(shared, [shared, other, alone])
    assert found is not None and found.alone == "b" * 16
    assert (found.times, found.efficiency) == (1.5, 0.75)
    assert find_scaling(shared, [shared, other]) is None
    gathered = made_run("e" * 16, tokens_per_s=1.0, recipe={**shared.recipe, "accumulation": 4})
    assert find_scaling(shared, [gathered]) is None
    assert set(SAME) <= {each.name for each in dataclasses.fields(Recipe)}
    assert find_scaling(alone, [shared, other]) is None


def test_a_private_run_says_what_it_cost_and_whom_that_protects() -> None:
    cost = {"epsilon_pld": 1.9991, "delta": 1e-5, "noise_multiplier": 3.0}
    html = draw_run(made_run(result={"version": 2, "measures": cost}))
    assert "Private: epsilon 1.999 at delta 1e-05, for one row." in html
    owned = {**cost, "users": 40, "rows_per_user": 5}
    html = draw_run(made_run(result={"version": 2, "measures": owned}))
    assert "for one of 40 users, of each of whom 5 rows at most count." in html
    assert "Private:" not in draw_run(made_run())
    pairs = made_run(kind="preferences", result={"version": 2, "measures": {"accuracy": 0.9}})
    assert "Private:" not in draw_run(pairs)


def test_a_run_without_a_step_says_so() -> None:
    empty = made_run(steps_done=0, curve=[], evaluations=[], samples=[], tokens_per_s=0.0)
    html = draw_run(dataclasses.replace(empty, state="running"))
    assert "Loss: no step yet." in html and "▶ running" in html


@pytest.mark.parametrize(("state", "says"), [("stopped", "It was stopped"), ("failed", "too hot")])
def test_what_went_wrong_is_said(state: str, says: str) -> None:
    html = draw_run(made_run(state=state, error={"message": "too hot", "hint": "cool it"}))
    assert says in html or "too hot" in html
    assert "cool it" in html


def test_differences_are_marked_and_what_is_alike_is_not() -> None:
    other = made_run("ffff0000ffff0000", recipe={"seed": 1, "rank": 16, "targets": ["q_proj"]})
    html = draw_comparison(compare_runs([made_run(), other]))
    marked = re.findall(r'<tr class="wb-differs"><td>([^<]*)', html)
    assert marked == ["seed"]
    same = draw_comparison(compare_runs([made_run(), made_run("ffff0000ffff0000")]))
    assert "the same in everything" in same


def test_viewers_are_registered() -> None:
    assert "wb-curves" in mime_bundle(made_run())["text/html"]
    found = compare_runs([made_run(), made_run("ffff0000ffff0000")])
    assert "side by side" in mime_bundle(found)["text/html"]


def test_many_points_are_thinned_without_their_ends() -> None:
    points = [(float(x), float(x % 7)) for x in range(5000)]
    kept = thin(points)
    assert len(kept) <= 402 and kept[0] == points[0] and kept[-1] == points[-1]
    assert len(draw_curves([Curve("a", kept)], title="t", unit="u")) < 30_000


@pytest.mark.parametrize("ends", [(0.0, 0.0), (1e-9, 2e-9), (-3.0, 4.0), (5.0, 5.0), (0.0, 1e7)])
def test_ticks_are_round_and_hold_the_range(ends: tuple[float, float]) -> None:
    ticks = round_ticks(*ends)
    assert ticks[0] <= ends[0] and ticks[-1] >= ends[1] and 2 <= len(ticks) <= 9


def test_held_out_rows_that_are_not_the_same_are_warned_of() -> None:
    other = made_run("ffff0000ffff0000", data_sha256="e" * 64)
    assert "another seed holds out others" in draw_comparison(compare_runs([made_run(), other]))
    alike = made_run("ffff0000ffff0000")
    assert "holds out others" not in draw_comparison(compare_runs([made_run(), alike]))


@pytest.mark.parametrize(
    ("evaluated_on", "said"),
    [
        ("the rows that were learnt from", "learnt rows"),
        ("the pairs that were learnt from", "learnt pairs"),
        ("rows of the user's own", "rows of your own"),
        ("held-out pairs", "held-out pairs"),
        ("", "rows not known"),
    ],
)
def test_losses_and_answers_are_called_what_they_are_of(evaluated_on: str, said: str) -> None:
    """Of few rows none is held out: to call those that were learnt so is to praise a parrot."""
    run = made_run(evaluated_on=evaluated_on)
    other = made_run("ffff0000ffff0000", evaluated_on=evaluated_on, data_sha256="e" * 64)
    for html in (draw_run(run), draw_comparison(compare_runs([run, other]))):
        assert f"on {said}" in html and f"Answers to {said}" in html
        assert ("held-out" in html) is ("held-out" in said)
        assert ("another seed" in html) is (html.count("side by side") > 0 and "held-out" in said)
    assert f"on {said}" in summary((run,)) and _row(run)["shown"]["on"] == said
    assert [tag for tag, step, _ in scalars(run) if step == 0] == [
        f"loss/{said.replace(' ', '_').replace('-', '_')}"
    ]


def test_a_run_of_today_is_told_without_its_day() -> None:
    now_s = time.time()
    assert _row(made_run(started_s=now_s))["shown"]["begun"].startswith("today ")
    assert re.fullmatch(r"\d+ \w+ \d{4}, \d\d:\d\d", _row(made_run())["shown"]["begun"])


def test_runs_that_were_evaluated_on_other_rows_say_both() -> None:
    learnt = made_run("ffff0000ffff0000", evaluated_on="the rows that were learnt from")
    html = draw_comparison(compare_runs([made_run(), learnt]))
    assert "dots: on held-out rows or learnt rows" in html


def test_parity_shows_what_differs_first_and_escapes_it() -> None:
    same = SideAnswer("llamacpp", "yes", True, 0.001, 0.01)
    other = SideAnswer("mlx", "<i>no", False, 0.3, 0.9)
    rows = (ParityRow("first", "yes", 1, (same,)), ParityRow("second", "yes", 1, (same, other)))
    checks = (Check("mlx", 0.3, None, 0.02, False),)
    found = Parity("a@1", "tiny", "transformers", ("transformers", "mlx"), 8, rows, checks, False)
    html = mime_bundle(found)["text/html"]
    assert html.index("second") < html.index("first<")
    assert "✗ &lt;i&gt;no" in html and "✗ fails" in html and "<i>no" not in html


def test_a_line_of_one_step_is_a_dot() -> None:
    drawn = draw_curves([Curve("one", ((1.0, 2.0),))], title="Speed", unit="tokens/s")
    assert drawn.count('class="dots"') == 1
    two = draw_curves([Curve("two", ((1.0, 2.0), (2.0, 3.0)))], title="Speed", unit="tokens/s")
    assert 'class="dots"' not in two
