"""Which sentences of a passage are English, for which alone the rules and the network were made.

A parser for English makes a tree of *Wir haben drei Söhne* too, and rules read facts off it.
"""

from __future__ import annotations

from typing import Any

from workbench.data.languages import UNSURE, detect_language
from workbench.knowledge.words import FUNCTION_WORDS

ENGLISH = "en"
_SHARE = 0.25  # of a text's words that are small English ones, from which on it is English


def english_sentences(doc: Any) -> list[Any]:
    """The sentences (spaCy ``Span``) of a parsed passage that are not of another language.

    One whose words do not tell is of its passage's language.
    """
    sentences = list(doc.sents)
    told = [_language(each) for each in sentences]
    if set(told) <= {ENGLISH}:
        return sentences
    may_be = {ENGLISH, UNSURE} if _language(doc) in {ENGLISH, UNSURE} else {ENGLISH}
    return [each for each, said in zip(sentences, told, strict=True) if said in may_be]


def _language(text: Any) -> str:
    """Its code: few words with a foreign name among them look foreign, but for the small ones.

    *Herbert von Karajan was an Austrian conductor* has two of these in seven words.
    """
    said = detect_language(text.text)
    if said in {ENGLISH, UNSURE}:
        return said
    words = [each.lower_ for each in text if each.is_alpha]
    small = sum(each in FUNCTION_WORDS for each in words)
    return ENGLISH if small >= _SHARE * max(1, len(words)) else said
