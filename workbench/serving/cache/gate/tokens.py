"""From a request's text to its sentences of tokens: folded forms, contractions, literals."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from .words import words

_FOLDED = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u00ab": '"',
        "\u00bb": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u2026": ".",
        "\u00d7": "x",
        "\u00f7": "/",
        "\u200b": None,
        "\ufeff": None,
    }
)
_TOKEN = re.compile(
    r"""
    (?P<literal>`[^`]*`|https?://\S+|[\w.+-]+@[\w-]+\.[\w.-]+|[~.]?/[\w./~-]{2,}
        |--?[A-Za-z][\w-]*(?==|\s|$)(?<=\s.))
  | (?P<number>(?:(?<![\w.)-])-)?[$\u20ac\u00a3]?\d+(?:[.,:/]\d+)*(?:st|nd|rd|th)?\b
        |[$\u20ac\u00a3]\d+)
  | (?P<word>[cCfF]\#|[cC]\+\+|\.(?:net|NET)\b|[^\W\d_]+\.js\b|[aApP]\.[mM]\.?(?=\W|$)
        |(?:[^\W\d_]\.){2,}
        |[^\W_]*[^\W\d_][^\W_]*(?:['\-_][^\W_]+)*'?)
  | (?P<mark>[.!?]+|[,;:()])
  | (?P<symbol>\S)
""",
    re.VERBOSE,
)
_QUOTED = re.compile(r'"([^"]*)"')
_ENDS = frozenset(".!?")

_BITS = {"Gb": "gigabit", "Mb": "megabit", "Kb": "kilobit", "kb": "kilobit", "Tb": "terabit"}
_GLUED_CAPITAL = re.compile(r"\d+[A-Z]$")
_GLUED_BITS = re.compile(r"(\d+)([GMKkT]b)$")

CONTRACTIONS = {
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "shan't": "shall not",
    "i'm": "i am",
    "let's": "let us",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "have to",
    "what're": "what are",
    "whats": "what is",
    "dont": "do not",
    "doesnt": "does not",
    "didnt": "did not",
    "isnt": "is not",
    "cant": "can not",
    "hows": "how is",
    "wheres": "where is",
    "im": "i am",
    "pls": "please",
    "plz": "please",
    "thx": "thanks",
    "u": "you",
    "w/o": "without",
    "y'all": "you",
    "ain't": "is not",
}
# After these an 's is "is"; after any other word it says whose something is.
_IS_AFTER = words("is_after")
_ENDINGS = (("n't", "not"), ("'re", "are"), ("'ve", "have"), ("'ll", "will"), ("'d", "would"))


@dataclass(frozen=True, slots=True)
class Token:
    """One token. ``text`` is lower case but for literals.

    ``kind`` is ``word``, ``number``, ``literal``, ``mark`` (punctuation) or ``symbol``.
    ``capital`` says that it has an upper-case letter where that means something: not at the
    beginning of a sentence, and not in a text that has no lower-case letter.
    """

    text: str
    kind: str
    capital: bool = False


def fold(text: str) -> str:
    """A text with one form for what looks alike: quotes, dashes, widths, white space."""
    folded = unicodedata.normalize("NFKC", text).translate(_FOLDED).strip()
    while len(folded) > 2 and folded[0] == folded[-1] == '"' and '"' not in folded[1:-1]:
        folded = folded[1:-1].strip()
    return folded


def split(text: str) -> list[list[Token]]:
    """The sentences of a folded text, each a list of tokens without its final mark."""
    text = _QUOTED.sub(_keep_quote, text)
    plain = has_no_case(text)
    sentences: list[list[Token]] = []
    sentence: list[Token] = []
    for found in _TOKEN.finditer(text):
        kind, raw = found.lastgroup or "", found.group()
        if kind == "mark" and raw[0] in _ENDS:
            if sentence:
                sentences.append(sentence)
                sentence = []
            continue
        if kind == "word":
            capital = not plain and bool(sentence) and raw != raw.lower() and raw != "I"
            if raw in _BITS or _GLUED_BITS.match(raw):
                raw = _GLUED_BITS.sub(lambda of: of[1] + _BITS[of[2]], _BITS.get(raw, raw))
            if _GLUED_CAPITAL.match(raw):
                raw += "^"  # 5G is no 5 g
            first, *others = _parts(raw.lower())
            sentence.append(Token(first, "word", capital and not raw.startswith("I'")))
            # Behind a hyphen a capital counts ("non-English"), behind an apostrophe there is none.
            sentence += [Token(each, "word", capital and "-" in raw) for each in others]
        elif kind == "literal":
            sentence.append(Token(raw, kind))
        else:
            sentence.append(Token(raw.lower(), kind))
    if sentence:
        sentences.append(sentence)
    return sentences


def has_no_case(text: str) -> bool:
    """Whether capitals say nothing: there are none, nothing else, or one on every longer word."""
    if text.isupper() or text.islower():
        return True
    longer = [word for word in text.split()[1:] if len(word) > 3 and word[0].isalpha()]
    return len(longer) > 2 and not any(word[0].islower() for word in longer)


def _keep_quote(found: re.Match[str]) -> str:
    """A few plain words are read as if they stood without quotes; all else is a literal."""
    inside = found.group(1).strip()
    plain = all(each.isalpha() or each in " '-" for each in inside)
    if plain and len(inside.split()) <= 6:
        return f" {inside} "
    return " `" + inside.replace("`", "'") + "` "


def _parts(word: str) -> list[str]:
    """A word without contractions and hyphens."""
    if (word.isalnum() and word not in CONTRACTIONS) or word[-1] == "^":
        return [word]
    if (known := CONTRACTIONS.get(word)) is not None:
        return known.split()
    if "." in word:
        short = word.replace(".", "")
        return [short] if short else [word]
    for ending, full in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending):
            return [*_parts(word[: -len(ending)]), full]
    if word.endswith("'s"):
        owner = word[:-2]
        return [owner, "is"] if owner in _IS_AFTER else [*_parts(owner), "'s"]
    if word.endswith("'"):
        return [*_parts(word[:-1]), "'s"] if word.endswith("s'") else _parts(word[:-1])
    if "-" in word and word not in HYPHENATED:
        return [part for each in word.split("-") if each for part in _parts(each)]
    return [word]


# Words that are written with and without a hyphen, and not as two.
HYPHENATED = frozenset({"e-mail", "wi-fi", "e-book", "co-operate", "t-shirt", "x-ray"})
