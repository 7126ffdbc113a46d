"""Anonymising a file: texts or a table, the gate, the record of it, and the ledger's entry."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.privacy.ledger.recording import record
from workbench.store.files import hash_file, replacing, write_text

from .documents import open_document
from .keys import read_key
from .lists.using import ListsUsed, lists_in_use, need_lists
from .pseudonyms import Pseudonyms
from .reading_model import why_no_reader
from .second_look import Sighting, count_seen, sightings
from .tables.assessing import Attacker, TableRisk, anonymise_table, assess_table
from .tables.hierarchies import Hierarchy
from .tables.hierarchy_files import read_hierarchies
from .tables.left_columns import risk_by_each
from .tables.prefixes import is_code, prefix_hierarchy
from .tables.quasi_columns import as_text
from .taking_out import take_out_what_is_seen
from .texts import AnonymisedText, Scope, Way, anonymise_texts, count_kinds, detect, records

_TABLES = (".csv", ".tsv", ".parquet")
_SEEN_TOLD = 5  # numbers of texts that a refusal names


@dataclass(frozen=True)
class TextRisk(Viewable):
    """What texts still hold, as far as the recognisers see: the share of texts with something.

    ``lists`` says whether the lists of names and places were there: without them less is seen.
    ``no_reader`` says what follows where the model that reads sentences was not; "" where it was.
    """

    texts: int
    spans: int
    kinds: dict[str, int]
    withheld: int
    share: float
    most_risk: float | None = None
    ok: bool = True
    lists: ListsUsed | None = None
    no_reader: str = field(default="", repr=False)


@dataclass(frozen=True)
class AnonymisedFile(Viewable):
    """What was made of a file. ``risk`` is the share that is held against ``most_risk``: of texts
    in which a second look finds something, or the risk of a table's ``attacker``. ``out`` is None
    where the risk was too high: then nothing was written. Of a table ``before`` and ``table`` are
    its figures before and after, and ``loss`` what of each column is no longer known. ``lists``
    says whether the lists of names and places were there: without them more is missed, by both
    looks; None for a table. ``example`` is the text with the most replaced, for whoever looks at
    what was written; None where nothing was. ``taken_out`` says where the second look saw what the
    first had passed over and it was replaced too, by line and kind. ``seen`` says in how many texts
    it still saw each kind after that, ``seen_in`` in which, from 1, the first few, and ``seen_at``
    where.
    ``no_reader`` says what follows where the model that reads sentences was not there, "" where it
    was. ``left`` are the columns of a table that stay as they are, with the mean risk that a row is
    found by that one alone; ``prefixes`` are those of postcodes and the like, which were made
    coarser by their first characters. ``kept`` counts a notebook's cells whose own words, which
    stay as they are, hold something personal. ``texts`` counts all that was looked at: of them
    ``names`` are keys and headings, and ``numbers`` numbers."""

    source: str
    out: Path | None = field(repr=False)  # a notebook's text is not to name this machine's folders
    way: str
    texts: int
    withheld: int
    reasons: dict[str, int]
    kinds: dict[str, int]
    dropped: dict[str, int]
    table: TableRisk | None
    risk: float
    most_risk: float
    ok: bool
    record: Path | None = field(repr=False)
    lists: ListsUsed | None = None
    example: AnonymisedText | None = None
    before: TableRisk | None = None
    loss: dict[str, float] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    seen_in: tuple[int, ...] = ()
    left: dict[str, float] = field(default_factory=dict)
    prefixes: tuple[str, ...] = ()
    kept: int = 0
    seen_at: tuple[Sighting, ...] = field(default=(), repr=False)
    taken_out: tuple[Sighting, ...] = field(default=(), repr=False)
    no_reader: str = field(default="", repr=False)
    names: int = 0
    numbers: int = 0

    @property
    def telling(self) -> list[str]:
        """Columns that were left and by which alone a row is found likelier than is allowed: names,
        numbers of persons, an exact postcode. The sensitive one is not among them."""
        sensitive = self.table.sensitive if self.table is not None else None
        return [
            name for name, risk in self.left.items() if risk > self.most_risk and name != sensitive
        ]


@dataclass(frozen=True)
class TableWish:
    """What a table is to become; see ``operations.anonymise``."""

    quasi: Sequence[str]
    sensitive: str | None = None
    k: int | None = None
    least_l: int = 1
    most_t: float | None = None
    hierarchies: Sequence[Path] = ()
    population: Path | None = None
    attacker: Attacker = "prosecutor"
    drop: Sequence[str] = ()


def anonymise_file(
    file: Path, out: Path, *, way: Way, key: Path | None, columns: Sequence[str],
    wish: TableWish, most_risk: float | None, scope: Scope, overwrite: bool,
    record_to: Path | None, all_lists: bool = False,
) -> AnonymisedFile:  # fmt: skip
    """See ``operations.anonymise``."""
    if out.resolve() == file.resolve():
        raise InputError("the output would take the place of the input", hint="another --out")
    for place in (out, *([record_to] if record_to else [])):
        if place.exists() and not overwrite:
            raise InputError(f"{place} is there and is not overwritten", hint="--overwrite")
    if out.suffix.lower() != file.suffix.lower():
        raise InputError(f"{out.name} would be another kind of file than {file.name}")
    if wish.quasi:
        _check_no_text(way=way, key=key, columns=columns, record=record_to, all_lists=all_lists)
        made = _table(file, out, wish, most_risk)
    else:
        _check_no_table(wish)
        if key is not None and way == "mask":
            raise InputError(
                "a mask needs no key: nothing turns it back",
                hint="--way pseudonym --key FILE, or --way surrogate --key FILE",
            )
        if all_lists:
            need_lists()
        secret = read_key(key) if key is not None else None
        made = _texts(file, out, way, secret, columns, most_risk or 0.0, scope, record_to)
    facts = {"way": made.way, "texts": made.texts, "withheld": made.withheld, "kinds": made.kinds,
             "risk": made.risk, "most_risk": made.most_risk, "written": made.ok,
             "lists": made.lists.sha256 if made.lists else ""}  # fmt: skip
    record("anonymisation", f"file {hash_file(file)[:16]}", data=facts)
    return made


def _texts(
    file: Path, out: Path, way: Way, key: bytes | None, columns: Sequence[str], most_risk: float,
    scope: Scope, record_to: Path | None,
) -> AnonymisedFile:  # fmt: skip
    document = open_document(file, columns=columns)
    made = anonymise_texts(
        document.texts,
        way=way,
        key=key,
        consistency=scope,
        views=document.views,
        places=document.places,
    )
    done = take_out_what_is_seen(
        document.texts, made, views=document.views, way=way, key=key, scope=scope,
        most_risk=most_risk, places=document.places,
    )  # fmt: skip
    made, seen = done.made, done.seen
    risk = len(seen) / len(made) if made else 0.0
    ok = risk <= most_risk
    if ok:
        document.write(out, [each.text for each in made])
        if record_to is not None:
            lines = (json.dumps(row, ensure_ascii=False) for row in records(made))
            write_text(record_to, "".join(line + "\n" for line in lines))
    reasons = Counter(each.withheld for each in made if each.withheld)
    fullest = max(made, key=lambda each: len(each.decisions), default=None)
    return AnonymisedFile(
        file.name, out if ok else None, way, len(made), sum(reasons.values()), dict(reasons),
        count_kinds(made), dict(Counter(document.dropped)), None, risk, most_risk, ok,
        record_to if ok else None, lists_in_use(), fullest if ok else None,
        seen=count_seen(seen), seen_in=tuple(seen)[:_SEEN_TOLD],
        seen_at=sightings(seen, document.texts),
        taken_out=sightings(done.added, document.texts), no_reader=why_no_reader(),
        kept=sum(map(bool, detect(document.kept))) if ok else 0,
        names=sum(place.key for place in document.places),
        numbers=sum(place.number for place in document.places),
    )  # fmt: skip


def _check_no_table(wish: TableWish) -> None:
    """Nothing that is asked of a table goes unheard."""
    asked = {
        "a hierarchy": wish.hierarchies, "a population": wish.population,
        "a sensitive column": wish.sensitive, "diversity": wish.least_l > 1,
        "closeness": wish.most_t is not None, "k": wish.k is not None,
        "a column to leave out": wish.drop,
    }  # fmt: skip
    for what, given in asked.items():
        if given:
            raise InputError(
                f"{what} is of a table, and no quasi-identifier is named",
                hint="--quasi COLUMN,COLUMN",
            )


def _check_no_text(*, way: Way, **asked: object) -> None:
    """Nothing that is asked of texts goes unheard where a table is made coarser."""
    given = [name for name, value in asked.items() if value]
    if way != "mask":
        given.insert(0, "way")
    if given:
        raise InputError(
            f"{given[0]} is of texts, and --quasi makes a table coarser: its other columns stay",
            hint="first the table's texts, without --quasi; then what comes out, with it",
        )


def _table(file: Path, out: Path, wish: TableWish, most_risk: float | None) -> AnonymisedFile:
    trees = read_hierarchies(wish.hierarchies, wish.quasi)
    files = [file, *([wish.population] if wish.population is not None else [])]
    codes = _code_columns(files, [name for name in wish.quasi if name not in trees])
    trees |= codes
    k = 10 if wish.k is None else wish.k
    whole = read_table(wish.population, as_text=trees) if wish.population is not None else None
    found = _without(read_table(file, as_text=trees), wish)
    made = anonymise_table(
        found, wish.quasi, k=k, sensitive=wish.sensitive,
        least_l=wish.least_l, most_t=wish.most_t, hierarchies=trees, population=whole,
    )  # fmt: skip
    bound = 1.0 / k if most_risk is None else most_risk
    after = made.after.held_to(bound, wish.attacker)
    left = [name for name in found.columns if name not in wish.quasi]
    if after.ok:
        table = made.table
        with replacing(out) as handle:
            if out.suffix.lower() == ".parquet":
                table.to_parquet(handle, index=False)
            else:
                as_written = read_table(file, as_text=left, gaps=False)
                table = table.assign(**{name: as_written[name].to_numpy() for name in left})
                mark = "\t" if out.suffix.lower() == ".tsv" else ","
                table.to_csv(handle, index=False, sep=mark)
    return AnonymisedFile(
        file.name, out if after.ok else None, "table", 0, 0, {}, {}, {}, after,
        after.risk_of(wish.attacker), bound, after.ok, None, before=made.before, loss=made.loss,
        left=risk_by_each(found, left), prefixes=tuple(codes),
    )  # fmt: skip


def _code_columns(files: Sequence[Path], quasi: Sequence[str]) -> dict[str, Hierarchy]:
    """Of columns that hold postcodes and the like: their prefixes, over all files' values."""
    tables = [read_table(file, as_text=quasi) for file in files] if quasi else []
    found = {}
    for name in quasi:
        if not all(name in table.columns for table in tables):
            continue  # told where the columns are checked
        values = [value for table in tables for value in as_text(table[name]).dropna().unique()]
        if is_code(name, values):
            found[name] = prefix_hierarchy(values)
    return found


def _without(table: Any, wish: TableWish) -> Any:
    """The table without the columns that are to be left out."""
    known = [str(name) for name in table.columns]
    for name in wish.drop:
        if name not in known:
            raise NotFoundError.among("column", name, known)
        if name in wish.quasi or name == wish.sensitive:
            raise InputError(
                f"{name!r} is to be left out and to be kept at once", hint="one of the two"
            )
    return table.drop(columns=list(wish.drop))


def read_table(file: Path, *, as_text: Collection[str] = (), gaps: bool = True) -> Any:
    """A .csv, .tsv or .parquet file as a pandas table.

    Args:
        file: A file of one of these kinds.
        as_text: Columns whose values stay as they are written, 02139 and not 2139.
        gaps: Read NA, null and the like as missing; else they stay as they are written, too.

    Raises:
        InputError: It is of another kind, or cannot be read.
    """
    import pandas as pd

    suffix = file.suffix.lower()
    if suffix not in _TABLES:
        raise InputError(f"{file.name} is no table", hint=", ".join(_TABLES))
    if not file.is_file():
        raise InputError(f"there is no file {file}", hint=f"ls {file.parent}")
    try:
        if suffix == ".parquet":
            return pd.read_parquet(file)
        mark, texts = "\t" if suffix == ".tsv" else ",", dict.fromkeys(as_text, "string")
        return pd.read_csv(file, sep=mark, skipinitialspace=True, dtype=texts, keep_default_na=gaps)
    except (ValueError, OSError) as error:  # pandas' and pyarrow's own faults are ValueErrors
        raise InputError(f"{file.name} cannot be read: {error}", hint="mend it first") from None


def assess_file(
    file: Path, *, quasi: Sequence[str], sensitive: str | None, columns: Sequence[str],
    population: Path | None, most_risk: float | None = None, attacker: Attacker = "prosecutor",
) -> TableRisk | TextRisk:  # fmt: skip
    """See ``operations.risk``."""
    if quasi:
        whole = read_table(population) if population is not None else None
        found = assess_table(read_table(file), quasi, sensitive=sensitive, population=whole)
        return found.held_to(most_risk, attacker)
    _check_no_table(TableWish((), sensitive, population=population))
    from .writing import why_unreadable

    document = open_document(file, columns=columns)
    spotted = detect(document.views, places=document.places, pages=document.texts)
    withheld = sum(bool(why_unreadable(text)) for text in document.views)
    counts = Counter(each.kind for spans in spotted for each in spans)
    hit = sum(bool(spans) for spans in spotted) + withheld
    total = len(document.texts)
    share = hit / total if total else 0.0
    return TextRisk(
        total, sum(counts.values()), dict(sorted(counts.items())), withheld, share, most_risk,
        most_risk is None or share <= most_risk, lists_in_use(), why_no_reader(),
    )  # fmt: skip


@dataclass(frozen=True)
class Revealed(Viewable):
    """How many pseudonyms of a file were opened, and where the text is now."""

    out: Path = field(repr=False)
    pseudonyms: int


def reveal_file(file: Path, out: Path, key: Path, *, overwrite: bool) -> Revealed:
    """See ``operations.reveal``."""
    if out.exists() and not overwrite:
        raise InputError(f"{out} is there and is not overwritten", hint="--overwrite")
    pseudonyms = Pseudonyms(read_key(key))
    document = open_document(file)
    opened = [pseudonyms.reveal(text) for text in document.texts]
    total = sum(count for _, count in opened)
    # Before it is given out: without the entry nobody reads it.
    record("decryption", f"file {hash_file(file)[:16]}", data={"pseudonyms": total})
    document.write(out, [text for text, _ in opened])
    return Revealed(out, total)
