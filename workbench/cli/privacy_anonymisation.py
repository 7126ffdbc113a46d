"""How anonymised files, and what a file gives away, look in a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import format_count, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.privacy.anonymisation.filing import AnonymisedFile, Revealed, TextRisk
    from workbench.privacy.anonymisation.lists.using import ListsUsed
    from workbench.privacy.anonymisation.second_look import Sighting
    from workbench.privacy.anonymisation.tables.assessing import TableRisk

_PLACES_TOLD = 8
_WAYS = {"mask": "masked", "surrogate": "replaced by made values", "pseudonym": "sealed"}


def show_anonymise(made: AnonymisedFile) -> None:
    """What was found or recoded, the risk against its bound, and where the file is."""
    if made.table is not None:
        _show_table(made)
        whose = f"{made.table.attacker} risk"
    else:
        _show_texts(made)
        whose = "risk that a second look sees"
    bound = f"{made.risk:.4g}, at most {made.most_risk:.4g} is allowed"
    if made.ok:
        click.echo(f"{whose} {bound}: {made.out}")
        _say_reader(made.no_reader)
    else:
        click.echo(f"REFUSED: {whose} {bound}; nothing was written")
        _say_reader(made.no_reader)
        for line in _why_refused(made):
            click.echo(line, err=True)


def _why_refused(made: AnonymisedFile) -> list[str]:
    """What was seen and where, and what can be done about it."""
    if made.table is not None:
        if not made.most_risk:
            return ["hint: --most-risk above 0: in every table a row is found again by chance"]
        return [f"hint: --k {math.ceil(1 / made.most_risk - 1e-9)}, which takes more away"]
    kinds = ", ".join(f"{kind} in {texts}" for kind, texts in made.seen.items())
    more = ", ..." if round(made.risk * made.texts) > len(made.seen_in) else ""
    places = ", ".join(map(str, made.seen_in)) + more
    share = f"{math.ceil(made.risk * 1000) / 1000:g}"
    return [
        f"seen: {kinds} of {format_count(made.texts, 'text')}; look at number {places}",
        f"there: {_places(made.seen_at, made.texts)}",
        "hint: take it out of the file by hand; only where you know that what is seen there is "
        f"nobody's, --most-risk {share} leaves it as it is",
    ]


def _places(found: Sequence[Sighting], texts: int) -> str:
    """Where something was seen and of what kind, the first few; never what."""
    told = [
        f"{each.kind} in line {each.line}" + (f" of text {each.text}" if texts > 1 else "")
        for each in found[:_PLACES_TOLD]
    ]
    return ", ".join(told) + (
        f", and {len(found) - len(told):,} more" if found[len(told) :] else ""
    )


def show_risk(found: TableRisk | TextRisk) -> None:
    """The figures of a table, or the kinds that texts hold."""
    from workbench.privacy.anonymisation.filing import TextRisk

    if isinstance(found, TextRisk):
        print_table(["kind", "spans"], [[kind, spans] for kind, spans in found.kinds.items()])
        if found.withheld:
            click.echo(f"cannot be read here, so personal: {format_count(found.withheld, 'text')}")
        click.echo(
            f"{found.share:.1%} of {format_count(found.texts, 'text')} with something personal"
        )
        _say_reader(found.no_reader)
        _say_lists(found.lists)
    else:
        print_table(["figure", "value", ""], [list(row) for row in _figures(found)])
    if found.most_risk is not None:
        said = "within" if found.ok else "OVER"
        click.echo(f"{said} the stated risk of {found.most_risk:.4g}")


def show_reveal(made: Revealed) -> None:
    """How many pseudonyms were opened."""
    click.echo(f"{format_count(made.pseudonyms, 'pseudonym')} opened: {made.out}")


def show_new_key(path: Path) -> None:
    """Where the key is."""
    click.echo(f"key in {path}; keep it apart from the text, and keep a copy of it")


def _show_texts(made: AnonymisedFile) -> None:
    spans = sum(made.kinds.values())
    done = _WAYS.get(made.way, made.way)
    parts = {"keys and headings": made.names, "numbers": made.numbers}
    counted = [f"{count:,} {name}" for name, count in parts.items() if count]
    among = f" ({' and '.join(counted)} among them)" if counted else ""
    said = f"{format_count(made.texts, 'text')}{among}, {format_count(spans, 'span')} {done}"
    kept_back = f"; {format_count(made.withheld, 'text')} withheld as a whole"
    click.echo(said + (kept_back if made.withheld else ""))
    if made.kinds:
        print_table(["kind", "spans"], [[kind, spans] for kind, spans in made.kinds.items()])
    for reason, count in made.reasons.items():
        click.echo(f"withheld: {format_count(count, 'text')}, {reason}", err=True)
    for mime, count in made.dropped.items():
        click.echo(f"left out: {format_count(count, 'output')} of {mime}", err=True)
    if made.kept:
        click.echo(
            f"warning: {format_count(made.kept, 'cell')} of the notebook with something personal "
            "in its own words, which stay as they were written: only outputs are cleaned",
            err=True,
        )
    if made.taken_out:
        click.echo(f"by the second look: {_places(made.taken_out, made.texts)}", err=True)
    _say_lists(made.lists)


def _say_reader(missing: str) -> None:
    """Beside a risk, on standard output: by what it was measured with less."""
    if missing:
        click.echo(f"this risk is as far as is seen: {missing}")


def _say_lists(lists: ListsUsed | None) -> None:
    """Whether the lists of names and places were there; what follows where they were not."""
    if lists is None:
        return
    if lists.there:
        known = f"{lists.names:,} names and {lists.places:,} places"
        click.echo(f"read with lists of {known}", err=True)
    else:
        said = "warning: read without the lists of names and places, so more is missed"
        click.echo(f"{said}; fetch them by: workbench privacy lists", err=True)


def _show_table(made: AnonymisedFile) -> None:
    assert made.table is not None and made.before is not None
    pairs = zip(_figures(made.before), _figures(made.table), strict=True)
    rows = [[name, was, now, told] for (name, was, _), (_, now, told) in pairs]
    print_table(["figure", "before", "after", ""], rows)
    click.echo()
    print_table(["column", "no longer known"], [[n, f"{x:.1%}"] for n, x in made.loss.items()])
    if made.prefixes:
        click.echo(
            f"by its first characters, as a code and no quantity: {', '.join(made.prefixes)} "
            "(--hierarchy says otherwise)"
        )
    if made.left:
        click.echo(f"left as they are: {', '.join(made.left)}")
    if made.telling:
        said = ", ".join(f"{name} ({made.left[name]:.2g})" for name in made.telling)
        click.echo(
            f"warning: by one of these alone a row is found likelier than is allowed: {said}; "
            f"leave them out: --drop {','.join(made.telling)}, or name them: --quasi",
            err=True,
        )


def _figures(risk: TableRisk) -> list[tuple[str, Any, str]]:
    """Each figure with its value and what it says."""
    asked = {True: "of the table itself: no population was given", False: ""}
    whole = asked[risk.population_rows is None]
    rows: list[tuple[str, Any, str]] = [
        ("rows", f"{risk.rows:,}", ""),
        ("k", f"{risk.k:,}", "rows at least agree in " + ", ".join(risk.quasi)),
        ("classes", f"{risk.classes:,}", ""),
        ("alone", f"{risk.alone:,}", "rows that agree with no other"),
        ("prosecutor risk", f"{risk.prosecutor_risk:.4f}", "knows that a person is in the table"),
        ("mean risk", f"{risk.mean_risk:.4f}", "of a row, to the same"),
        ("journalist risk", f"{risk.journalist_risk:.4f}", whole or "looks for anybody"),
        ("marketer risk", f"{risk.marketer_risk:.4f}", whole or "looks for as many as possible"),
        ("discernibility", f"{risk.discernibility:,}", "sum of the squares of class sizes"),
    ]
    if risk.sensitive is not None and risk.entropy_l is not None and risk.t is not None:
        rows += [
            ("distinct l", f"{risk.distinct_l}", f"values of {risk.sensitive} in a class"),
            ("told", f"{risk.told_rows:,}", f"rows in classes with one {risk.sensitive} only"),
            ("entropy l", f"{risk.entropy_l:.3f}", "by their entropy"),
            ("t", f"{risk.t:.4f}", "a class's values from the table's, at most"),
        ]
    return rows
