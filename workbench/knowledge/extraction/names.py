"""Names in one form, so that two spellings of one name are one key."""

from __future__ import annotations

import functools
import re
import unicodedata

_DOTTED = re.compile(r"(?:\w\.){2,}\w?")  # U.S., e.g.
_POSSESSIVE = re.compile(r"['’]s?$")
_ARTICLE = re.compile(r"^(?:the|a|an)\s+(?=\S)")
_MARKS = re.compile(r"[^\w&+#]+")


@functools.lru_cache(maxsize=1 << 16)
def name_key(name: str) -> str:
    """The key of a name: compatibility forms, case, articles, possessives and marks set aside.

    Accents are kept: they tell names apart. What consists of marks alone is its own key.
    """
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    text = _DOTTED.sub(lambda found: found[0].replace(".", ""), text)
    text = _POSSESSIVE.sub("", text)
    text = _ARTICLE.sub("", _MARKS.sub(" ", text).strip())
    return text or " ".join(name.split())


def shown(text: str) -> str:
    """A name as it is shown: on one line."""
    return " ".join(text.split())
