"""A text as it would be written with its capitals: for the recognisers to read, nothing else.

People write names in small letters in a chat and in capitals on a form; recognisers, spaCy's model
first of all, go by capitals. The view has the same length, so what is found in it stands at the
same place of the text.
"""

from __future__ import annotations

import re

from .reading import NOTHING_READ
from .recognisers.address_forms import STATE_CODE, STRONG_CODE
from .recognisers.addresses import find as find_addresses
from .recognisers.capitals import Word, name_evidence, words_of
from .recognisers.place_cues import LIVES, MOVES
from .words import PARTICLES, is_english, read_lexicon, read_surroundings

_LEAST_CAPITALS_SHARE = 0.01  # of the letters; a text below it is written in small letters
_SHOUTED_SHARE = 0.8
_FEW_CAPITALS_SHARE = 0.05  # of a line's letters; below it a sentence of it may be in small letters
_SENTENCE = re.compile(r"[^.!?;]*(?:[.!?;](?!\s|$)[^.!?;]*)*(?:[.!?;]\s*|$)")
_LEAST_SENTENCE_LETTERS = 30
_MAY_HAVE_CAPITALS = re.compile(
    r"^\W*\w+|\b(?:I|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|"
    r"July|August|September|October|November|December)\b"
)
_ADDRESS = re.compile(r"\S*(?:@|://|www\.|/[a-z]|[a-z]\.[a-z]{2,3}(?!\w))\S*")
_SMALL = frozenset(
    [
        "de",
        "del",
        "della",
        "di",
        "da",
        "do",
        "dos",
        "das",
        "of",
        "the",
        "and",
        "la",
        "le",
        "les",
        "las",
        "los",
        "el",
        "y",
        "e",
        "upon",
        "am",
        "an",
        "der",
        "sur",
        "na",
        "van",
        "von",
        "den",
        "het",
    ]
)
# What leads to an address and is no part of one.
_LEADS = frozenset(
    ("lives", "live", "lived", "living", "now", "is", "was", "home", "address", "and", "even",
     "with", "patient", "deliver", "send", "it's", "i'm", "residing", "resident", "moved", "but",
     "or", "go")
)  # fmt: skip
_CODED = re.compile(rf"(?i)(?<![\w-])(?:{STATE_CODE}|{STRONG_CODE})")
_TO_A_PLACE = frozenset(["in", "from", "to", "near", "at", "of", "outside", "via", "arriving"])


def with_capitals(text: str) -> str:
    """The view: lines without capitals, and lines that shout, as they would be written."""
    plain = _plain(text)
    if len(plain) == len(text):
        text = plain
    letters = sum(char.isalpha() for char in text)
    small = sum(char.isupper() for char in text) < _LEAST_CAPITALS_SHARE * letters
    lines = [
        _with_addresses(_line(line, small)) if _is_shouted(line) else _line(line, small)
        for line in text.split("\n")
    ]
    view = "\n".join(lines)
    if len(view) == len(text):
        view = _with_addresses(view) if small else _small_lines(text, view)
    # A letter may become two (ß): then places would no longer agree, and the text is read as it is.
    return view if len(view) == len(text) else text


# A letter of Polynesia that begins a name; as ‛ it is no letter, and one sees the capital behind.
_OKINA = re.compile(r"(?<![\w'’])[ʻʼ](?=[^\W\d_a-zß-ÿ])")
# Letters that a scanner took for digits, and for each other in the words of streets.
_READ_AS_DIGITS = re.compile(r"(?<![\w@./:=#-])[^\W\d_]+(?:[01][^\W\d_]+){1,3}(?![\w@/:=-])")
_LAST_ONE = re.compile(r"(?<![\w@./:=#-])[^\W\d_][a-zß-ÿ]{3,}1(?![\w@/:=-])")
_STREET_WORDS = (
    "Street", "Terrace", "Drive", "Lane", "Avenue", "Close", "Crescent", "Grove", "Square", "Place",
    "Parade", "Esplanade", "House", "Cottage", "Green", "Gate",
)  # fmt: skip
_READ_AS_C = {
    word[:at] + "c" + word[at + 1 :]: word
    for word in _STREET_WORDS for at in range(1, len(word)) if word[at] == "e"
}  # fmt: skip
_MISREAD = re.compile(rf"\b(?:{'|'.join(_READ_AS_C)})\b")


def _plain(text: str) -> str:
    """Letters where a scanner saw digits within a word, a capital first where an ʻokina is."""
    text = _OKINA.sub("‛", text)
    text = _MISREAD.sub(lambda hit: _READ_AS_C[hit.group()], text)
    scanned = _READ_AS_DIGITS.sub(_as_letters, text)
    return _LAST_ONE.sub(_as_letters, scanned) if scanned != text else text


def _as_letters(hit: re.Match[str]) -> str:
    said = hit.group()
    letters = [char for char in said if char.isalpha()]
    if len(letters) < 3 or len(letters) < 2 * (len(said) - len(letters)):
        return said
    if all(map(str.isupper, letters)):
        return said.replace("0", "O").replace("1", "I") if len(letters) > 3 else said
    return said.replace("0", "o").replace("1", "l") if all(map(str.islower, letters[1:])) else said


def _is_shouted(line: str) -> bool:
    letters = [char for char in line if char.isalpha()]
    return len(letters) > 5 and sum(map(str.isupper, letters)) > _SHOUTED_SHARE * len(letters)


def _line(line: str, small: bool) -> str:
    letters = [char for char in line if char.isalpha()]
    upper = sum(char.isupper() for char in letters)
    if _is_shouted(line):
        return _written(line, shouted=True, small=True)
    if small or (upper == 0 and letters):
        return _written(line, shouted=False, small=small)
    if "@" in line:
        upper = sum(map(str.isupper, _ADDRESS.sub("", line)))
        if not upper and " " in line:
            return _but_addresses(line, _written(line, shouted=False, small=small))
    if upper < _FEW_CAPITALS_SHARE * len(letters):
        return _SENTENCE.sub(_small_sentence, line)
    return line


def _small_sentence(hit: re.Match[str]) -> str:
    """A sentence in which names stand in small letters and at most its first word has a capital."""
    said = hit.group()
    if sum(map(str.isalpha, said)) < _LEAST_SENTENCE_LETTERS:
        return said
    rest = _MAY_HAVE_CAPITALS.sub("", _ADDRESS.sub("", said))
    if any(map(str.isupper, rest)):
        return said
    lexicon = read_lexicon()
    if not any(name_evidence(lexicon, word) == 2 for word in words_of(rest)):
        return said
    return _but_addresses(said, _with_addresses(_written(said, shouted=False, small=True)))


def _but_addresses(said: str, made: str) -> str:
    """What was made of words, with addresses of mail and the web as they were."""
    if len(made) != len(said):
        return said
    for address in _ADDRESS.finditer(said):
        made = made[: address.start()] + address.group() + made[address.end() :]
    return made


_SMALL_LINES = re.compile(r"(?m)(?:^(?=.*[^\W\d_])[^A-ZÀ-Þ\n]+$\n?)+")


def _small_lines(text: str, view: str) -> str:
    """The view with the addresses of lines that have no capital, though others have."""
    for hit in _SMALL_LINES.finditer(text):
        made = _with_addresses(view[hit.start() : hit.end()])
        view = view[: hit.start()] + made + view[hit.end() :]
    return view


def _with_addresses(text: str) -> str:
    """The text with what would be an address, were all words written with capitals, so written."""
    titled = _WORDS.sub(_title, text)
    titled = _CODED.sub(lambda hit: hit.group().upper(), titled)
    if len(titled) != len(text):
        return text
    for found in find_addresses(titled, NOTHING_READ):
        text = text[: found.start] + titled[found.start : found.end] + text[found.end :]
    return text


_WORDS = re.compile(r"(?<![\w@.'’])[^\W\d_][\w'’]*(?![\w@])")


def _title(hit: re.Match[str]) -> str:
    said = hit.group()
    low = said.lower()
    small = low in _SMALL or low in _LEADS or low in read_surroundings()["place"]
    return said if small else said[0].upper() + said[1:]


def _written(line: str, *, shouted: bool, small: bool) -> str:
    words = words_of(line)
    lexicon = read_lexicon()
    evidence = [name_evidence(lexicon, word) for word in words]
    known = [word.lower in lexicon.no_names or is_english(word.lower) for word in words]
    out = list(line)
    for at, word in enumerate(words):
        near = [n for n in (at - 1, at + 1) if 0 <= n < len(words) and _adjoin(line, words, at, n)]
        beside = any(evidence[n] or not known[n] for n in near)
        name = evidence[at] == 2 and (not known[at] or beside)
        may_be = evidence[at] == 1 and word.lower not in PARTICLES
        least = 1 if small else 2
        name = name or (may_be and any(evidence[n] >= least for n in near))
        led = small and (_is_led(words, at) or line[word.end : word.end + 1] == ":")
        name = name or (
            not known[at] and (led or any(evidence[n] == 2 or not known[n] for n in near))
        )
        name = name or (may_be and small and _is_greeted(words, at))
        name = name or (may_be and at == 0 and line[word.end : word.end + 1] == ":")
        name = name and len(word.said) > 1
        beside_it = line[max(0, word.start - 1) : word.start] + line[word.end : word.end + 1]
        if shouted and any(map(str.isdigit, beside_it)):
            continue  # a code's letters
        if shouted:
            name = name or _is_place(line, words, at, small=small)
            out[word.start : word.end] = word.said.capitalize() if name else word.said.lower()
            if not name and word.is_initial:
                out[word.start : word.end] = word.said
        elif name or _is_place(line, words, at, small=small):
            out[word.start : word.end] = _titled(word.said)
        elif small and len(word.said) == 2 and word.said.endswith("."):
            out[word.start : word.end] = word.said.upper()  # an initial
    return "".join(out)


def _is_led(words: list[Word], at: int) -> bool:
    """Whether the word before leads to a name: dr, hi, my wife, asked, by."""
    around = read_surroundings()
    before = words[at - 1].lower.rstrip(".") if at else ""
    return any(
        before in around[kind]
        for kind in ("title", "greeting", "kin", "role", "verb", "passive", "name_label")
    )


def _is_greeted(words: list[Word], at: int) -> bool:
    """Whether a greeting stands right before a word that may be a name: hi ivy."""
    return at > 0 and words[at - 1].lower in read_surroundings()["greeting"]


def _is_place(line: str, words: list[Word], at: int, *, small: bool) -> bool:
    """Whether a word is a place to which the word before it leads."""
    low = words[at].lower
    lexicon = read_lexicon()
    for count in (2, 3):  # new delhi, newcastle upon tyne: seldom anything else
        for begin in range(max(0, at - count + 1), at + 1):
            said = [word.lower for word in words[begin : begin + count]]
            if len(said) == count and _titled(" ".join(said)) in lexicon.places:
                return not all(map(is_english, said))
    led = at > 0 and words[at - 1].lower in _TO_A_PLACE
    if not led or low not in lexicon.small_places or low in lexicon.no_names:
        return False
    before = line[max(0, words[at].start - 60) : words[at].start]
    if LIVES.search(before) or MOVES.search(before):
        return True
    return small and (not is_english(low) or low.capitalize() in lexicon.known)


def _adjoin(line: str, words: list[Word], at: int, near: int) -> bool:
    first, second = sorted((at, near))
    return line[words[first].end : words[second].start] in (" ", "-", ", ", ". ")


def _titled(said: str) -> str:
    return re.sub(r"(?<![^\W\d_])[^\W\d_]", lambda hit: hit.group().upper(), said)
