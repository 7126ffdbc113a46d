"""Whether a sentence says something to be so, or denies, supposes or only reports it.

By its words alone: questions are answered without a parser, which need not be installed.
``extraction.dependency.modality`` tells the same of a fact, along the parse that found it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_PART = re.compile(r"[,;:()–—]|\b(?:but|although|though|while|whereas|and)\b", re.I)
_DENIED = re.compile(
    r"\b(?:not|never|neither|nor|cannot|nobody|without|\w+n['’]t|no longer|failed to|"
    r"denie[sd]|denying|refused to)\b",
    re.I,
)
# What is said of the whole sentence.
_UNSURE = re.compile(
    r"^\W*(?:if|unless|suppos\w+|had\s)\b|\b(?:it is|it was|is it|that is) (?:false|untrue|wrong|"
    r"not true|a myth|disputed|claimed|alleged|rumou?red)\b|\b(?:allegedly|supposedly|purportedly|"
    r"reputedly|would have|might have|could have)\b",
    re.I,
)


def denies(sentence: str, says: Callable[[str], bool]) -> bool:
    """Whether a sentence does not say for sure what is asked: denied, supposed, or hearsay.

    Args:
        sentence: As it stands.
        says: Whether a word is one of those asked for. A denial counts where it stands in the same
            part of the sentence as one of them.
    """
    if _UNSURE.search(sentence):
        return True
    parts = _PART.split(sentence)
    return any(
        _DENIED.search(part) and any(says(word) for word in re.findall(r"\w+", part))
        for part in parts
    )
