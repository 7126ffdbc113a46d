"""Gates for data that goes on: how many of its texts hold something personal, how well the rows of
a table hide in each other.

A pipeline asks ``check_texts(texts, most_share=0.02).ok``, or, where it does not know this room,
``evaluation.run_check("privacy.texts", texts, most_share=0.02)``; likewise ``privacy.table``.
``judge_texts`` says why, text by text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from workbench.core.errors import InputError
from workbench.evaluation.checks import Check, check, register_check

from .findings import KINDS
from .lists.using import lists_in_use, need_lists
from .tables.assessing import Attacker, assess_table
from .texts import detect
from .writing import why_unreadable

CHECK = "privacy.texts"
TABLE_CHECK = "privacy.table"


@register_check(CHECK)
def check_texts(
    texts: Sequence[str],
    *,
    most_share: float = 0.0,
    kinds: Iterable[str] | None = None,
    all_lists: bool = False,
) -> Check:
    """The share of texts that hold something personal, or that could not be read, and its bound.

    It is a lower bound of the truth: what the recognisers miss is not counted. Their recall stands
    in docs/how-to/anonymise.md. Without the lists of names and places they miss more: the check's
    name then ends with ``, fewer lists``.

    Args:
        texts: What is to go on.
        most_share: Of the texts.
        kinds: Which kinds count; all if none are given.
        all_lists: Refuse to judge without the lists of names and places.

    Raises:
        FetchError: The lists are asked for and cannot be had.
        InputError: There are no texts, the bound is no share, or a kind is not known.
        EngineError: A recogniser failed.
    """
    if isinstance(texts, str):
        texts = [texts]
    if not texts:
        raise InputError("no text was given, so nothing could be found in it")
    if not 0.0 <= most_share < 1.0:
        raise InputError(f"most_share is {most_share:g}", hint="a share from 0 to below 1")
    if all_lists:
        need_lists()
    hit = sum(bool(reason) for reason in judge_texts(texts, kinds=kinds))
    return check(name_of_check(), hit / len(texts), high=most_share)


def name_of_check() -> str:
    """``privacy.texts``, with ``, fewer lists`` where those of names and places are not here."""
    return CHECK if lists_in_use().there else f"{CHECK}, fewer lists"


def judge_texts(texts: Sequence[str], *, kinds: Iterable[str] | None = None) -> list[str]:
    """Why each text is not to go on, in words; empty where nothing was found.

    What was found is told by its kinds and not by its words: a reason may be shown where the text
    may not.

    Args:
        texts: Any.
        kinds: Which kinds count; all if none are given.

    Raises:
        InputError: A kind is not known.
        EngineError: A recogniser failed.
    """
    wanted = frozenset(KINDS if kinds is None else kinds)
    if wanted - set(KINDS):
        raise InputError(
            f"no such kind: {', '.join(sorted(wanted - set(KINDS)))}", hint=", ".join(KINDS)
        )
    return [
        _reason(why_unreadable(text), [each.kind for each in spans if each.kind in wanted])
        for text, spans in zip(texts, detect(texts), strict=True)
    ]


def _reason(unreadable: str, kinds: Sequence[str]) -> str:
    if unreadable:
        return f"it cannot be judged: {unreadable}"
    counts = Counter(kinds)
    parts = (kind if counts[kind] == 1 else f"{counts[kind]} {kind}" for kind in sorted(counts))
    return f"it holds: {', '.join(parts)}" if counts else ""


@register_check(TABLE_CHECK)
def check_table(
    table: Any,
    quasi: Sequence[str],
    *,
    most_risk: float,
    attacker: Attacker = "prosecutor",
    population: Any = None,
) -> Check:
    """The risk that a row of a table is found again, and its bound.

    Args:
        table: A pandas DataFrame that is to go on.
        quasi: The columns that others may know of a person.
        most_risk: The bound, above 0 and at most 1.
        attacker: Whose risk; see ``tables.reidentification``.
        population: See ``assess_table``.

    Raises:
        InputError: The bound is no such share, or see ``assess_table``.
        NotFoundError, DataError: See ``assess_table``.
    """
    if not 0.0 < most_risk <= 1.0:
        raise InputError(f"most_risk is {most_risk:g}", hint="a share above 0, at most 1")
    risk = assess_table(table, quasi, population=population).risk_of(attacker)
    return check(TABLE_CHECK, risk, high=most_risk)
