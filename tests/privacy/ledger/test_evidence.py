"""Checkpoints, proofs and erasure as a user has them: a home, its keys, its folder elsewhere."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from workbench import privacy
from workbench.core import settings
from workbench.core.errors import (
    AccessError,
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
    StorageError,
)
from workbench.privacy.ledger.checking import (
    BESIDE,
    NO_CHECKPOINTS_HERE,
    NONE_BESIDE,
    OWN_KEY,
    verify_evidence,
)
from workbench.privacy.ledger.checkpoints import (
    checkpoints_folder,
    file_of,
    kept_checkpoints,
    list_checkpoints,
    make_checkpoint,
)
from workbench.privacy.ledger.erasing import finish_erasures, tell_person
from workbench.privacy.ledger.proofs import prove_entry
from workbench.privacy.ledger.subject_keys import SubjectKeys
from workbench.privacy.ledger.tampering import rewrite_from
from workbench.privacy.ledger.verifier.__main__ import main as check_alone
from workbench.store.database import close_all
from workbench.store.ledger import Ledger

ANN = "ann@example.org"


def tamper(home: Path, *statements: str) -> None:
    """Write to the store past the room, without its triggers."""
    close_all()
    with sqlite3.connect(home / "store.sqlite") as raw:
        for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {row[0]}")
        for statement in statements:
            raw.execute(statement)
    raw.close()


def test_a_checkpoint_is_kept_outside_of_the_home_and_its_key_within(
    ledger: Ledger, home: Path
) -> None:
    made = make_checkpoint()
    assert made.path.parent == home.with_name("home-checkpoints")
    assert sorted(each.name for each in made.path.parent.iterdir()) == [
        ".lock", "000000000040.json", "public.pem",
    ]  # fmt: skip
    signing = home / "ledger-keys" / "signing.pem"
    assert stat.S_IMODE(signing.stat().st_mode) == 0o600
    assert b"PRIVATE" not in made.public_key.read_bytes()
    (signed,) = list_checkpoints()
    assert made.path.read_bytes() == file_of(signed)
    check = verify_evidence()
    assert (check.ok, check.entries, check.signed_entries) == (True, 40, 40)
    assert check.notes == (OWN_KEY, BESIDE.format(folder=checkpoints_folder()))
    again = make_checkpoint()
    assert (again.made, again.path) == (False, made.path)
    ledger.append("a", "b", actor="ann")
    assert make_checkpoint().size == 41
    assert [each.size for each in kept_checkpoints()] == [41, 40]


def test_settings_move_both(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("WORKBENCH_LEDGER_CHECKPOINTS", str(tmp_path / "stick"))
    monkeypatch.setenv("WORKBENCH_LEDGER_KEYS", str(tmp_path / "safe"))
    assert make_checkpoint().path.parent == tmp_path / "stick"
    assert (tmp_path / "safe" / "signing.pem").is_file()
    monkeypatch.setenv("WORKBENCH_LEDGER_CHECKPOINTS", str(home / "ledger" / "here"))
    with pytest.raises(ConflictError, match="would go with the ledger itself"):
        make_checkpoint()


def test_what_does_not_hold_is_not_signed(ledger: Ledger, home: Path) -> None:
    made = make_checkpoint()
    tamper(home, "UPDATE ledger SET actor = 'eve' WHERE number = 12")
    with pytest.raises(IntegrityError, match="entry 12 does not match"):
        make_checkpoint()
    check = verify_evidence()
    assert (check.ok, check.broken_at, check.broken_to) == (False, 12, 12)
    assert list(made.path.parent.glob("*.json")) == [made.path]


def test_a_home_written_anew_as_a_whole_passes_without_checkpoints_and_not_with(
    ledger: Ledger, home: Path
) -> None:
    make_checkpoint()
    lines = rewrite_from(_lines(ledger), 21)
    rows = [json.loads(line) for line in lines]
    fields = ("number", "time", "actor", "action", "subject", "data", "previous", "hash")
    tamper(home, "DELETE FROM ledger")
    with sqlite3.connect(home / "store.sqlite") as raw:
        raw.executemany(
            "INSERT INTO ledger VALUES (?,?,?,?,?,?,?,?)",
            [[row[name] for name in fields] for row in rows],
        )
    raw.close()
    head = {"number": 40, "hash": rows[-1]["hash"]}
    (home / "ledger" / "head.json").write_text(json.dumps(head))
    assert Ledger().verify().ok  # the store's own check trusts the head file
    check = verify_evidence()
    assert not check.ok
    assert "written anew" in check.reason
    with pytest.raises(IntegrityError, match="written anew"):
        make_checkpoint()


def _lines(ledger: Ledger) -> list[bytes]:
    from workbench.privacy.ledger.portable import lines_of

    return list(lines_of(ledger.walk()))


def test_the_head_file_is_looked_at_where_nothing_is_signed(ledger: Ledger, home: Path) -> None:
    none = NONE_BESIDE.format(folder=checkpoints_folder())
    assert verify_evidence().notes == (NO_CHECKPOINTS_HERE, none)
    tamper(home, "DELETE FROM ledger WHERE number > 30")
    check = verify_evidence()
    assert (check.ok, check.broken_at, check.broken_to) == (False, 31, 40)
    (home / "ledger" / "head.json").unlink()
    assert "head file is missing" in verify_evidence().reason


def test_checkpoints_beside_another_home_are_used_and_told(
    ledger: Ledger, home: Path, tmp_path: Path
) -> None:
    """A ledger cut off with its head file, whose checkpoints stand beside it, passed as intact."""
    folder = make_checkpoint().path.parent
    close_all()
    other = shutil.copytree(home, tmp_path / "other")
    shutil.copytree(folder, tmp_path / "other-checkpoints")
    assert verify_evidence(other).signed_entries == 40
    tamper(other, "DELETE FROM ledger WHERE number > 30")
    with sqlite3.connect(other / "store.sqlite") as raw:
        ((last,),) = raw.execute("SELECT hash FROM ledger WHERE number = 30")
    raw.close()
    (other / "ledger" / "head.json").write_text(json.dumps({"number": 30, "hash": last}))
    beside = BESIDE.format(folder=tmp_path / "other-checkpoints")
    check = verify_evidence(other)
    assert not check.ok and check.broken_at == 31 and beside in check.notes
    shutil.rmtree(tmp_path / "other-checkpoints")
    check = verify_evidence(other)
    none = NONE_BESIDE.format(folder=tmp_path / "other-checkpoints")
    assert check.ok and check.notes == (NO_CHECKPOINTS_HERE, none)


def test_to_check_a_home_writes_nothing_in_it(ledger: Ledger, home: Path) -> None:
    close_all()
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert verify_evidence(home).ok
    after = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert {p for p in after if p.suffix == ".sqlite"} == {home / "store.sqlite"}
    assert before[home / "store.sqlite"] == after[home / "store.sqlite"]


def test_places_and_stores_that_are_none_are_told(
    ledger: Ledger, home: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match="no store in"):
        verify_evidence(tmp_path)
    with pytest.raises(NotFoundError, match="there is no"):
        verify_evidence(tmp_path / "gone.jsonl")
    with pytest.raises(NotFoundError, match="no checkpoints in"):
        verify_evidence(home, checkpoints=tmp_path / "gone")
    with pytest.raises(NotFoundError, match="no public key"):
        verify_evidence(home, checkpoints=make_checkpoint().path, public_key=tmp_path / "gone")
    close_all()
    store = home / "store.sqlite"
    whole = store.read_bytes()
    store.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(IntegrityError, match=r"damaged|cannot be read"):
        verify_evidence()
    store.write_bytes(b"")
    with pytest.raises(StorageError, match="older workbench"):
        verify_evidence()


def test_an_empty_ledger_is_said_to_be_empty_and_is_not_signed() -> None:
    Ledger().database.connection()
    check = verify_evidence()
    assert (check.ok, check.broken_at) == (False, None)
    assert "empty" in check.reason
    with pytest.raises(InputError, match="nothing to sign"):
        make_checkpoint()


def test_a_key_of_somebody_else_is_told(ledger: Ledger, home: Path) -> None:
    make_checkpoint()
    signing = home / "ledger-keys" / "signing.pem"
    signing.unlink()
    ledger.append("a", "b", actor="ann")
    with pytest.raises(ConflictError, match="signed with another key"):
        make_checkpoint()
    signing.write_bytes(b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n")
    with pytest.raises(IntegrityError, match="damaged"):
        make_checkpoint()
    signing.chmod(0o644)
    with pytest.raises(AccessError, match="mode is 644"):
        make_checkpoint()


def test_a_proof_is_checked_with_the_key_alone(ledger: Ledger, tmp_path: Path) -> None:
    first = make_checkpoint()
    for _ in range(9):
        ledger.append("a", "b", actor="ann")
    make_checkpoint()
    proof = prove_entry(17, tmp_path / "proof.json", since=first.size)
    assert (proof.size, proof.since) == (49, 40)
    check = verify_evidence(proof.path, public_key=proof.public_key)
    assert (check.ok, check.checkpoints, check.signed_entries) == (True, 2, 49)
    said = json.loads(proof.path.read_bytes())
    others = _lines(ledger)
    for change, why in (
        ({"entry": others[17][:-1].decode()}, "entry 18 is not among"),
        ({"entry": said["entry"].replace("ann", "eve")}, "does not match its hash"),
        ({"inclusion": said["inclusion"][:-1]}, "is not among"),
        ({"extends": {**said["extends"], "path": []}}, "do not begin with"),
    ):
        proof.path.write_text(json.dumps({**said, **change}, sort_keys=True))
        check = verify_evidence(proof.path, public_key=proof.public_key)
        assert (check.ok, why in check.reason) == (False, True), (why, check.reason)
    proof.path.write_text(json.dumps({**said, "inclusion": ["zz"]}, sort_keys=True))
    with pytest.raises(InputError, match="this is no proof"):
        verify_evidence(proof.path, public_key=proof.public_key)
    proof.path.write_text(json.dumps(said, sort_keys=True)[:-20])
    with pytest.raises(InputError, match="cut off or damaged"):
        verify_evidence(proof.path, public_key=proof.public_key)
    with pytest.raises(InputError, match="worth nothing without"):
        verify_evidence(proof.path)


def test_an_entry_that_no_checkpoint_covers_has_no_proof_yet(
    ledger: Ledger, tmp_path: Path
) -> None:
    with pytest.raises(ConflictError, match="no checkpoint covers entry 3 yet"):
        prove_entry(3, tmp_path / "proof.json")
    make_checkpoint()
    with pytest.raises(NotFoundError, match="no entry 41: there are 40"):
        prove_entry(41, tmp_path / "proof.json")
    with pytest.raises(NotFoundError, match="no checkpoint of size 7; known: 40"):
        prove_entry(3, tmp_path / "proof.json", since=7)


def test_erasure_leaves_every_hash_checkpoint_and_proof_as_it_was(
    ledger: Ledger, home: Path, tmp_path: Path
) -> None:
    for ward in ("oncology", "surgery"):
        privacy.record("access", "patients", person=ANN, personal={"ward": ward})
    privacy.record("access", "patients", person="bob", personal={"ward": "ear"})
    make_checkpoint()
    proof = prove_entry(41, tmp_path / "proof.json")
    told = tell_person(ANN)
    assert [each.personal["ward"] for each in told] == ["oncology", "surgery"]
    assert ledger.entries(action="privacy.access", limit=1)[0].data["entries"] == 2
    pseudonym = SubjectKeys().pseudonym(ANN)
    erasure = privacy.erase_person(ANN)
    assert (erasure.pseudonym, erasure.entries) == (pseudonym, 3)  # two, and that they were read
    assert verify_evidence().ok
    assert verify_evidence(proof.path, public_key=proof.public_key).ok
    assert make_checkpoint().size == erasure.entry
    for again in (tell_person, privacy.erase_person):
        with pytest.raises(NotFoundError):
            again(ANN)
    assert [each.personal for each in tell_person("bob")] == [{"ward": "ear"}]
    # Somebody of the same name who comes later is somebody new.
    later = privacy.record("access", "patients", person=ANN)
    assert later.data["person"] != pseudonym
    with pytest.raises(IntegrityError, match="do not open"):
        SubjectKeys().open(ANN, ledger.entries(limit=99)[-41].data["sealed"], bound_to="x")


def test_an_erasure_that_was_killed_is_written_down_once_and_ended(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.privacy.ledger import subject_keys

    privacy.record("access", "patients", person=ANN)
    name = SubjectKeys().pseudonym(ANN)

    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(subject_keys, "destroy_key_file", killed)
        privacy.erase_person(ANN)
    assert finish_erasures() == [name]
    assert len(ledger.entries(action="privacy.erasure")) == 1
    assert finish_erasures() == []


def test_a_key_is_not_dropped_inside_a_transaction(ledger: Ledger) -> None:
    privacy.record("access", "patients", person=ANN)
    with ledger.database.transaction(), pytest.raises(ConflictError, match="transaction"):
        privacy.erase_person(ANN)
    assert SubjectKeys().pseudonym(ANN) is not None


def test_a_killed_process_leaves_no_half_checkpoint(ledger: Ledger, home: Path) -> None:
    folder = make_checkpoint().path.parent
    (folder / ".000000000041.json.part-1-ab").write_bytes(b'{"checkpoint":')
    assert verify_evidence().ok
    (folder / "000000000041.json").write_bytes(b'{"checkpoint":')
    with pytest.raises(IntegrityError, match=r"000000000041\.json is no checkpoint"):
        verify_evidence()


def test_the_commands_end_with_1_where_something_is_broken(
    ledger: Ledger, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from workbench.cli.main import main

    def run(*words: str) -> tuple[object, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["privacy", "ledger", *words])
        return ended.value.code, capsys.readouterr().out

    assert run("checkpoints")[1].startswith("no checkpoint yet")
    assert run("checkpoint")[1].startswith("signed 40 entries")
    assert "sound: 40 entries, 1 checkpoint, 40 entries signed" in run("verify")[1]
    assert "entry 3 among 40" in run("prove", "3", "--out", str(home / "p.json"))[1]
    whole, short, part = (home / f"{name}.jsonl" for name in ("whole", "short", "part"))
    assert run("export", str(whole))[0] == 0
    lines = whole.read_bytes().splitlines(keepends=True)
    short.write_bytes(b"".join(lines[:20]))
    assert "1 checkpoint, 40 entries signed" in run("verify", str(whole))[1]
    status, said = run("verify", str(short))  # by this home's own checkpoints, which nobody named
    assert status == 1 and said.startswith("BROKEN in entries 21 to 40")
    assert "the end was cut off, or this was exported before then" in said
    status, said = run("verify", str(short), "--checkpoints", str(checkpoints_folder()))
    assert status == 1 and "cut off" in said and "before then" not in said  # he said of which
    with settings.override("test", ledger_checkpoints=home.parent / "elsewhere"):
        status, said = run("verify", str(short))
        assert status == 0 and "sound" not in said
        assert said.startswith("chain intact as far as it goes: 20 entries; no checkpoint shows")
    part.write_bytes(b"".join(lines[:5] + lines[6:]))  # a hole is no matter of checkpoints
    assert run("verify", str(part))[0] == 1
    tamper(home, "UPDATE ledger SET actor = 'eve' WHERE number = 12")
    status, said = run("verify", str(home), "--json")
    assert (status, json.loads(said)["broken_at"]) == (1, 12)
    assert run("verify")[1].startswith("BROKEN at entry 12")
    assert check_alone([str(home / "p.json"), "--public-key", str(home / "gone")]) == 2
