"""Made traffic asked of a real gateway, which is killed in the middle of it and comes back."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from workbench import identity
from workbench.core import operations, settings
from workbench.core.errors import ConflictError, InputError, PeerError
from workbench.models import catalogue
from workbench.models.loading import model_files
from workbench.monitoring.traffic.driving import DrivenCall, DrivenTraffic, _wishes, drive
from workbench.monitoring.traffic.plan import Drift, TrafficPlan
from workbench.monitoring.warehouse.asking import Warehouse
from workbench.monitoring.warehouse.operations import rebuild
from workbench.store.database import close_all, open_database

MODEL = "smollm2-135m"
USERS = ("sales-ann", "support-bob", "law-eve")
CALLS, KILLED_AFTER, CLIENTS = 32, 12, 3
CONFIG = f"""
[prices]
{MODEL} = {{ prompt_usd_per_million_tokens = 0.37, completion_usd_per_million_tokens = 1.13 }}
"""


def test_as_many_calls_as_planned_on_the_plans_curve() -> None:
    plan = TrafficPlan(days=7, calls=4000, users=30, growth=1.0, drift=Drift(96), seed=2)
    wishes = _wishes(plan, ("a", "b"))
    assert wishes == _wishes(plan, ("a", "b"))
    assert [wish.number for wish in wishes] == list(range(4000))
    at = np.array([wish.at for wish in wishes])
    assert (np.diff(at) >= 0).all() and at[0] >= 0 and at[-1] < 1
    hour = (at * plan.hours % 24).astype(int)
    assert np.isin(hour, range(9, 18)).mean() > 0.5 > 9 / 24
    late = at * plan.hours >= 96
    translated = np.array([wish.task == "translate" for wish in wishes])
    assert translated[~late].mean() < 0.12 < 0.35 < translated[late].mean()
    assert Counter(wish.model for wish in wishes) == {"a": 2000, "b": 2000}


def test_what_cannot_be_driven_is_refused() -> None:
    with pytest.raises(InputError, match="0 keys"):
        drive("http://127.0.0.1:1", [], plan=TrafficPlan())
    with pytest.raises(PeerError, match="no gateway answers"):
        drive("http://127.0.0.1:1", ["key"], plan=TrafficPlan(calls=1))


def test_files_of_made_traffic_are_read_as_usage_and_never_go_where_usage_lies(
    home: Path, tmp_path: Path
) -> None:
    run = operations.find("monitoring.traffic").run
    made = run({"folder": tmp_path / "made", "calls": 3000, "days": 40, "since": "2026-08-20"})
    assert made.months == ("2026-08", "2026-09")
    costs = operations.find("monitoring.costs").run(
        {"usage": tmp_path / "made", "period": "2026-08"}
    )
    months = operations.find("monitoring.costs").run(
        {"usage": tmp_path / "made", "period": "2026-09"}
    )
    assert sum(line.requests for line in (*costs.lines, *months.lines)) == made.rows
    with pytest.raises(ConflictError, match="there is something"):
        run({"folder": tmp_path / "made"})
    with pytest.raises(ConflictError, match="own usage"):
        run({"folder": settings.home() / "usage"})


@dataclass
class Gateway:
    """A real gateway in a process of its own, always at the same port."""

    folder: Path
    port: int
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    engines: list[psutil.Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("workbench")), "serve", "--port", str(self.port),
             "--key-file", str(self.folder / "key")],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=self.folder,
            env={**os.environ, "WORKBENCH_CONFIG": str(self.folder / "workbench.toml"),
                 "WORKBENCH_THREADS": "1"},
        )  # fmt: skip
        self.processes.append(process)
        assert process.stdout is not None
        assert "listens on" in process.stdout.readline()

    def kill(self) -> None:
        """As a machine that loses its power would end it."""
        process = self.processes[-1]
        self.engines += psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        """Let it go in its own way."""
        self.processes[-1].terminate()
        assert self.processes[-1].wait(timeout=60) == 0

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()
        for engine in self.engines:
            with contextlib.suppress(psutil.NoSuchProcess):
                engine.kill()


@pytest.fixture
def gateway(home: Path, shared_home_path: Path, tmp_path: Path) -> Iterator[Gateway]:
    with settings.override(home=shared_home_path):
        model_files(catalogue.find(MODEL))
    home.mkdir(parents=True)
    for name in ("blobs", "sources", "models", "converted"):
        (home / name).symlink_to(shared_home_path / name)
    (tmp_path / "workbench.toml").write_text(CONFIG)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    made = Gateway(tmp_path, port)
    yield made
    made.close()
    close_all()


def settled() -> dict[str, tuple[int, int]]:
    """By request, the tokens that the gateway's store has."""
    rows = open_database().read("SELECT request_id, prompt_tokens, completion_tokens FROM usage")
    found = {row["request_id"]: (row["prompt_tokens"], row["completion_tokens"]) for row in rows}
    assert len(found) == len(rows), "a request was settled twice"
    return found


def unsettled(calls: tuple[DrivenCall, ...]) -> list[str]:
    """Whole answers of which the store knows nothing, or something else.

    What came from the cache was computed by nobody, and is settled with no tokens.
    """
    known = settled()
    wanted = {
        call.request_id: (0, 0) if call.cache else (call.prompt_tokens, call.completion_tokens)
        for call in calls
        if call.is_whole
    }
    return [name for name, tokens in wanted.items() if known.get(name) != tokens]


def sums_of_the_store() -> dict[str, tuple[Any, ...]]:
    rows = open_database().read(
        "SELECT user, count(*) AS calls, sum(prompt_tokens) AS prompt, sum(completion_tokens) AS "
        "completion, sum(cost_nano_usd) AS nano FROM usage GROUP BY user ORDER BY user"
    )
    return {row["user"]: (row["calls"], row["prompt"], row["completion"], row["nano"])
            for row in rows}  # fmt: skip


def sums_of_the_warehouse() -> dict[str, tuple[Any, ...]]:
    with Warehouse() as warehouse:
        rows = warehouse.query(
            'SELECT "user", count(*), sum(prompt_tokens), sum(completion_tokens), sum(cost_nano) '
            'FROM clean_rows GROUP BY "user" ORDER BY "user"'
        )
        total = warehouse.query(
            "SELECT sum(requests), sum(prompt_tokens), sum(completion_tokens), sum(cost_nano) "
            "FROM hourly"
        )[0]
    by_user = {user: tuple(map(int, told)) for user, *told in rows}
    assert tuple(map(sum, zip(*by_user.values(), strict=True))) == total, "rollups are not the rows"
    return by_user


def drive_and_kill(gateway: Gateway, keys: list[str]) -> DrivenTraffic:
    """Traffic during which the gateway is killed once and started again by another thread."""
    ended: list[int] = []
    restarts: list[threading.Thread] = []

    def back() -> None:
        gateway.kill()
        rebuild()  # the warehouse as it is when the gateway is dead
        gateway.start()

    def count(call: DrivenCall) -> None:
        ended.append(call.number)
        if len(ended) == KILLED_AFTER:
            restarts.append(threading.Thread(target=back))
            restarts[0].start()

    try:
        return drive(
            gateway.url, keys, plan=TrafficPlan(days=1, calls=CALLS, users=12, seed=4),
            at_once=CLIENTS, most_tokens=8, patience_s=60, on_call=count,
        )  # fmt: skip
    finally:
        for thread in restarts:
            thread.join()


@pytest.mark.model
@pytest.mark.slow
def test_a_killed_gateways_sums_are_the_warehouses_and_every_answer_is_settled(
    gateway: Gateway,
) -> None:
    keys = [identity.create_key(user, user=user).key for user in USERS]
    gateway.start()
    while drive_one_fails(gateway.url, keys[0]):
        time.sleep(0.2)
    traffic = drive_and_kill(gateway, keys)
    gateway.end()
    assert traffic.asked == CALLS
    assert (traffic.refused, traffic.answered + traffic.broken) == (0, CALLS)
    assert 1 <= traffic.broken <= CLIENTS, "it was killed while it answered"
    stale = sums_of_the_warehouse()
    store = sums_of_the_store()
    assert stale != store, "the broken variant: a warehouse as old as the kill"
    rebuild()
    assert sums_of_the_warehouse() == store
    assert set(store) == set(USERS)
    assert all(nano > 0 for *_, nano in store.values())
    assert unsettled(traffic.calls) == []
    # What was settled beside whole answers is of calls that broke off: at most one a client.
    beside = set(settled()) - {call.request_id for call in traffic.calls if call.is_whole}
    assert len(beside) <= CLIENTS + 1
    answer = next(call for call in traffic.calls if call.is_whole)
    with open_database().transaction() as connection:
        connection.execute("DELETE FROM usage WHERE request_id = ?", (answer.request_id,))
    assert unsettled(traffic.calls) == [answer.request_id], "the broken variant: one is lost"


def drive_one_fails(url: str, key: str) -> bool:
    """Whether it cannot be asked yet: its model is still being loaded."""
    try:
        drive(url, [key], plan=TrafficPlan(days=1, calls=1, users=1), most_tokens=1)
    except PeerError:
        return True
    return False
