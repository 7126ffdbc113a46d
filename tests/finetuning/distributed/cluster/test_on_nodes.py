"""Runs on a real Ray cluster, whose nodes are killed: raylets of this machine, by their ids."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.core import events, operations
from workbench.core.cancellation import CancelToken
from workbench.core.errors import CancelledError, CapabilityError, PeerError
from workbench.finetuning.training.records import find_run, list_runs

from ..test_faults import EVERY, STEPS, _at
from ..test_shared_run import _curve, _gone, _own_processes, _run
from .nodes_of_tests import Nodes, words_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BREAKING = Path(__file__).parents[1]
SEED = 29


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Two nodes of one core beside the head, which has none."""
    found = Nodes(0, 1, 1)
    yield found
    assert not found.close()


@pytest.fixture
def cluster(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> Nodes:
    """It again, with two nodes however many were killed."""
    while len(nodes.nodes) < 3:
        nodes.add()
    for name, value in nodes.env.items():
        monkeypatch.setenv(name, value)
    return nodes


@pytest.fixture(scope="module")
def losses() -> list[float]:
    """Of one process that nobody touches, once they were asked for."""
    return []


@pytest.fixture
def wanted(data: Path, losses: list[float]) -> list[float]:
    """The losses of one process that nobody touches."""
    if not losses:
        losses += _curve(_run(data, name="whole", steps=STEPS).run)
    return losses


def _on_ray(data: Path, cluster: Nodes, **options: Any) -> Any:
    given = {"processes": 2, "steps": STEPS, "save_every": EVERY, "strategy": "fsdp", **options}
    return _run(data, name="on-ray", launcher="ray", ray_address=cluster.address, **given)


def _kill_at_random(cluster: Nodes) -> dict[int, Callable[[], Any]]:
    chance = random.Random(SEED)
    step, node = chance.randrange(EVERY, STEPS), chance.randrange(1, 3)
    return {step: lambda: cluster.kill(node)}


def test_a_node_is_killed_and_the_run_ends_as_one_that_nobody_touches(
    data: Path, wanted: list[float], cluster: Nodes
) -> None:
    with _at(_kill_at_random(cluster)):
        done = _on_ray(data, cluster, least=1)
    assert _curve(done.run) == pytest.approx(wanted, abs=1e-4), f"seed {SEED}"
    assert 0 < sum(each["steps_lost"] for each in done.restarts) <= EVERY
    assert "is gone" in done.restarts[0]["cause"] and done.restarts[-1]["processes"] == 1
    known = find_run(done.run)
    assert known is not None and known["plan"]["launcher"] == "ray"
    assert _gone(_own_processes_but(cluster)) and _gone(cluster.ranks())


def test_a_run_that_forgets_its_place_ends_otherwise(
    data: Path, wanted: list[float], cluster: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'workbench.finetuning.distributed.rank' in sys.orig_argv:\n"
        f"    sys.path.append({str(BREAKING)!r})\n"
        "    from broken_checkpoints import break_it\n"
        '    break_it("sampler\'s place not restored")\n'
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with _at(_kill_at_random(cluster)):
        done = _on_ray(data, cluster, least=1)
    assert _curve(done.run) != pytest.approx(wanted, abs=1e-4)


def test_another_of_a_higher_priority_goes_first_and_the_run_goes_on_after(
    data: Path, wanted: list[float], cluster: Nodes
) -> None:
    higher: list[subprocess.Popen[str]] = []

    def begin() -> None:
        higher.append(_begin_higher(data, cluster))
        assert higher[0].stderr is not None
        while "waiting for" not in (line := higher[0].stderr.readline()):
            assert line
        time.sleep(12)  # in which the first one's agent looks at the notes twice

    ended: list[bool] = []

    def look(_: events.Event) -> None:
        ended.append(higher[0].poll() == 0)

    with _at({3: begin}), events.listening(look, "finetuning.restart"):
        done = _on_ray(data, cluster)
    (restart,) = done.restarts
    assert restart["cause"].startswith("gave way to the run") and "priority 5" in restart["cause"]
    assert (restart["steps_lost"], restart["processes"]) == (0, 2)
    assert _curve(done.run) == pytest.approx(wanted, abs=1e-4)
    _, said = higher[0].communicate(timeout=120)
    assert higher[0].returncode == 0, said[-2000:]
    first = [told for _, told in list_runs() if told["adapter"] == "higher"]
    assert first[0]["state"] == "finished"


def _begin_higher(data: Path, cluster: Nodes) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable, "-c", "from workbench.cli.main import main; main()",
            "finetuning", "run", "--model", "tiny", "--data", str(data), "--name", "higher",
            "--launcher", "ray", "--ray-address", cluster.address, "--priority", "5",
            "--processes", "2", "--steps", "2", "--precision", "fp32", "--json",
            "--general-questions", "0",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_too_few_cores_are_said_and_not_waited_for(data: Path, cluster: Nodes) -> None:
    with pytest.raises(PeerError, match="room for 2 of 3 processes with 1 core each") as found:
        _on_ray(data, cluster, processes=3)
    assert "--processes 2" in str(found.value.hint)


def test_another_version_is_named(data: Path, cluster: Nodes) -> None:
    cluster.pretend("1.0.0")
    try:
        with pytest.raises(CapabilityError, match=r"other versions.*1\.0\.0"):
            _on_ray(data, cluster)
    finally:
        cluster.pretend()


def test_none_is_left_where_a_run_is_stopped(data: Path, cluster: Nodes) -> None:
    token = CancelToken()
    with _at({2: token.cancel}), pytest.raises(CancelledError):
        _on_ray(data, cluster, token=token)
    assert _gone(_own_processes_but(cluster)) and _gone(cluster.ranks())


def test_the_head_is_killed_and_the_run_goes_on_here(
    data: Path, wanted: list[float], cluster: Nodes
) -> None:
    def lose_head() -> None:
        module = "workbench.finetuning.distributed.cluster.agent"
        agents = [each for each in _own_processes() if module in words_of(each)]
        cluster.kill(0)
        assert _gone(agents, within_s=150)  # until then the processes go on without it

    with _at({5: lose_head}), pytest.raises(PeerError) as found:
        _on_ray(data, cluster)
    assert "no Ray cluster answers" in str(found.value) and "resume" in str(found.value.hint)
    assert _gone(cluster.ranks())
    done = operations.find("finetuning.resume").run(
        {"run": "latest", "launcher": "local", "processes": 1}
    )
    assert _curve(done.run) == pytest.approx(wanted, abs=1e-4)


def test_a_cluster_of_its_own_ends_with_its_run(
    data: Path, wanted: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    others: list[psutil.Process] = []
    scratch: list[Path] = []
    listening: set[str] = set()

    def look() -> None:
        found = _own_processes()
        others.extend(each for each in found if _is_of_ray(each))
        scratch.append(Path(others[0].environ()["RAY_TMPDIR"]))
        assert scratch[0].exists()
        for each in others:
            listening.update(c.laddr.ip for c in each.net_connections() if c.status == "LISTEN")

    with _at({2: look}):
        done = _run(data, name="own", launcher="ray", processes=2, steps=STEPS)
    assert len(others) == 2 and listening <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    assert _gone(others) and not scratch[0].exists()
    assert _curve(done.run) == pytest.approx(wanted, abs=1e-4)


def _is_of_ray(process: psutil.Process) -> bool:
    return any("raylet" in word or "gcs_server" in word for word in words_of(process)[:1])


def _own_processes_but(cluster: Nodes) -> list[psutil.Process]:
    """Ours that are none of the cluster's, and have not ended."""
    known = {each.pid for each in cluster.processes()}
    return [each for each in _own_processes() if each.pid not in known and words_of(each)]
