"""The verifier: what it finds, what variants without one of its checks let pass, and where it runs.

Small here; ``bench/ledger.py`` does the same on a million entries.
"""

from __future__ import annotations

import ast
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from workbench.privacy.ledger import verifier
from workbench.privacy.ledger.checkpoints import list_checkpoints, make_checkpoint
from workbench.privacy.ledger.portable import line_of
from workbench.privacy.ledger.tampering import WAYS, Forgery, forge, rewrite_from
from workbench.privacy.ledger.verifier import CannotCheckError, Fault, Signed, Walk, verify
from workbench.store.ledger import Ledger

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TRIES = 60


def forged(lines: list[bytes], forgery: Forgery) -> list[bytes]:
    """The whole falsified ledger."""
    at = forgery.changed_from
    return [*lines[:at], *forgery.lines, *lines[at + 4 :]]


def names(fault: Fault | None, first: int) -> bool:
    """Whether a fault says where: among two entries at most, and the first changed is one."""
    if fault is None or fault.broken_at is None or fault.broken_to is None:
        return False
    return fault.broken_at <= first <= fault.broken_to <= fault.broken_at + 1


@given(fields=st.lists(ANY_TEXT, min_size=7, max_size=7), number=st.integers(1, 2**53 - 1))
def test_a_line_is_what_rfc_8785_lays_down(fields: list[str], number: int) -> None:
    time, actor, action, subject, data, previous, written = fields
    line = line_of((number, time, actor, action, subject, data, previous, written))
    pairs = {
        "number": number, "time": time, "actor": actor, "action": action, "subject": subject,
        "data": data, "previous": previous, "hash": written,
    }  # fmt: skip
    assert line == rfc8785.dumps(pairs) + b"\n"


@given(fields=st.lists(ANY_TEXT, min_size=5, max_size=5))
def test_the_verifier_reads_every_text_in_that_form_and_no_other(fields: list[str]) -> None:
    time, actor, action, subject, data = fields
    line = line_of((1, time, actor, action, subject, data, "0" * 64, "1" * 64))
    assert verifier.ENTRY.fullmatch(line, 0, len(line) - 1)
    in_ascii = json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")).encode()
    if in_ascii != line[:-1]:
        assert not verifier.ENTRY.fullmatch(in_ascii)


def test_a_sound_ledger_is_sound(lines: list[bytes]) -> None:
    report = verify(lines)
    assert (report.ok, report.entries, report.fault) == (True, 40, None)


@pytest.mark.parametrize("way", WAYS)
def test_each_falsified_place_is_found_and_named(lines: list[bytes], way: str) -> None:
    rng = random.Random(way)
    for _ in range(TRIES):
        forgery = forge(lines, way, rng)
        report = verify(forged(lines, forgery))
        assert not report.ok, forgery
        assert names(report.fault, forgery.first), (forgery, report.fault)


def test_every_single_bit_of_an_entry_is_covered(lines: list[bytes]) -> None:
    at = 7
    for bit in range(8 * len(lines[at])):
        turned = bytearray(lines[at])
        turned[bit >> 3] ^= 1 << (bit & 7)
        text = b"".join([*lines[:at], bytes(turned), *lines[at + 1 :]])
        fault = verify(text.splitlines(keepends=True)).fault
        assert fault is not None and fault.broken_at == at + 1, bit


class SkipsTheChain(Walk):
    """Broken: each entry is looked at alone."""

    def _unchained(self, expected: int, previous: str) -> Fault | None:
        return None


class SkipsTheHash(Walk):
    """Broken: an entry's own words are not looked at."""

    def _changed(self, expected: int, hashed: bytes, written: bytes) -> Fault | None:
        return None


class SkipsTheCount(Walk):
    """Broken: numbers are not looked at."""

    def _miscounted(self, expected: int, number: int) -> Fault | None:
        return None


@pytest.mark.parametrize(
    ("broken", "way"),
    [(SkipsTheChain, "resealed"), (SkipsTheHash, "rewritten"), (SkipsTheCount, "bit")],
)
def test_a_verifier_that_skips_a_check_lets_a_forgery_pass(
    lines: list[bytes], monkeypatch: pytest.MonkeyPatch, broken: type[Walk], way: str
) -> None:
    if broken is SkipsTheCount:  # an entry that is counted wrong, and sealed so by its writer
        entry = json.loads(lines[39])
        head = {**{k: v for k, v in entry.items() if k != "hash"}, "number": 99}
        from workbench.privacy.ledger.tampering import _sealed

        forgery = [*lines[:39], _sealed(head)]
    else:
        forgery = forged(lines, forge(lines, way, random.Random(1)))
    assert not verify(forgery).ok
    monkeypatch.setattr(verifier.chain, "Walk", broken)
    assert verify(forgery).ok


def signed_lines(lines: list[bytes]) -> tuple[list[bytes], list[Signed], bytes]:
    made = make_checkpoint()
    return lines, list_checkpoints(), made.public_key.read_bytes()


@pytest.mark.parametrize("number", [1, 2, 25, 40])
def test_a_chain_written_anew_is_found_by_a_checkpoint_alone(
    lines: list[bytes], number: int
) -> None:
    _, kept, key = signed_lines(lines)
    anew = rewrite_from(lines, number)
    trusting = verify(anew, head=(40, json.loads(anew[-1])["hash"]))
    assert trusting.ok  # broken variant: trusts the head file, which the forger wrote as well
    found = verify(anew, checkpoints=kept, public_key=key)
    assert found.fault is not None
    assert found.fault.broken_at is not None and found.fault.broken_to is not None
    assert found.fault.broken_at <= number <= found.fault.broken_to


def test_more_checkpoints_say_more_closely_where(ledger: Ledger) -> None:
    make_checkpoint()
    for _ in range(3):
        for _ in range(5):
            ledger.append("a", "b", actor="ann")
        made = make_checkpoint()
    lines = [line_of(entry) for entry in ledger.walk()]
    key, kept = made.public_key.read_bytes(), list_checkpoints()
    assert [each.checkpoint.size for each in kept] == [40, 45, 50, 55]
    report = verify(lines, checkpoints=kept, public_key=key)
    assert (report.checkpoints, report.signed_entries) == (4, 55)
    fault = verify(rewrite_from(lines, 47), checkpoints=kept, public_key=key).fault
    assert fault is not None and (fault.broken_at, fault.broken_to) == (46, 50)


def test_an_end_that_was_cut_off_is_found(lines: list[bytes]) -> None:
    _, kept, key = signed_lines(lines)
    assert verify(lines[:30]).ok  # the chain alone cannot know
    fault = verify(lines[:30], checkpoints=kept, public_key=key).fault
    assert fault is not None and (fault.broken_at, fault.broken_to) == (31, 40)
    assert "cut off" in fault.reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda whole: whole[:-40], "entry 40 is cut off"),
        (lambda whole: whole.replace(b"\n", b"\r\n"), "CR LF"),
        (lambda whole: b"\xef\xbb\xbf" + whole, "byte order mark"),
        (lambda whole: whole.decode().encode("utf-16"), "UTF-16"),
        (lambda whole: whole.decode().encode("cp1252"), "line 1 is no UTF-8"),
        (lambda _: b"", "the ledger is empty"),
        (lambda _: b"\x1f\x8b\x08\x00", "compressed"),
        (lambda _: b"SQLite format 3\0" + bytes(99), "database"),
        (lambda whole: whole.replace(b'","actor', b'", "actor', 1), "RFC 8785"),
        (lambda whole: whole + b"\n", "line 41 is no entry"),
        (lambda whole: whole[: whole.index(b"\n")] + b"\xc0\xaf\n", "line 1"),
    ],
)
def test_bad_files_are_told_apart(
    lines: list[bytes], tmp_path: Path, change: Callable[[bytes], bytes], said: str
) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(change(b"".join(lines)))
    report = verifier.check_file(path)
    assert report.fault is not None
    assert said in report.fault.reason


def test_bad_keys_and_checkpoints_are_told_apart(lines: list[bytes], tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
    )

    _, kept, key = signed_lines(lines)

    def pem(private: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
        return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    stranger = verify(lines, checkpoints=kept, public_key=pem(Ed25519PrivateKey.generate()))
    assert stranger.fault is not None and "not with yours" in stranger.fault.reason
    said = kept[0].checkpoint
    for name, value in (("size", 39), ("root", "0" * 64), ("time", "2020-01-01T00:00:00+00:00")):
        other = verifier.Checkpoint(**{**said.__dict__, name: value})
        changed = [Signed(other, kept[0].key, kept[0].signature, "x")]
        found = verify(lines, checkpoints=changed, public_key=key).fault
        assert found is not None and "does not match its signature" in found.reason
    for given_key, why in (
        (None, "without the public key"),
        (b"nonsense", "no PEM"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "not of Ed25519"),
        (b"-----BEGIN PRIVATE KEY-----", "private key"),
    ):
        with pytest.raises(CannotCheckError, match=why):
            verify(lines, checkpoints=kept, public_key=given_key)
    for text in (b"{}", b"[", b'{"checkpoint": {"size": 0}}', b"\xff", lines[0]):
        with pytest.raises(CannotCheckError, match="is no checkpoint"):
            verifier.read_checkpoint(text, "given.json")


def test_a_checkpoint_of_another_ledger_is_told(lines: list[bytes]) -> None:
    _, kept, key = signed_lines(lines)
    fault = verify(rewrite_from(lines, 1), checkpoints=kept, public_key=key).fault
    assert fault is not None and "another ledger" in fault.reason


def test_the_verifier_imports_the_standard_library_and_signatures_alone() -> None:
    found = set()
    for path in Path(verifier.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                # One dot is the folder itself; two would be the package that wrote the ledger.
                found.add(
                    (node.module or "").partition(".")[0] if not node.level else "." * node.level
                )
    assert found - set(sys.stdlib_module_names) == {".", "cryptography"}


def run_alone(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of the verifier where nothing of ours can be imported."""
    source = Path(verifier.__file__).parent
    shutil.copytree(
        source,
        folder / "verifier",
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    guard = (
        "import runpy, sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('workbench', 'sqlite3', 'rfc8785', 'pymerkle'):\n"
        "            raise ImportError('refused: ' + name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "sys.path.insert(0, '.')\n"
        "runpy.run_module('verifier', run_name='__main__', alter_sys=True)\n"
    )
    (folder / "guard.py").write_text(guard)
    command = [sys.executable, "-I", str(folder / "guard.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_it_runs_where_nothing_else_of_the_package_is(lines: list[bytes], tmp_path: Path) -> None:
    made = make_checkpoint()
    path, folder = tmp_path / "ledger.jsonl", made.path.parent
    path.write_bytes(b"".join(lines))
    words = ["--checkpoints", str(folder), "--public-key", str(made.public_key)]
    good = run_alone(tmp_path, str(path), *words)
    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout)["signed_entries"] == 40
    path.write_bytes(b"".join(rewrite_from(lines, 9)))
    bad = run_alone(tmp_path, str(path), *words)
    assert (bad.returncode, json.loads(bad.stdout)["fault"]["broken_to"]) == (1, 40)
    none = run_alone(tmp_path, str(path), "--checkpoints", str(folder))
    assert none.returncode == 2
    assert "without the public key" in none.stderr
