"""Circuits on real ciphertexts: as precise as foretold, and wrong where they are made wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import IntegrityError
from workbench.privacy.encryption.compiling import Compiled, compile_encrypted
from workbench.privacy.encryption.evaluating import CircuitRunner, decode_scores, pack_rows
from workbench.privacy.encryption.keys import KeyFolder, ServerKeys, load_secret_key
from workbench.privacy.encryption.scheme import load, scheme_of, sealapi

from .made import keys_for, made_network, made_rows, runner_of

ROWS = made_rows(40, 8, seed=5)


def ask(
    runner: CircuitRunner, keys: ServerKeys, folder: KeyFolder, rows: np.ndarray
) -> tuple[np.ndarray, float]:
    """Encrypt, run and decrypt in this process."""
    seal, plan = sealapi(), runner.plan
    scheme = scheme_of(plan.parameters)
    public = load(
        "PublicKey", (folder.for_server / "public.key").read_bytes(), scheme, what="public"
    )
    level, scale = plan.parameters.levels, plan.parameters.scale
    ciphertext, plain = seal.Ciphertext(), seal.Plaintext()
    encoded = scheme.encode(pack_rows(rows, plan), level=level, scale=scale)
    seal.Encryptor(scheme.context, public).encrypt(encoded, ciphertext)
    answer = runner.run(ciphertext, keys.relin, keys.galois)
    seal.Decryptor(scheme.context, load_secret_key(folder.folder, scheme)).decrypt(answer, plain)
    return decode_scores(scheme.encoder.decode_double(plain), plan, len(rows))


def error_of(compiled: Compiled, runner: CircuitRunner, keys: ServerKeys, at: KeyFolder) -> float:
    scores, _ = ask(runner, keys, at, ROWS)
    return float(np.abs(scores - compiled.circuit.scores(ROWS)).max())


def test_scores_are_as_precise_as_foretold(small: Compiled, small_keys: KeyFolder) -> None:
    runner, keys = runner_of(small, small_keys)
    scores, noise = ask(runner, keys, small_keys, ROWS)
    error = np.abs(scores - small.circuit.scores(ROWS)).max()
    # Under the bound, and not far under: a bound that is never near tells nothing.
    assert small.plan.error_bound / 50 < error < small.plan.error_bound
    assert 0 < noise < small.plan.error_bound


@pytest.mark.parametrize(
    ("shape", "activation", "degree"),
    [
        ((8, 6, 3), "silu", 4),
        ((8, 6, 3), "tanh", 3),
        ((8, 17, 2), "relu", 2),
        ((8, 3), "relu", None),
    ],
)
def test_other_shapes_and_degrees_are_as_precise_as_foretold(
    shape: tuple[int, ...], activation: str, degree: int | None, tmp_path: Path
) -> None:
    compiled = compile_encrypted(
        made_network(shape, activation), made_rows(300, 8), degree=degree, tolerance=0.02
    )
    at = keys_for(compiled, tmp_path)
    runner, keys = runner_of(compiled, at)
    error = error_of(compiled, runner, keys, at)
    assert compiled.plan.error_bound / 200 < error < compiled.plan.error_bound


def test_a_wrong_rotation_is_seen(small: Compiled, small_keys: KeyFolder) -> None:
    runner, keys = runner_of(small, small_keys)
    places = sorted(runner._elements)
    runner._elements[places[0]] = runner._elements[places[1]]
    assert error_of(small, runner, keys, small_keys) > 100 * small.plan.error_bound


def test_a_diagonal_left_out_is_seen(small: Compiled, small_keys: KeyFolder) -> None:
    runner, keys = runner_of(small, small_keys)
    del runner._stages[0].diagonals[0, 1]
    assert error_of(small, runner, keys, small_keys) > 100 * small.plan.error_bound


def test_a_scale_of_2_to_20_is_seen(small: Compiled, tmp_path: Path) -> None:
    """It is refused when a model is compiled; forced, it gives what it was refused for."""
    parameters = replace(small.plan.parameters, scale_bits=20)
    coarse = replace(small, plan=replace(small.plan, parameters=parameters))
    at = keys_for(coarse, tmp_path)
    runner, keys = runner_of(coarse, at)
    assert error_of(coarse, runner, keys, at) > 10 * small.plan.error_bound


def test_a_ciphertext_of_another_scale_is_refused(small: Compiled, small_keys: KeyFolder) -> None:
    runner, keys = runner_of(small, small_keys)
    scheme, seal = runner.scheme, sealapi()
    public = load(
        "PublicKey", (small_keys.for_server / "public.key").read_bytes(), scheme, what="public"
    )
    ciphertext = seal.Ciphertext()
    encoded = scheme.encode([1.0], level=small.plan.parameters.levels, scale=2.0**20)
    seal.Encryptor(scheme.context, public).encrypt(encoded, ciphertext)
    with pytest.raises(IntegrityError, match=r"has the scale 1.04858e\+06, the plan's is 2\^3"):
        runner.run(ciphertext, keys.relin, keys.galois)


def test_sparse_weights_skip_what_is_zero(tmp_path: Path) -> None:
    network = made_network((8, 3), "relu")
    network.layers[0].weight[:, 1:] = 0
    compiled = compile_encrypted(network, made_rows(50, 8), ring=4096)
    at = keys_for(compiled, tmp_path)
    runner, keys = runner_of(compiled, at)
    assert error_of(compiled, runner, keys, at) < compiled.plan.error_bound
