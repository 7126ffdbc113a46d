"""What a second look sees is taken out too; what it was measured without stands beside the risk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.cli.privacy_anonymisation import show_anonymise, show_risk
from workbench.core.viewers import mime_bundle
from workbench.privacy.anonymisation import filing, reading_model, taking_out
from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.operations import anonymise, new_key, reveal, risk
from workbench.privacy.anonymisation.texts import AnonymisedText

pytestmark = pytest.mark.usefixtures("loaded")
TEXT = "Maria Lopez wrote to ahmed@mail.example.org on Monday.\nMARIA will call 020 7946 0112.\n"


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize("way", ["mask", "surrogate", "pseudonym"])
def test_what_the_second_look_sees_is_taken_out_too_and_told_by_line_and_kind(
    way: Any, letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    real, key = filing.anonymise_texts, new_key(tmp_path / "key")

    def careless(texts: Any, **options: Any) -> Any:
        return real(texts, **{**options, "recognisers": ("emails",), "consistency": None})

    monkeypatch.setattr(filing, "anonymise_texts", careless)
    out, note = tmp_path / "out.txt", tmp_path / "note.jsonl"
    made = anonymise(letter, out=out, way=way, key=None if way == "mask" else key, record=note)
    assert made.ok and made.seen == {} and made.kinds == {"EMAIL": 1, "PERSON": 2, "PHONE": 1}
    places = [(each.line, each.kind) for each in made.taken_out]
    assert places == [(1, "PERSON"), (2, "PERSON"), (2, "PHONE")]
    said = out.read_text()
    assert not any(left in said for left in ("Maria", "MARIA", "0112", "ahmed"))
    if way == "mask":
        assert said == "[PERSON] wrote to [EMAIL] on Monday.\n[PERSON] will call [PHONE].\n"
    if way == "pseudonym":
        reveal(out, out=tmp_path / "back.txt", key=key)
        assert (tmp_path / "back.txt").read_text() == TEXT
    rows = [json.loads(line) for line in note.read_text().splitlines()]
    assert [row["by"] == "second look" for row in rows] == [True, False, True, True]
    assert all(said[row["start"]] == "[" for row in rows) or way == "surrogate"
    show_anonymise(made)
    told = capsys.readouterr()
    assert "by the second look: PERSON in line 1, PERSON in line 2, PHONE in line 2" in told.err
    assert "Maria" not in told.err + told.out and "0112" not in told.err + told.out


def test_a_number_beside_another_script_and_a_log_are_written_without_it(tmp_path: Path) -> None:
    mixed, log = tmp_path / "mixed.txt", tmp_path / "app.log"
    mixed.write_text(
        "Dear Mr Tanaka, your file is ready. 田中太郎様、電話は03-5555-0199です。\n"
        "Regards, Paul Mbeki\n"
    )
    log.write_text(
        "2026-03-01T10:02:14Z INFO  call from 0044 20 7946 0958 to 555-0142 duration=33\n"
        "2026-03-01T10:02:16Z INFO  GET /orders?email=olga%40mail.example&page=2\n"
    )
    for path, gone in ((mixed, ("0199", "田中", "Mbeki")), (log, ("0142", "0958", "olga"))):
        made = anonymise(path, out=tmp_path / f"out-{path.name}")
        said = (tmp_path / f"out-{path.name}").read_text()
        assert made.ok and made.seen == {} and not any(left in said for left in gone)
    assert "email=[EMAIL]&page=2" in said and "duration=33" in said


def test_that_the_model_was_not_there_stands_beside_the_risk(
    letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for missing in (True, False):
        told = "the model is not here" if missing else ""
        monkeypatch.setattr(filing, "why_no_reader", lambda told=told: told)
        made = anonymise(letter, out=tmp_path / "out.txt", overwrite=True)
        found = risk(letter)
        assert isinstance(found, filing.TextRisk) and made.no_reader == found.no_reader == told
        for show, each in ((show_anonymise, made), (show_risk, found)):
            show(each)  # type: ignore[operator]
            out = capsys.readouterr().out
            assert ("this risk is as far as is seen: the model is not here" in out) == missing
        assert ("the model is not here" in mime_bundle(made)["text/html"]) == missing
        assert ("the model is not here" in mime_bundle(found)["text/html"]) == missing


def test_why_there_is_no_reader_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_model, "reader_in_use", lambda: None)
    assert "workbench models pull" in reading_model.why_no_reader()
    monkeypatch.setattr(reading_model, "reader_in_use", object)
    assert reading_model.why_no_reader() == ""


def test_marks_of_a_form_are_not_cut_by_the_second_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Found(0, 12, "PERSON", 1.0, "names")
    monkeypatch.setattr(
        taking_out,
        "look_again",
        lambda made, only=None, places=None: {} if only == [] else {1: (seen,)},
    )
    made = [AnonymisedText("<b>Maria</b> said", "mask", ())]
    done = taking_out.take_out_what_is_seen(
        ["<b>Maria</b> said"], made, views=["\n\n\nMaria\n\n\n\n said"], way="mask", key=None,
        scope="corpus", most_risk=0.0,
    )  # fmt: skip
    assert done.made == made and done.seen == {1: (seen,)} and done.added == {}
