"""Recording, and erasure by dropping a key: by hand, by a crash in the midst of it, by others."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from workbench import privacy
from workbench.core.errors import AccessError, InputError, IntegrityError, NotFoundError
from workbench.privacy.ledger import key_files, subject_keys
from workbench.privacy.ledger.recording import deed_of
from workbench.privacy.ledger.subject_keys import SubjectKeys
from workbench.store.database import open_database
from workbench.store.ledger import Ledger

ANN = "ann@example.org"
BOUND = "privacy.access\0patients"


def test_an_action_is_written_with_its_data(home: Path) -> None:
    entry = privacy.record("training", "digits", data={"epsilon": 2.0}, actor="bob")
    assert (entry.action, entry.subject, entry.actor) == ("privacy.training", "digits", "bob")
    assert entry.data == {"epsilon": 2.0}
    assert Ledger().verify().ok
    assert not (home / "ledger-keys").exists()  # no person, no key


def test_an_entry_is_part_of_its_transaction() -> None:
    database = open_database()
    with pytest.raises(RuntimeError), database.transaction():
        privacy.record("budget_spend", "adult", data={"epsilon": 1.0}, database=database)
        raise RuntimeError
    assert Ledger().head().number == 0


def test_a_person_is_told_by_pseudonym_and_nothing_personal_can_be_read(home: Path) -> None:
    entry = privacy.record("access", "patients", person=ANN, personal={"ward": "oncology"})
    again = privacy.record("access", "patients", person=ANN, personal={"ward": "oncology"})
    assert entry.data["person"] == again.data["person"] == SubjectKeys().pseudonym(ANN)
    assert entry.data["sealed"] != again.data["sealed"]  # the same words twice tell nothing
    kept = SubjectKeys().open(ANN, entry.data["sealed"], bound_to=BOUND)
    assert kept == {"ward": "oncology"}
    open_database().close()
    for path in home.rglob("*"):
        if path.is_file():
            assert b"oncology" not in path.read_bytes(), path
            assert b"ann@example" not in path.read_bytes(), path
            assert "ann" not in path.name


def test_a_broken_seal_that_forgets_its_entry_is_caught() -> None:
    entry = privacy.record("access", "patients", person=ANN, personal={"ward": "oncology"})
    with pytest.raises(IntegrityError, match="do not open"):
        SubjectKeys().open(ANN, entry.data["sealed"], bound_to="privacy.release\0patients")
    with pytest.raises(IntegrityError, match="do not open"):
        SubjectKeys().open(ANN, entry.data["sealed"][:-8] + "AAAAAAA=", bound_to=BOUND)
    with pytest.raises(NotFoundError, match="no key of that person"):
        SubjectKeys().open("bob@example.org", entry.data["sealed"], bound_to=BOUND)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"personal": {"ward": 3}}, "belong to a person"),
        ({"person": ANN, "data": {"sealed": "x"}}, "own name"),
        ({"person": ANN, "data": {"why": f"asked by {ANN.upper()}"}}, "in what everybody may read"),
        ({"person": " "}, "empty"),
        ({"person": ANN, "personal": {"x": object()}}, "personal values"),
    ],
)
def test_what_would_tell_of_a_person_for_ever_is_refused(given: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        privacy.record("access", "patients", **given)
    assert Ledger().head().number == 0


def test_an_unknown_action_names_the_near_ones() -> None:
    with pytest.raises(NotFoundError, match="release"):
        privacy.record("relaese", "digits")  # type: ignore[arg-type]


def test_many_are_recorded_at_once() -> None:
    keys = SubjectKeys()
    people = [f"person-{number}@example.org" for number in range(20)]
    Ledger().append_many(deed_of("access", "patients", person=who, keys=keys) for who in people)
    found = Ledger().entries()
    assert {entry.data["person"] for entry in found} == {keys.pseudonym(who) for who in people}


def test_keys_are_their_owners_alone(home: Path) -> None:
    privacy.record("access", "patients", person=ANN)
    paths = list((home / "ledger-keys").rglob("*.key"))
    assert len(paths) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    (path,) = (home / "ledger-keys" / "persons").glob("*.key")
    path.chmod(0o640)
    with pytest.raises(AccessError, match="mode is 640"):
        SubjectKeys().pseudonym(ANN)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(IntegrityError, match="damaged: 5 bytes"):
        privacy.record("access", "patients", person=ANN)


def test_keys_whose_names_are_lost_are_not_joined_by_new_ones(home: Path) -> None:
    privacy.record("access", "patients", person=ANN)
    (home / "ledger-keys" / "naming.key").unlink()
    with pytest.raises(IntegrityError, match="have lost"):
        privacy.record("access", "patients", person=ANN)


def test_threads_make_one_key(home: Path) -> None:
    made: list[str] = []

    def seal() -> None:
        made.append(SubjectKeys().seal(ANN, {}, bound_to=BOUND)[0])

    threads = [threading.Thread(target=seal) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_a_key_that_others_made_first_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "one.key"
    assert key_files.make_key_file(path, b"first") == b"first"
    assert key_files.make_key_file(path, b"second") == b"first"
    assert [each.name for each in path.parent.iterdir()] == ["one.key"]


def test_a_name_is_the_same_in_either_form_of_unicode() -> None:
    composed, taken_apart = "Zo\u00eb", "Zoe\u0308"
    SubjectKeys().seal(composed, {}, bound_to=BOUND)
    assert SubjectKeys().pseudonym(taken_apart) == SubjectKeys().pseudonym(composed)


@pytest.mark.parametrize("crash_in", ["entering", "writing over", "taking the name"])
def test_a_crash_in_the_midst_of_dropping_a_key_is_ended_later(
    home: Path, monkeypatch: pytest.MonkeyPatch, crash_in: str
) -> None:
    keys, entered = SubjectKeys(), list[str]()
    name, sealed = keys.seal(ANN, {"ward": "oncology"}, bound_to=BOUND)
    if crash_in == "entering":

        def crash(_: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            keys.drop(ANN, crash)
    else:
        target = (subject_keys, "destroy_key_file")
        if crash_in == "taking the name":
            target = (Path, "unlink")  # type: ignore[assignment]

        def stop(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(*target, stop)
            keys.drop(ANN, entered.append)
    # From the first moment on nothing opens with it, whatever was left of the work.
    assert keys.pseudonym(ANN) is None
    with pytest.raises(NotFoundError):
        keys.open(ANN, sealed, bound_to=BOUND)
    SubjectKeys().finish(lambda each: entered.append(each) if each not in entered else None)
    assert entered == [name]
    assert list((home / "ledger-keys" / "erasing").glob("*")) == []
    assert list((home / "ledger-keys" / "persons").iterdir()) == []


def test_the_rooms_own_figures_and_trainings_are_written_down(tmp_path: Path) -> None:
    from workbench.privacy.dp.operations import statistic

    table = tmp_path / "people.csv"
    table.write_text("age\n" + "\n".join(str(20 + n % 50) for n in range(200)))
    statistic(str(table), column="age", figure="mean", epsilon=1.0, low=0, high=100)
    newest, spent = Ledger().entries()
    assert (newest.action, spent.action) == ("privacy.release", "privacy.budget_spend")
    assert newest.subject == spent.subject
    assert newest.data == {
        "figure": "mean", "column": "age", "epsilon": 1.0, "unit": "example",
    }  # fmt: skip
