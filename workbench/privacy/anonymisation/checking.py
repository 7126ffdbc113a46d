"""A gate for data that goes on: how many of its texts hold something personal.

A pipeline asks ``check_texts(texts, most_share=0.02).ok``, or, where it does not know this room,
``evaluation.run_check("privacy.texts", texts, most_share=0.02)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.core.errors import InputError
from workbench.evaluation.checks import Check, check, register_check

from .findings import KINDS
from .texts import detect
from .writing import why_unreadable

CHECK = "privacy.texts"


@register_check(CHECK)
def check_texts(
    texts: Sequence[str], *, most_share: float = 0.0, kinds: Iterable[str] | None = None
) -> Check:
    """The share of texts that hold something personal, or that could not be read, and its bound.

    It is a lower bound of the truth: what the recognisers miss is not counted. Their recall stands
    in docs/how-to/anonymise.md.

    Args:
        texts: What is to go on.
        most_share: Of the texts.
        kinds: Which kinds count; all if none are given.

    Raises:
        InputError: There are no texts, the bound is no share, or a kind is not known.
        EngineError: A recogniser failed.
    """
    if isinstance(texts, str):
        texts = [texts]
    if not texts:
        raise InputError("no text was given, so nothing could be found in it")
    if not 0.0 <= most_share < 1.0:
        raise InputError(f"most_share is {most_share:g}", hint="a share from 0 to below 1")
    wanted = frozenset(KINDS if kinds is None else kinds)
    if wanted - set(KINDS):
        raise InputError(
            f"no such kind: {', '.join(sorted(wanted - set(KINDS)))}", hint=", ".join(KINDS)
        )
    found = detect(texts)
    hit = sum(
        bool(why_unreadable(text)) or any(each.kind in wanted for each in spans)
        for text, spans in zip(texts, found, strict=True)
    )
    return check(CHECK, hit / len(texts), high=most_share)
