"""A pipeline of fine-tuning that is killed 30 times, and how long a rollback takes.

The peer of the kills is a run that nobody killed: the same rows, base and recipe, so that it must
have the same final loss and the same champion. The base is tiny and random and the gate's word is
made; stages, training, store and names are real. The stage is drawn first and the moment within
it, as measured without a kill, second: else all kills would fall into the long ones. Two broken
pipelines go through the same and must be seen to be broken.
"""

from __future__ import annotations

import collections
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shape import REPO, Benchmark, Figure

KILLS, SEED = 30, 11
STAGES = ("collect", "snapshot", "train", "gate", "canary", "promote")
BROKEN = {"early": "event 22", "blind": "event 14"}  # as the promotion begins; after the last step
LOSS_LIMIT = 1e-4
ROLLBACKS, ROLLBACK_LIMIT_MS = 60, 50.0
TESTS = REPO / "tests" / "finetuning" / "pipeline"


class Killer:
    """The process whose forks run the pipeline and are killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(TESTS / "kill_pipeline.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": "1", "WORKBENCH_THREADS": "1"},
            text=True,
        )

    def attempt(self, home: Path, how: str, *, variant: str = "sound") -> dict[str, Any]:
        """How one attempt ended."""
        assert self._process.stdin is not None and self._process.stdout is not None
        config = os.environ["WORKBENCH_CONFIG"]
        env = {"WORKBENCH_HOME": str(home), "WORKBENCH_CONFIG": config}
        self._process.stdin.write(json.dumps({"env": env, "variant": variant, "how": how}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Bed:
    """Homes in each of which one batch is champion and a second one waits."""

    def __init__(self, folder: Path, killer: Killer) -> None:
        from made_gate import rows_of

        from workbench.finetuning.pipeline.definition import Pipeline, define_pipeline
        from workbench.models.formats.tiny import make_tiny_folder
        from workbench.models.formats.to_gguf import write_gguf_of_folder

        self.folder, self.killer, self._made = folder, killer, 0
        make_tiny_folder(folder / "tiny")
        gguf = write_gguf_of_folder(folder / "tiny", folder / "tiny.gguf", type="F32")
        (folder / "workbench.toml").write_text(
            f'[models.tiny]\npath = "{gguf}"\nthreads = 1\ncontext_tokens = 256\n'
        )
        os.environ["WORKBENCH_CONFIG"] = str(folder / "workbench.toml")
        os.environ["WORKBENCH_HOME"] = str(folder / "first")
        inbox, target = folder / "inbox", folder / "target.jsonl"
        inbox.mkdir()
        (inbox / "one.jsonl").write_text(rows_of(0, 12))
        asked = [{"question": f"Who keeps shelf {n}?", "accept": [f"hall {n}"]} for n in range(4)]
        target.write_text("".join(json.dumps(row) + "\n" for row in asked))
        recipe = {"steps": 6, "precision": "fp32", "seed": 3, "batch": 4}
        told: dict[str, Any] = {"recipe": recipe, "checks": (), "preset": "fast-cpu"}
        define_pipeline(
            Pipeline("p", "tiny", str(inbox), str(target), license="CC0", consent="made", **told)
        )
        close_all()
        assert killer.attempt(folder / "first", "end")["ended"] == 0
        close_all()
        (inbox / "two.jsonl").write_text(rows_of(40, 8))

    @contextmanager
    def home(self) -> Iterator[Path]:
        """A copy of the home, which is this process's own meanwhile."""
        self._made += 1
        home = self.folder / f"home-{self._made}"
        shutil.copytree(self.folder / "first", home)
        os.environ["WORKBENCH_HOME"] = str(home)
        try:
            yield home
        finally:
            close_all()
            shutil.rmtree(home)


def close_all() -> None:
    """Let go of the stores that this process has open."""
    from workbench.store.database import close_all as close

    close()


@contextmanager
def counting_champions(counts: collections.Counter[int]) -> Iterator[None]:
    """Look again and again how many versions are champion, from another thread."""
    from workbench.finetuning.versions.operations import list_versions

    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            counts[sum("champion" in each.labels for each in list_versions("tiny:p"))] += 1
            time.sleep(0.02)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def outcome(killer: Killer, home: Path) -> dict[str, Any]:
    """What became of the second batch of a home, its faults in words."""
    from faults import damaged, faults

    from workbench.finetuning.pipeline.stage_rows import StageRows

    runs = StageRows().list_runs("p")
    trained = runs[0].output("train") or {}
    found = [*faults(runs[0], batches=2), *damaged(home)]
    if len(runs) != 2 or runs[0].state != "promoted":
        found.append(f"{len(runs)} runs, the last {runs[0].state}")
    return {"loss": (trained.get("train_loss"), trained.get("eval_loss_after")), "faults": found}


def kill_one_run(
    bed: Bed, chance: random.Random, took_s: dict[str, float], most: int, seen: dict[str, Any]
) -> dict[str, Any]:
    """One run that is killed at up to three moments, and then left alone."""
    stages = sorted(chance.choices(STAGES, k=min(3, most)), key=STAGES.index)
    with bed.home() as home, counting_champions(seen["champions"]):
        ended = 0
        for stage in stages:
            delay_s = chance.uniform(0, took_s[stage])
            said = bed.killer.attempt(home, f"within {stage} {delay_s:.5f}")
            ended = said["ended"]
            if ended != -9:
                break  # it was at its end before the moment came: that is no kill
            at, state = said["last"].split()
            seen["kills"][at if state == "begun" else f"{at}, its work done ({state})"] += 1
        if ended == -9:
            ended = bed.killer.attempt(home, "end")["ended"]
        found = outcome(bed.killer, home)
    if ended != 0:
        found["faults"].append(f"the last attempt ended with {ended}")
    return found


def break_one_run(bed: Bed, variant: str) -> list[str]:
    """The faults of a pipeline that is broken, killed once where it matters."""
    with bed.home() as home:
        bed.killer.attempt(home, BROKEN[variant], variant=variant)
        bed.killer.attempt(home, "end", variant=variant)
        faults: list[str] = outcome(bed.killer, home)["faults"]
    return faults


def measure_kills(rounds: int) -> list[Figure]:
    sys.path.insert(0, str(TESTS))
    chance = random.Random(SEED)
    seen: dict[str, Any] = {"kills": collections.Counter(), "champions": collections.Counter()}
    killer = Killer()
    with tempfile.TemporaryDirectory() as folder:
        bed = Bed(Path(folder), killer)
        with bed.home() as home:
            took_s = killer.attempt(home, "end")["took_s"]
            whole = outcome(killer, home)
        assert not whole["faults"], whole
        runs: list[dict[str, Any]] = []
        while (left := KILLS - sum(seen["kills"].values())) > 0:
            runs.append(kill_one_run(bed, chance, took_s, left, seen))
        broken = {variant: break_one_run(bed, variant) for variant in BROKEN}
        killer.close()
    unseen = [variant for variant, faults in broken.items() if not faults]
    assert not unseen, f"broken pipelines that were not seen to be broken: {unseen}"
    apart = [
        abs(mine - theirs)
        for run in runs
        for mine, theirs in zip(run["loss"], whole["loss"], strict=True)
    ]
    sound = [not run["faults"] for run in runs]
    details = {
        "kills": dict(seen["kills"]),
        "runs": len(runs),
        "stage_took_s": took_s,
        "loss_apart_at_most": max(apart),
        "champions_at_once": dict(seen["champions"]),
        "faults": [fault for run in runs for fault in run["faults"]],
        "broken": broken,
        "rounds_asked": rounds,
    }
    met = [
        float(right and difference <= LOSS_LIMIT)
        for right, difference in zip(
            sound, (max(apart[at : at + 2]) for at in range(0, len(apart), 2)), strict=True
        )
    ]
    return [
        Figure(
            f"runs with {KILLS} kills that ended as if nobody had killed them",
            "a run without kills",
            "share",
            (sum(met) / len(met),),
            (1.0,),
            bound=1.0,
            details=details,
        )
    ]


def measure_rollback(rounds: int) -> list[Figure]:
    import statistics

    from workbench.finetuning.versions.names import promote_version, roll_back
    from workbench.models.adapter_store import register_adapter
    from workbench.models.formats.tiny_lora import make_tiny_lora

    sys.path.insert(0, str(TESTS))
    killer, took_ms = Killer(), []
    with tempfile.TemporaryDirectory() as name:
        bed, folder = Bed(Path(name), killer), Path(name)
        killer.close()
        with bed.home():
            make_tiny_lora(
                folder / "more", folder / "tiny.gguf", name="p", base_model="tiny", seed=9
            )
            two = register_adapter(folder / "more")
            for _ in range(ROLLBACKS * rounds):
                promote_version(two.full_name, reason="to go back from it")
                began_s = time.perf_counter()
                moved = roll_back("tiny:p", reason="measured")
                took_ms.append(1000 * (time.perf_counter() - began_s))
                assert (moved.before, moved.after) == (2, 1)
    parts = [took_ms[at : at + ROLLBACKS] for at in range(0, len(took_ms), ROLLBACKS)]
    p95 = [statistics.quantiles(part, n=20)[-1] for part in parts]
    return [
        Figure(
            f"a rollback, the 95th of 100 ({ROLLBACKS} a round)",
            "the promised 50 ms",
            "ms",
            tuple(p95),
            (ROLLBACK_LIMIT_MS,) * rounds,
            better="lower",
            bound=1.0,
            details={
                "median_ms": [statistics.median(part) for part in parts],
                "max_ms": max(took_ms),
            },
        )
    ]


BENCHMARKS = (Benchmark("pipeline", measure_kills), Benchmark("rollback", measure_rollback))
