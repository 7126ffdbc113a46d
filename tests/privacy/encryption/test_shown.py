"""What a run, a plan and keys look like in a notebook and in a terminal."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from workbench.cli import privacy as shown
from workbench.core.viewers import mime_bundle
from workbench.privacy.encryption.client import EncryptedAnswers
from workbench.privacy.encryption.compiling import Compiled
from workbench.privacy.encryption.keys import KeyFolder
from workbench.privacy.encryption.operations import AskedLabels
from workbench.privacy.encryption.running import EncryptedInference

GOOD = EncryptedInference(
    model="digits-mlp", dataset="digits", shape=(64, 32, 10), activations=("relu",), degrees=(2,),
    fitted_ranges=(7.5,),
    adapted=True, samples=450, accuracy_trained=0.97, accuracy_plain=0.96, accuracy_encrypted=0.96,
    agreement_plain=1.0, agreement_trained=0.99, outside=0, undecided=0, calls=8,
    samples_per_call=64, call_s=0.06, sample_s=0.001, encrypt_s=0.005, compute_s=0.045,
    decrypt_s=0.005, ring=8192, prime_bits=(60, 35, 35, 60), scale_bits=35, levels=2, rotations=18,
    error=0.002, error_bound=0.008, output_range=23.0, precision_bits=13.5, noise=1e-6,
    galois_keys=4, galois_bytes=5_000_000, full_galois_keys=24, full_galois_bytes=32_000_000,
    given_bytes=7_000_000, ciphertext_bytes=300_000, plan="a" * 64,
)  # fmt: skip
BAD = dataclasses.replace(
    GOOD, agreement_plain=448 / 450, outside=3, undecided=2,
    disagreements=("row 7: plain <1>, encrypted 2",),
)  # fmt: skip


def html(result: object) -> str:
    found: str = mime_bundle(result)["text/html"]
    return found


def test_a_run_says_first_whether_the_classes_are_the_same() -> None:
    drawn = html(GOOD)
    assert "✓ same classes as in plain" in drawn and "as trained (ReLU)" in drawn
    assert 'aria-label="190 bits: scores 60, square 35, layer 35, keys 60"' in drawn
    assert "A call of 64 samples takes 60 ms" in drawn  # the static twin's words
    assert "4 Galois keys of 5 MB in place of 24 of 32 MB" in drawn
    drawn = html(BAD)
    assert "✗ 2 rows differ" in drawn and "row 7: plain &lt;1&gt;, encrypted 2" in drawn
    assert "3 rows outside of a polynomial" in drawn and "2 rows within the noise" in drawn


def test_a_plan_and_keys_draw_themselves(small: Compiled, small_keys: KeyFolder) -> None:
    drawn = html(small.plan)
    assert "small (8-4-3)" in drawn and "512 samples a ciphertext" in drawn
    labels = EncryptedAnswers(np.zeros((3, 2)), (1, 0, 1), (), 0.0, (2,))
    drawn = html(labels)
    assert "✓ decrypted" in drawn and "scores like those of row 2" in drawn
    drawn = html(small_keys)
    assert "The secret key stays in" in drawn and "3 Galois keys of" in drawn


def test_a_terminal_is_told_the_same(
    small: Compiled, small_keys: KeyFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    shown.show_encrypt_infer(BAD)
    out, err = capsys.readouterr()
    assert "deployed, degree 2  0.9600    0.9956" in out
    assert "60 ms a call of 64 samples, 1,000 us a sample; 18 rotations" in out
    assert "3 rows lie outside" in err and "another class: row 7" in err and "by the" not in out
    shown.show_encrypt_infer(dataclasses.replace(GOOD, columns=("age",), left_out=("name", "town")))
    out, _ = capsys.readouterr()
    assert "by the columns age; left out: name, town (no numbers)" in out
    shown.show_encryption_compile(small.plan)
    shown.show_encryption_keys(small_keys)
    asked = AskedLabels("m", 30, ("yes",) * 30, ((0.1,),) * 30, (4,), 0.9, 1, 0.06)
    shown.show_encryption_ask(asked)
    out, err = capsys.readouterr()
    assert "small: 8-4-3, 512 samples a ciphertext" in out
    assert f"secret key in {Path(small_keys.folder)}" in out and "and 10 more" in out
    assert "0.9000 of them right" in err and "no known row had scores like those of row 4" in err
