"""Snapshots: the same bytes for the same rows, no leak between parts, found again by their id."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import DataError, InputError, IntegrityError, NotFoundError
from workbench.core.operations import find
from workbench.finetuning.examples import of_prompt
from workbench.finetuning.snapshots.rows import rows_of
from workbench.finetuning.snapshots.snapshot import find_snapshot, list_snapshots, write_rows
from workbench.finetuning.snapshots.splitting import HELD_OUT, split_rows
from workbench.finetuning.snapshots.taking import read_source
from workbench.store.artifacts import Artifacts

WAYS = ("What does {} mean?", "what does {} mean", "Tell me how to cure {} now", "{} is on, help!")
ROWS = [
    {"prompt": way.format(f"Z{n}"), "response": f"Turn wheel {n}", "fact": f"z{n}"}
    for n in range(10, 16)
    for way in WAYS
]
SAID = {"license": "CC0", "consent": "written by hand"}


def _file(folder: Path, rows: list[dict[str, str]], name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _keep(**params: Any) -> Any:
    return find("finetuning.snapshot").run(params)


def test_a_snapshot_is_checked_kept_found_and_the_same_again(home: Path, tmp_path: Path) -> None:
    file = _file(tmp_path, ROWS)
    made = _keep(file=str(file), name="z", heldout_share=0.2, **SAID)
    # The second way repeats the first but for case and a mark.
    assert made.report["counts"] == {"near_duplicate": 6} and sum(made.rows.values()) == 18
    assert made.rows[HELD_OUT] >= 4 and made.reference == "z@1"
    assert _keep(file=str(file), name="z", heldout_share=0.2, **SAID) == made
    for reference in (made.id, made.id[:8], "z", "z@1"):
        assert find_snapshot(reference) == made
    train, held = made.examples(), made.examples(HELD_OUT)
    assert (len(train), len(held)) == (made.rows["train"], made.rows[HELD_OUT])
    assert train[0].group.startswith("z") and train[0].identity.startswith("line ")
    assert made.license == "CC0" and list(made.sources) == ["rows.jsonl"]
    with pytest.raises(NotFoundError):
        find_snapshot("000000")
    with pytest.raises(NotFoundError):
        made.examples("test")


def test_a_further_one_knows_its_parent(home: Path, tmp_path: Path) -> None:
    first = _keep(file=str(_file(tmp_path, ROWS)), name="z", **SAID)
    new = [*ROWS[:1], {"prompt": "And what is a wheelwright?", "response": "Who makes wheels"}]
    new.append({"prompt": "Is a hub round?", "response": "Yes"})
    file = _file(tmp_path, new, "new.jsonl")
    second = _keep(file=str(file), name="z", known="z", **SAID)
    assert (second.reference, second.parents, second.rows["train"]) == ("z@2", (first.id,), 2)
    assert [each.reference for each in list_snapshots("z")] == ["z@1", "z@2"]


def test_equal_rows_give_equal_bytes_in_another_process(tmp_path: Path) -> None:
    code = (
        "import sys; from workbench.finetuning.examples import of_prompt;"
        "from workbench.finetuning.snapshots.snapshot import write_rows;"
        "sys.stdout.buffer.write(write_rows([of_prompt('é?', 'ja', identity='1')], ['train'],"
        " card={'b': 1, 'a': 2}))"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    rows = [of_prompt("é?", "ja", identity="1")]
    assert write_rows(rows, ["train"], card={"a": 2, "b": 1}) == there
    assert write_rows(rows, ["held_out"], card={"a": 2, "b": 1}) != there


@pytest.mark.parametrize("by", ["row", "group"])
def test_nothing_leaks_between_the_parts(by: str) -> None:
    examples = [
        of_prompt(row["prompt"], row["response"], identity=str(at)) for at, row in enumerate(ROWS)
    ]
    rows = [
        type(row)(**{**row.__dict__, "group": ROWS[row.place]["fact"]}) for row in rows_of(examples)
    ]
    for seed in range(5):
        parts = split_rows(rows, share=0.25, seed=seed, by=by)
        held = {row.asked for row, part in zip(rows, parts, strict=True) if part == HELD_OUT}
        assert 6 <= parts.count(HELD_OUT) < 12
        assert not held & {r.asked for r, part in zip(rows, parts, strict=True) if part != HELD_OUT}
        if by == "group":
            groups = {(row.group, part) for row, part in zip(rows, parts, strict=True)}
            assert len(groups) == len({row.group for row in rows})
        back = split_rows(
            [type(r)(**{**r.__dict__, "place": n}) for n, r in enumerate(rows[::-1])],
            share=0.25, seed=seed, by=by,
        )  # fmt: skip
        assert back[::-1] == parts
    # Broken: a split by the place of the row parts a question from its twin.
    twins = [HELD_OUT if row.place % 4 == 0 else "train" for row in rows]
    held = {row.asked for row, part in zip(rows, twins, strict=True) if part == HELD_OUT}
    assert held & {row.asked for row, part in zip(rows, twins, strict=True) if part == "train"}


def test_what_may_not_be_kept_leaves_nothing(home: Path, tmp_path: Path) -> None:
    bad = [{"prompt": "What does Z1 mean?", "response": "Turn wheel 1"}] * 5
    with pytest.raises(DataError, match="4 of 5 rows"):
        _keep(file=str(_file(tmp_path, bad)), name="z", **SAID)
    with pytest.raises(InputError, match="nothing is said of the license"):
        _keep(file=str(_file(tmp_path, ROWS)), name="z", license=" ",
            consent="x")  # fmt: skip
    one = _file(tmp_path, ROWS[:1], "one.jsonl")
    with pytest.raises(InputError, match="none could be held out"):
        _keep(file=str(one), name="z", heldout_share=0.5, **SAID)
    assert not list_snapshots() and not list((home / "blobs").glob("sha256-*"))
    assert _keep(file=str(one), name="z", **SAID).rows["train"] == 1


def test_bytes_that_changed_are_not_learnt(home: Path, tmp_path: Path) -> None:
    made = _keep(file=str(_file(tmp_path, ROWS)), name="z", **SAID)
    path = Artifacts().path(made.id)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(IntegrityError):
        made.examples()


def test_a_name_with_a_dot_is_a_snapshot(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _keep(file=str(_file(tmp_path, ROWS)), name="v1.2", **SAID)
    new = [{"prompt": "Who makes wheels?", "response": "A wheelwright makes them"}]
    second = _keep(file=str(_file(tmp_path, new, "new.jsonl")), name="z", known="v1.2", **SAID)
    assert second.parents == (first.id,)
    monkeypatch.chdir(tmp_path)
    assert len(read_source("v1.2")) == 18
    with pytest.raises(NotFoundError, match="there is no file") as caught:
        read_source("v1.3")
    assert "v1.2" in str(caught.value.hint)
