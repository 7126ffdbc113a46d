"""An MLP of 64-32-10 on ciphertexts: our compiler against TenSEAL's vectors and tensors.

The same network with quadratics and the same ring, each with the primes and scale that suit it, one
process, by turns. A call is
from rows to scores: encrypt, compute, decrypt. ``ckks_vector`` holds one sample a call, ours 64,
all different. That ours gives the plain network's class for every test digit is asserted first, and
that theirs does for some of them. ``ckks_tensor`` holds a ciphertext a feature, and up to 4,096
samples for the same time: its figure is told for 64 samples, ``details`` has it for a full one.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from shape import Benchmark, Figure, take_turns

CHECKED = 4


class Ours:
    """The compiled network with its keys, in this process."""

    def __init__(self, base: Path) -> None:
        from workbench.privacy.encryption.evaluating import CircuitRunner
        from workbench.privacy.encryption.keys import (
            load_secret_key,
            load_server_keys,
            make_encryption_keys,
            read_given,
        )
        from workbench.privacy.encryption.running import compile_task
        from workbench.privacy.encryption.scheme import load, scheme_of, sealapi
        from workbench.privacy.encryption.tasks import load_task

        self.task = load_task("mlp")
        self.compiled = compile_task(self.task)
        self.plan, seal = self.compiled.plan, sealapi()
        self.folder = make_encryption_keys(self.plan, base / "client")
        contents = read_given(self.folder.for_server)
        self.keys = load_server_keys(contents, self.plan)
        self.runner = CircuitRunner(self.compiled.circuit, self.plan)
        self.scheme = scheme_of(self.plan.parameters)
        public = load("PublicKey", contents["public.key"], self.scheme, what="public key")
        self.encryptor = seal.Encryptor(self.scheme.context, public)
        secret = load_secret_key(self.folder.folder, self.scheme)
        self.decryptor = seal.Decryptor(self.scheme.context, secret)
        self.compute_s: list[float] = []

    def scores(self, rows: Any) -> Any:
        """Scores of up to 64 rows."""
        from workbench.privacy.encryption.evaluating import decode_scores, pack_rows
        from workbench.privacy.encryption.scheme import sealapi

        seal, plan = sealapi(), self.plan
        level, scale = plan.parameters.levels, plan.parameters.scale
        ciphertext, plain = seal.Ciphertext(), seal.Plaintext()
        encoded = self.scheme.encode(pack_rows(rows, plan), level=level, scale=scale)
        self.encryptor.encrypt(encoded, ciphertext)
        started_s = time.perf_counter()
        answer = self.runner.run(ciphertext, self.keys.relin, self.keys.galois)
        self.compute_s.append(time.perf_counter() - started_s)
        self.decryptor.decrypt(answer, plain)
        return decode_scores(self.scheme.encoder.decode_double(plain), plan, len(rows))[0]


class Theirs:
    """The same network by TenSEAL's own vectors and tensors."""

    def __init__(self, ours: Ours) -> None:
        import tenseal

        from workbench.privacy.encryption.running import compile_task

        # Vectors are rescaled after every product, so they take a level more than ours.
        parameters = compile_task(ours.task, tolerance=1e-6).plan.parameters
        self.tenseal = tenseal
        self.context = tenseal.context(
            tenseal.SCHEME_TYPE.CKKS, parameters.degree,
            coeff_mod_bit_sizes=list(parameters.prime_bits),
        )  # fmt: skip
        self.context.global_scale = parameters.scale
        self.context.generate_galois_keys()
        first, last = (stage.dense for stage in ours.compiled.circuit.stages)
        self.first = first.weight.T.tolist(), first.bias.tolist()
        self.last = last.weight.T.tolist(), last.bias.tolist()
        self.compute_s: list[float] = []

    def vector(self, row: Any) -> Any:
        """Scores of one row."""
        import numpy as np

        asked = self.tenseal.ckks_vector(self.context, row.tolist())
        return np.array(self._run(asked).decrypt())

    def tensor(self, rows: Any) -> Any:
        """Scores of up to 4,096 rows."""
        import numpy as np

        asked = self.tenseal.ckks_tensor(self.context, rows[:, None, :].tolist(), batch=True)
        found = self._run(asked, tensors=True).decrypt().tolist()
        return np.array(found)[:, 0, :]

    def _run(self, asked: Any, *, tensors: bool = False) -> Any:
        first, last = self.first[1], self.last[1]
        if tensors:
            first, last = [first], [last]
        started_s = time.perf_counter()
        hidden = asked.mm(self.first[0]) + first
        answer = hidden.square().mm(self.last[0]) + last
        self.compute_s.append(time.perf_counter() - started_s)
        return answer


def timed(call: Callable[[], Any]) -> Callable[[], float]:
    """The seconds of a call."""

    def measure() -> float:
        started_s = time.perf_counter()
        call()
        return time.perf_counter() - started_s

    return measure


def check(ours: Ours, theirs: Theirs) -> float:
    """Each test digit gets the class that the plain network gives; the largest error of a score."""
    import numpy as np

    rows = ours.task.asked
    plain = ours.compiled.circuit.scores(rows)
    batch = ours.plan.batch
    found = np.concatenate([ours.scores(rows[i : i + batch]) for i in range(0, len(rows), batch)])
    assert (found.argmax(axis=1) == plain.argmax(axis=1)).all()
    for row, scores in zip(rows[:CHECKED], plain, strict=False):
        assert theirs.vector(row).argmax() == scores.argmax()
    tensor = theirs.tensor(rows[:batch])
    assert (tensor.argmax(axis=1) == plain[:batch].argmax(axis=1)).all()
    return float(np.abs(found - plain).max())


def measure(rounds: int) -> Sequence[Figure]:
    """A call and a sample against vectors, a sample against tensors."""
    import statistics

    import numpy as np

    from workbench.core import settings
    from workbench.store.database import close_all

    with tempfile.TemporaryDirectory() as base:
        # A home of its own: keys and trainings of a benchmark are nobody's deeds.
        with settings.override(home=f"{base}/home"):
            ours = Ours(Path(base))
            close_all()
        theirs = Theirs(ours)
        error = check(ours, theirs)
        rows, batch = ours.task.asked, ours.plan.batch
        ours.compute_s.clear()
        theirs.compute_s.clear()
        call, single = take_turns(
            timed(lambda: ours.scores(rows[:batch])), timed(lambda: theirs.vector(rows[0])),
            rounds=rounds,
        )  # fmt: skip
        told = {
            "samples_ours": batch, "samples_theirs": 1, "digits_checked": len(rows),
            "largest_error": error, "rotations": ours.plan.rotations,
            "galois_keys": ours.folder.galois_keys, "galois_bytes": ours.folder.galois_bytes,
            "compute_s": statistics.median(ours.compute_s),
            "compute_s_theirs": statistics.median(theirs.compute_s),
            "threads": f"ours 1, theirs as many as cores ({os.cpu_count()})",
        }  # fmt: skip
        again, tensors = take_turns(
            timed(lambda: ours.scores(rows[:batch])), timed(lambda: theirs.tensor(rows[:batch])),
            rounds=min(rounds, 3),
        )  # fmt: skip
        full = np.resize(rows, (ours.plan.parameters.slots, rows.shape[1]))
        full_s = timed(lambda: theirs.tensor(full))()
    return [
        Figure(
            "a call of the MLP 64-32-10 on ciphertexts", "ckks_vector", "s", tuple(call),
            tuple(single), better="lower", bound=5.0, details=told,
        ),
        Figure(
            "a sample of the MLP 64-32-10 on ciphertexts", "ckks_vector", "s",
            tuple(each / batch for each in call), tuple(single), better="lower", bound=200.0,
            details=told,
        ),
        Figure(
            "a sample of the MLP 64-32-10 on ciphertexts, 64 of them", "ckks_tensor", "s",
            tuple(each / batch for each in again), tuple(each / batch for each in tensors),
            better="lower",
            details={"full_tensor_samples": len(full), "full_tensor_s": full_s},
        ),
    ]  # fmt: skip


BENCHMARKS = (Benchmark("encryption", measure),)
