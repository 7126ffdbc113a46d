"""Digits in ciphertexts, the operations by hand, and sentences."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from workbench.core import events
from workbench.core.cancellation import CancelToken
from workbench.core.errors import CancelledError, InputError, NotFoundError
from workbench.core.operations import find
from workbench.core.plain import to_plain
from workbench.privacy.encryption import operations, tasks
from workbench.privacy.encryption.compiling import Compiled
from workbench.privacy.encryption.networks import network_of
from workbench.privacy.encryption.polynomials import fit_polynomials
from workbench.privacy.encryption.running import infer_encrypted
from workbench.privacy.encryption.tasks import Task, load_task
from workbench.store.ledger import Ledger


def test_all_test_digits_get_the_class_that_the_plain_model_gives(
    digits_task: Task, digits_model: Compiled, home: Path
) -> None:
    assert set(digits_task.asked_labels[:64]) == set(range(10))  # a few rows are no one class
    found = infer_encrypted(digits_task, digits_model)
    assert (found.shape, found.samples_per_call, found.samples) == ((64, 32, 10), 64, 450)
    assert found.agreement_plain == 1.0 and found.disagreements == ()
    assert found.undecided == 0  # so the classes are the same whatever the noise
    assert found.accuracy_encrypted == found.accuracy_plain
    (reach,) = found.fitted_ranges
    dense = digits_model.polynomial.layers[0].dense if digits_model.polynomial else None
    assert dense is not None
    farthest = np.abs(digits_task.rows @ dense.weight.T + dense.bias).max()
    assert reach == pytest.approx(1.1 * farthest)
    assert found.accuracy_trained > 0.96 and found.accuracy_plain > found.accuracy_trained - 0.01
    assert found.agreement_trained > 0.97
    assert found.error < found.error_bound < 1e-3 * found.output_range
    assert (found.rotations, found.galois_keys, found.levels) == (18, 4, 2)
    assert 5 * found.galois_bytes < found.full_galois_bytes
    json.dumps(to_plain(found), allow_nan=False)
    actions = [entry.action for entry in Ledger().entries()]
    assert sorted(actions) == ["privacy.decryption"] * found.calls + ["privacy.key"]


def test_taught_weights_give_the_trained_models_scores_better(
    digits_task: Task, digits_model: Compiled
) -> None:
    """On rows that nothing was fitted to; a higher degree does so too, at the price of a level."""
    rows = digits_task.asked
    network = network_of(digits_task.model)
    wanted = network.scores(rows)

    def off(scores: np.ndarray) -> float:
        return float(np.sqrt(np.mean((scores - wanted) ** 2)))

    fitted = {
        degree: off(fit_polynomials(network, digits_task.rows, degree=degree).scores(rows))
        for degree in (2, 4)
    }
    assert off(digits_model.circuit.scores(rows)) < 0.5 * fitted[2]
    assert fitted[4] < 0.5 * fitted[2]


def test_the_two_sides_by_hand(home: Path, tmp_path: Path) -> None:
    server, client = tmp_path / "server", tmp_path / "client"
    plan = operations.compile_model(server, model="logistic")
    assert plan.parameters.degree == 4096 and plan.batch == 32
    with pytest.raises(InputError, match="is there and not empty"):
        operations.compile_model(server, model="logistic")
    ready: list[str] = []
    token = CancelToken()
    there = threading.Event()

    def hear(event: events.Event) -> None:
        ready.append(event.data["url"])
        there.set()

    unsubscribe = events.subscribe(hear, "privacy.encryption_ready")
    ended: list[CancelledError] = []

    def serve() -> None:
        try:
            find("privacy.encryption_serve").run({"folder": server}, token=token)
        except CancelledError as error:
            ended.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert there.wait(30)
        with pytest.raises(InputError, match="one of plan and server"):
            operations.keys(client)
        made = operations.keys(client, server=ready[0])
        assert made.galois_keys == len(plan.steps)
        asked = operations.ask("digits", server=ready[0], keys=client, samples=40)
        assert asked.accuracy is not None and asked.accuracy > 0.9
        assert (asked.samples, asked.calls) == (40, 2)
        table = tmp_path / "rows.csv"
        table.write_text("\n".join([",".join(f"p{i}" for i in range(64)), ",".join(["0"] * 64)]))
        assert len(operations.ask(str(table), server=ready[0], keys=client).labels) == 1
        table.write_text(table.read_text().replace("0,0", "99,0", 1))
        with pytest.raises(InputError, match="outside of the range"):
            operations.ask(str(table), server=ready[0], keys=client)
        assert len(operations.ask(str(table), server=ready[0], keys=client, clip=True).labels) == 1
        table.write_text("a,b\n1,2\n")
        with pytest.raises(InputError, match="has 2 columns; the model takes 64"):
            operations.ask(str(table), server=ready[0], keys=client)
    finally:
        token.cancel()
        thread.join()
        unsubscribe()
    assert len(ended) == 1
    actions = [entry.action for entry in reversed(Ledger().entries())]
    assert actions == ["privacy.training", "privacy.key", *["privacy.decryption"] * 4]


def test_a_table_of_ones_own(tmp_path: Path, home: Path) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3)) * [1, 50, 1000]
    rows[7, 2] = 1e9  # one far value, which is clipped
    label = np.where(rows[:, 0] + rows[:, 1] / 50 > 0, "yes", "no")
    lines = [
        "a,b,c,name,y",
        *(f"{a},{b},{c},x,{y}" for (a, b, c), y in zip(rows, label, strict=True)),
    ]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines))
    task = load_task("logistic", dataset=str(path), target="y")
    assert task.rows.shape == (150, 3) and set(task.labels) == {"yes", "no"}
    assert abs(task.rows).max() < 1e4 and (task.rows <= task.input_range[1]).all()
    network = network_of(task.model)
    found = np.asarray(network.classes)[network.scores(task.asked).argmax(axis=1)]
    assert (found == task.model.predict(task.asked)).all()
    with pytest.raises(NotFoundError, match=r"no column of .* named 'z'"):
        load_task("logistic", dataset=str(path), target="z")
    with pytest.raises(InputError, match="what is to be foretold"):
        load_task("logistic", dataset=str(path))
    with pytest.raises(InputError, match="the model text is not for digits"):
        load_task("text", dataset="digits")


@pytest.mark.model
def test_topics_of_sentences_that_the_server_does_not_read(
    shared_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_SENTENCES", 25)  # of each topic, and so 20 to learn from
    found = operations.encrypt_infer(model="text")
    assert (found.shape, found.samples, found.samples_per_call) == ((384, 6), 30, 4)
    assert found.agreement_plain == found.agreement_trained == 1.0
    assert found.accuracy_encrypted > 0.6
