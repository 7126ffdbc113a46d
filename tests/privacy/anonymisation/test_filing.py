"""Files: each kind goes through whole, the gate refuses, nothing is overwritten, keys turn back."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.cli.privacy_anonymisation import show_anonymise
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import (
    CancelledError,
    DataError,
    InputError,
    IntegrityError,
    NotFoundError,
    StorageError,
)
from workbench.core.plain import to_plain
from workbench.core.viewers import mime_bundle
from workbench.privacy.anonymisation import filing, second_look, taking_out
from workbench.privacy.anonymisation.operations import anonymise, new_key, reveal, risk
from workbench.privacy.anonymisation.tables.prefixes import is_code, prefix_hierarchy
from workbench.privacy.anonymisation.texts import AnonymisedText, Decision
from workbench.store.ledger import Ledger

IMAGE, MAIL = {"image/png": "aGk="}, "jo@mail.example.org"
pytestmark = pytest.mark.usefixtures("loaded")
TEXT = "Maria Lopez wrote to ahmed@mail.example.org on Monday.\nMARIA will call 020 7946 0112.\n"


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text(TEXT)
    return path


def test_a_text_goes_to_pseudonyms_and_back(letter: Path, tmp_path: Path) -> None:
    key, other = new_key(tmp_path / "key"), new_key(tmp_path / "other")
    assert key.stat().st_mode & 0o077 == 0
    made = anonymise(
        letter, out=tmp_path / "out.txt", way="pseudonym", key=key, record=tmp_path / "r.jsonl"
    )
    assert made.ok and made.kinds == {"EMAIL": 1, "PERSON": 2, "PHONE": 1}
    assert "Maria" not in (tmp_path / "out.txt").read_text() + (tmp_path / "r.jsonl").read_text()
    with pytest.raises(IntegrityError):
        reveal(tmp_path / "out.txt", out=tmp_path / "back.txt", key=other)
    assert not (tmp_path / "back.txt").exists()
    assert reveal(tmp_path / "out.txt", out=tmp_path / "back.txt", key=key).pseudonyms == 4
    assert (tmp_path / "back.txt").read_text() == TEXT
    actions = [entry.action for entry in Ledger().entries()]
    assert actions == ["privacy.decryption", "privacy.anonymisation"]


def test_nothing_is_revealed_that_the_ledger_does_not_know_of(
    letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key(tmp_path / "key")
    assert anonymise(letter, out=tmp_path / "p.txt", way="pseudonym", key=key).ok

    def full(*_: Any, **__: Any) -> None:
        raise StorageError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(filing, "record", full)
        with pytest.raises(StorageError):
            reveal(tmp_path / "p.txt", out=tmp_path / "back.txt", key=key)
    assert not (tmp_path / "back.txt").exists()
    assert reveal(tmp_path / "p.txt", out=tmp_path / "back.txt", key=key).pseudonyms == 4


def test_what_is_left_is_the_same_whatever_stands_in_a_persons_place(
    tmp_path: Path,
) -> None:
    """The dots of a pseudonym's sixty letters were read as a form, of which 'NHS num' was a name:
    ordinary letters were refused, and not a word of what was seen."""
    path, key = tmp_path / "ward.txt", new_key(tmp_path / "key")
    path.write_text(
        "Patient: Nguyen Thi Lan, born 12/05/1984, NHS number 943 476 5919, lives in Leeds with "
        "her husband Peter."
    )
    made = anonymise(path, out=tmp_path / "out.txt", way="pseudonym", key=key)
    assert made.ok and made.seen == {} and made.kinds["PERSON"] == 2

    mask = AnonymisedText("[PERSON] is back.", "mask", (Decision(0, 8, "PERSON", 1, "", "", 9),))
    long = "[PERSON:K7Q2M3XA:" + "O" * 50 + "]"
    sealed = AnonymisedText(
        f"{long} is back.", "pseudonym", (Decision(0, len(long), "PERSON", 1, "", "", 9),)
    )
    views = {second_look._without_replacements(each) for each in (mask, sealed)}
    assert views == {"…" * 8 + " is back."}


def test_what_is_there_is_not_overwritten(letter: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    out.write_text("mine")
    with pytest.raises(InputError, match="not overwritten"):
        anonymise(letter, out=out)
    assert out.read_text() == "mine"
    with pytest.raises(InputError, match="take the place of the input"):
        anonymise(letter, out=letter, overwrite=True)
    assert anonymise(letter, out=out, overwrite=True).ok and "[PERSON]" in out.read_text()
    with pytest.raises(InputError, match="another kind"):
        anonymise(letter, out=tmp_path / "out.csv")


def test_rows_keep_their_form(tmp_path: Path) -> None:
    rows = [
        {"id": 7, "said": "Ask Maria Lopez", "more": {"to": ["jo@mail.example.org"], "n": None}}
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    anonymise(path, out=tmp_path / "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_text()) == {
        "id": 7, "said": "Ask [PERSON]", "more": {"to": ["[EMAIL]"], "n": None},
    }  # fmt: skip
    table = tmp_path / "rows.csv"
    table.write_text('note,amount\n"Call Maria Lopez, please",12\n"fine, thanks",13\n')
    anonymise(table, out=tmp_path / "out.csv", columns=["note"])
    with (tmp_path / "out.csv").open() as file:
        assert list(csv.reader(file))[1:] == [
            ["Call [PERSON], please", "12"],
            ["fine, thanks", "13"],
        ]
    frame = pd.DataFrame({"note": ["Call Maria Lopez", None], "n": [1, 2]})
    frame.to_parquet(tmp_path / "rows.parquet")
    anonymise(tmp_path / "rows.parquet", out=tmp_path / "out.parquet")
    out = pd.read_parquet(tmp_path / "out.parquet")
    assert out["note"][0] == "Call [PERSON]" and out["note"].isna()[1]
    assert out["n"].tolist() == [1, 2]


def test_a_string_may_have_a_line_separator_in_it(tmp_path: Path) -> None:
    """JSON lets it, and this package writes it so: its own rows were no JSON when read again."""
    path, key = tmp_path / "rows.jsonl", new_key(tmp_path / "key")
    rows = [{"said": "Call Maria Lopez.\u2028She called twice."}, {"said": "Nothing more"}]
    path.write_text("\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    sealed, back = tmp_path / "sealed.jsonl", tmp_path / "back.jsonl"
    assert anonymise(path, out=sealed, way="pseudonym", key=key).texts == 3
    assert reveal(sealed, out=back, key=key).pseudonyms == 1
    assert [json.loads(line) for line in back.read_text().split("\n") if line] == rows


@pytest.mark.parametrize(
    "said",
    ['{"cells": 3}', '{"cells": [3]}', '{"cells": [{"outputs": 1}]}', "[]", "no JSON",
     '{"cells": [{"outputs": [{"data": 1}]}]}', '{"worksheets": []}'],
)  # fmt: skip
def test_what_is_no_notebook_is_refused(said: str, tmp_path: Path) -> None:
    (tmp_path / "book.ipynb").write_text(said)
    with pytest.raises(DataError, match="not a notebook"):
        anonymise(tmp_path / "book.ipynb", out=tmp_path / "out.ipynb")


def test_a_notebooks_outputs_are_cleaned_and_its_cells_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    html = "<table><tr><td>Maria Lopez</td><td class='x'>020 7946 0112</td></tr></table>"
    outputs: list[dict[str, Any]] = [
        {"output_type": "stream", "name": "stdout", "text": ["for Maria ", "Lopez\n"]},
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": [html], **IMAGE}},
        {"output_type": "error", "ename": "E", "evalue": MAIL, "traceback": [MAIL]},
    ]  # fmt: skip
    code = {"cell_type": "code", "source": ["show()"], "metadata": {}, "outputs": outputs}
    cells = [code, {"cell_type": "markdown", "source": ["# People"], "metadata": {}}]
    path = tmp_path / "book.ipynb"
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    made = anonymise(path, out=tmp_path / "out.ipynb")
    said = (tmp_path / "out.ipynb").read_text()
    assert made.dropped == {"image/png": 1} and "aGk=" not in said
    assert "Maria" not in said and "jo@" not in said and "7946" not in said
    new = json.loads(said)
    assert new["cells"][0]["source"] == ["show()"] and new["cells"][1] == cells[1]
    assert made.kept == 0
    show_anonymise(made)
    assert "own words" not in capsys.readouterr().err
    cells[1]["source"] = ["# People of Dr Maria Lopez"]
    path.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    show_anonymise(anonymise(path, out=tmp_path / "out.ipynb", overwrite=True))
    assert "1 cell of the notebook with something personal" in capsys.readouterr().err
    table = new["cells"][0]["outputs"][1]["data"]["text/html"]
    assert table == "<table><tr><td>[PERSON]</td><td class='x'>[PHONE]</td></tr></table>"


def test_the_gate_writes_nothing_when_something_is_left(
    letter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    real = filing.anonymise_texts

    def careless(texts: Any, **options: Any) -> Any:
        return real(texts, **{**options, "recognisers": ("emails",), "consistency": None})

    monkeypatch.setattr(filing, "anonymise_texts", careless)
    monkeypatch.setattr(taking_out, "_MOST_LOOKS", 0)
    made = anonymise(letter, out=tmp_path / "out.txt")
    assert not made.ok and made.risk == 1.0 and made.out is None
    assert not (tmp_path / "out.txt").exists()
    assert made.seen == {"PERSON": 1, "PHONE": 1} and made.seen_in == (1,)
    assert made.taken_out == ()
    # What is refused is not told either: a notebook keeps its cards, a terminal its output.
    assert "Maria" not in json.dumps(to_plain(made)) + mime_bundle(made)["text/html"]
    show_anonymise(made)
    said = capsys.readouterr().err
    assert "seen: PERSON in 1, PHONE in 1 of 1 text; look at number 1" in said
    assert "there: PERSON in line 1, PERSON in line 2, PHONE in line 2" in said
    assert "hint: take it out of the file by hand; only where" in said and "Maria" not in said
    let = anonymise(letter, out=tmp_path / "out.txt", most_risk=1.0)
    assert let.ok and "Maria" in mime_bundle(let)["text/html"]
    assert "Maria" in (tmp_path / "out.txt").read_text()


def test_a_table_is_made_k_anonymous(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"age": draw.integers(20, 70, 200), "sex": draw.choice(["f", "m"], 200), "pay": 1}
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    before = risk(tmp_path / "t.csv", quasi=["age,sex"])
    made = anonymise(tmp_path / "t.csv", out=tmp_path / "o.csv", quasi=["age,sex"], k=8)
    assert made.ok and made.table is not None and made.table.k >= 8
    after = risk(tmp_path / "o.csv", quasi=["age", "sex"])
    assert isinstance(after, filing.TableRisk) and isinstance(before, filing.TableRisk)
    assert after.k == made.table.k > before.k
    refused = anonymise(
        tmp_path / "t.csv", out=tmp_path / "p.csv", quasi=["age,sex"], k=8, most_risk=0.01
    )
    assert not refused.ok and not (tmp_path / "p.csv").exists()


PEOPLE = "name,age,zip,code,ill\n" + "".join(
    f"Ann {n},{20 + n % 9},0{2100 + n % 3},{['NA', '1.50', ''][n % 3]},{'ab'[n % 2]}\n"
    for n in range(90)
)


def test_columns_that_are_left_stay_as_they_are_written_and_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE)
    made = anonymise(
        tmp_path / "people.csv", out=tmp_path / "safe.csv", quasi=["age"], sensitive="ill", k=5
    )
    before = [line.split(",") for line in PEOPLE.splitlines()]
    after = [line.split(",") for line in (tmp_path / "safe.csv").read_text().splitlines()]
    assert [row[:1] + row[2:] for row in after] == [row[:1] + row[2:] for row in before]
    assert made.left == pytest.approx({"name": 1.0, "zip": 3 / 90, "code": 2 / 90, "ill": 2 / 90})
    assert made.ok and made.telling == ["name"]
    show_anonymise(made)
    said = capsys.readouterr()
    assert "left as they are: name, zip, code, ill" in said.out
    assert "--drop name" in said.err and "zip (" not in said.err


def test_a_postcode_goes_by_its_first_characters_and_is_no_range(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zips = ["02139", "02138", "02141", "10115", "10117", "10243"]
    rows = [f"{code},{age}" for code in zips for age in (30, 31, 50)]
    table, population = tmp_path / "t.csv", tmp_path / "all.csv"
    table.write_text("zip,age\n" + "".join(f"{row}\n" for row in rows))
    population.write_text(table.read_text() + "02144,30\n" * 9)
    made = anonymise(table, out=tmp_path / "o.csv", quasi=["zip,age"], k=3, population=population)
    told = [line.split(",")[0] for line in (tmp_path / "o.csv").read_text().splitlines()[1:]]
    assert made.ok and made.prefixes == ("zip",) and not any(".." in said for said in told)
    assert {"02139", "0213*", "021**", "10***"} & set(told)
    assert all(said.rstrip("*") == row[: len(said.rstrip("*"))]
               for said, row in zip(told, rows, strict=True))  # fmt: skip
    show_anonymise(made)
    assert "by its first characters" in capsys.readouterr().out
    # One of another name and without a zero in front is a quantity as before.
    table.write_text("plot,age\n" + "".join(f"1{row}\n" for row in rows))
    made = anonymise(table, out=tmp_path / "p.csv", quasi=["plot,age"], k=9)
    assert made.prefixes == () and ".." in (tmp_path / "p.csv").read_text()


def test_codes_of_several_lengths_meet_at_their_first_letters() -> None:
    assert is_code("Postcode", ["SW1A 1AA", "M1 1AE"]) and not is_code("postcode", ["London"])
    assert not is_code("dose", ["0.5", "1.5"]) and not is_code("n", ["07", "11"])
    tree = prefix_hierarchy(["SW1A 1AA", "SW1A 2AB", "SW3 4XX", "M1 1AE"])
    assert tree.common(["SW1A 1AA", "SW1A 2AB"])[0] == "SW1A *"
    assert tree.common(["SW1A 1AA", "SW3 4XX"])[0] == "SW*"
    assert tree.common(["SW1A 1AA", "M1 1AE"])[0] == "*"


def test_what_names_somebody_can_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE)
    given: dict[str, Any] = {"out": tmp_path / "safe.csv", "quasi": ["age"], "sensitive": "ill"}
    made = anonymise(tmp_path / "people.csv", drop=["name"], **given)
    assert "Ann" not in (tmp_path / "safe.csv").read_text() and made.table is not None
    assert made.telling == [] and "name" not in made.left and made.table.k >= 10
    show_anonymise(made)
    assert "warning" not in capsys.readouterr().err
    for wrong, error in ((["nam"], NotFoundError), (["age"], InputError), (["ill"], InputError)):
        with pytest.raises(error):
            anonymise(tmp_path / "people.csv", drop=wrong, overwrite=True, **given)


def test_a_refused_table_says_which_k_would_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE)
    given: dict[str, Any] = {"out": tmp_path / "safe.csv", "quasi": ["age"], "most_risk": 0.05}
    show_anonymise(anonymise(tmp_path / "people.csv", **given))
    assert "hint: --k 20" in capsys.readouterr().err
    assert anonymise(tmp_path / "people.csv", k=20, **given).ok


def test_a_table_goes_along_the_users_hierarchies(tmp_path: Path) -> None:
    """Codes with leading noughts stay as they are written, in table and population alike."""
    codes = ["02139", "02140", "10001", "10002"]
    rows = [f"{code},{age},{ill}" for code in codes for age, ill in ((30, "flu"), (40, "cold"))]
    (tmp_path / "t.csv").write_text("zip,age,ill\n" + "\n".join(rows) + "\n")
    (tmp_path / "p.csv").write_text("zip,age,ill\n" + "\n".join(rows * 3) + "\n")
    (tmp_path / "zip.csv").write_text(
        "zip,area\n" + "".join(f"{code},{code[:2]}\n" for code in [*codes, "02141"])
    )
    made = anonymise(
        tmp_path / "t.csv", out=tmp_path / "o.csv", quasi=["zip,age"], sensitive="ill", k=2,
        least_l=2, hierarchy=[tmp_path / "zip.csv"], population=tmp_path / "p.csv",
        attacker="journalist", most_risk=0.25,
    )  # fmt: skip
    assert made.ok and made.table is not None and made.before is not None
    assert made.before.k == 1 and made.table.k >= 2 and made.table.distinct_l == 2
    assert made.risk == made.table.journalist_risk < made.table.prosecutor_risk
    out = pd.read_csv(tmp_path / "o.csv", dtype=str)
    assert set(out["zip"]) <= {"02", "10", *codes, "*"} and set(made.loss) == {"zip", "age"}
    refused = anonymise(
        tmp_path / "t.csv", out=tmp_path / "r.csv", quasi=["zip,age"], k=2, most_risk=0.1,
        hierarchy=[tmp_path / "zip.csv"],
    )  # fmt: skip
    assert not refused.ok and refused.out is None and not (tmp_path / "r.csv").exists()


def test_a_gate_on_what_is_there_already(tmp_path: Path, letter: Path) -> None:
    (tmp_path / "t.csv").write_text("age\n1\n1\n2\n2\n2\n")
    assert risk(tmp_path / "t.csv", quasi=["age"], most_risk=0.5).ok
    assert not risk(tmp_path / "t.csv", quasi=["age"], most_risk=0.49).ok
    assert risk(tmp_path / "t.csv", quasi=["age"], most_risk=0.4, attacker="marketer").ok
    assert not risk(letter, most_risk=0.5).ok and risk(letter).ok


def test_what_is_asked_of_a_table_is_not_passed_over(letter: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    for wrong in ({"hierarchy": [letter]}, {"population": letter}, {"sensitive": "x"},
                  {"least_l": 2}, {"most_t": 0.2}, {"k": 5}, {"drop": ["x"]}):  # fmt: skip
        with pytest.raises(InputError, match="no quasi-identifier is named"):
            anonymise(letter, out=out, **wrong)
    with pytest.raises(InputError, match="no quasi-identifier"):
        risk(letter, sensitive="x")
    (tmp_path / "t.csv").write_text(PEOPLE)
    key = new_key(tmp_path / "key")
    for text in ({"way": "surrogate"}, {"key": key}, {"columns": ["name"]}, {"all_lists": True},
                 {"record": tmp_path / "r.jsonl"}):  # fmt: skip
        with pytest.raises(InputError, match="is of texts"):
            anonymise(tmp_path / "t.csv", out=tmp_path / "out.csv", quasi=["age"], **text)
    with pytest.raises(InputError, match="a mask needs no key"):
        anonymise(letter, out=out, key=key)


def test_bad_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        anonymise(tmp_path / "no.txt", out=tmp_path / "o.txt")
    for name, content, kind in (
        ("a.doc", "x", InputError), ("a.txt", "", DataError), ("a.jsonl", "{", DataError),
        ("a.ipynb", "[]", DataError), ("b.txt", "\udcff", DataError),
        ("a.csv", "\ufeff", DataError), ("b.jsonl", "\ufeff", DataError),
    ):  # fmt: skip
        path = tmp_path / name
        path.write_text(content, errors="surrogateescape")
        with pytest.raises(kind):
            anonymise(path, out=tmp_path / f"out{path.suffix}")
    with pytest.raises(NotFoundError, match="key"):
        reveal(tmp_path / "b.txt", out=tmp_path / "o.txt", key=tmp_path / "nokey")


def test_a_cancelled_run_leaves_nothing(letter: Path, tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with cancellable(token), pytest.raises(CancelledError):
        anonymise(letter, out=tmp_path / "out.txt")
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []
