"""Names that a form's label or a phrase announces, however they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import PARTICLES, is_english, read_lexicon

from .capitals import Word, name_evidence, words_of

_LABEL = re.compile(
    r"(?:^|[\n;|,(\t{]|\. |\")[ \t\"*_-]*(?:full |first |last |middle |family |given |legal |"
    r"customer |client |patient |"
    r"employee |contact |applicant |account ?holder |cardholder |card ?holder |tenant |"
    r"emergency |guest |passenger |student |"
    r"parent |guardian |spouse |maiden |next of kin |beneficiary |insured |policy ?holder |"
    r"user |sender |recipient |"
    r"(?:name)|surname|forename|attn|attention|contact|customer|client|patient|employee|applicant|tenant|landlord|"
    r"claimant|witness|guest|passenger|student|guardian|spouse|beneficiary|cardholder|"
    r"account holder|policyholder|"
    r"physician|doctor|gp|consultant|manager|supervisor|interviewer|interviewee|candidate|author|signed|from|to|cc|bcc|"
    r"sender|recipient|ship to|bill to|deliver to|sold to|payee|payer|name on card|reported by|"
    r"assigned to|owner|"
    r"next of kin|emergency contact|line manager|referee|respondent|attendees?|participants?|"
    r"present|actions?|assignee|owner)+"
    r"(?:['’]s name| name| person)?(?: \([^)\n]{1,16}\))?[\"*_]*[ \t]*[:=][ \t\"*_]*",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"\b(?:my (?:full )?name is|name's|i am called|(?-i:(?:[Cc]all me|known as)(?= [^\W\d_a-zß-ÿ]))|goes by|née|nee|aka|a\.k\.a\.|"
    r"alias)[ \t]+",
    re.I,
)
_VALUE = re.compile(r"[^\n;|<>\t{}\"()\d@:]{2,160}")
_NEXT_CELL = re.compile(r"(?<=\w)[ \t]{2,}")
_SENTENCE = re.compile(r"(?<![A-Z])(?<!\b(?:[DMS][rst]))\.\s")
_SPEAKER = re.compile(
    r"(?:^|\n)[ \t]*(?:[\[(]?\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[ap]m)?[\])]?[ \t]*[-–]?[ \t]*|"
    r"[-*•][ \t]+)"
    r"<?(?P<name>[^\W\d_][^\n:<>\[\]()\d]{1,30})>?:[ \t]",
    re.IGNORECASE,
)
# A line that is a name turned round: family name in capitals, a comma, given names.
_TURNED = re.compile(
    r"(?m)^[ \t\"]*(?P<name>[^\W\d_a-zß-ÿ][^\W\d_a-z]+(?:[ '’ʻ-][^\W\d_a-z]+){0,2}, [^\W\d_a-z][^\W\d_]+(?:[ -][^\W\d_]+){0,3})[ \t\"]*$"
)
_MOST_WORDS = 5


_CAPITALS = r"[^\W\d_a-zß-ÿ](?:[^\W\d_]|['’ʻ-](?=[^\W\d_])|(?<=\b[^\W\d_])\.)*"
_GREETING = re.compile(
    rf"(?:^|\n|[.!] )[ \t>]*(?:dear|hi|hello|hey|good (?:morning|afternoon|"
    rf"evening))(?: there)?,?[ \t]+"
    rf"(?P<name>(?-i:{_CAPITALS}(?: {_CAPITALS}){{0,3}}))(?=[ \t]*[,!:;.\n–-]|[ \t]+and |$)",
    re.IGNORECASE,
)
_TITLED = re.compile(
    rf"(?<!\w)(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Herr|Frau|Señora?|Sra?|Monsieur|"
    rf"Madame|Mme|Signora?)\.?[ \u00a0]"
    rf"(?P<name>{_CAPITALS}(?: (?:(?:de|da|van|von|der|den|bin|binti|al|el|la|"
    rf"di) ){{0,2}}{_CAPITALS}){{0,3}})"
)


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Up to five words behind the label, each list of several persons taken apart."""
    for hit in _LABEL.finditer(text):
        value = _VALUE.match(text, hit.end())
        if value:
            stop = _SENTENCE.search(text, value.start(), value.end())
            end = stop.start() if stop else value.end()
            cell = _NEXT_CELL.search(text, value.start(), end)
            end = cell.start() if cell else end
            yield from _names_in(text, value.start(), end, whole=True)
    for hit in _PHRASE.finditer(text):
        value = _VALUE.match(text, hit.end())
        if value:
            yield from _names_in(text, value.start(), value.end(), whole=False)

    for pattern, because in (
        (_GREETING, "somebody is greeted"),
        (_TITLED, "a title stands before it"),
    ):
        for hit in pattern.finditer(text):
            said = words_of(hit["name"])
            while said and _says_something_else(said[0]) and len(said) > 1:
                said = said[1:]
            if said and not (
                _says_something_else(said[0]) and not name_evidence(read_lexicon(), said[0])
            ):
                start = hit.start("name")
                yield Found(
                    start + said[0].start, hit.end("name"), "PERSON", 0.9, "stated_names", because
                )
    for pattern, because in ((_SPEAKER, "somebody speaks"), (_TURNED, "a name turned round")):
        for hit in pattern.finditer(text):
            said = words_of(hit["name"])
            if said and len(said) <= _MOST_WORDS and not all(map(_says_something_else, said)):
                yield Found(
                    hit.start("name"), hit.end("name"), "PERSON", 0.8, "stated_names", because
                )


def _names_in(text: str, start: int, end: int, *, whole: bool) -> Iterator[Found]:
    pieces = re.finditer(
        r"(?:(?!,\s|\s(?:and|&|und|et|y)\s|\.\s(?=[A-Z][a-z])|/).)+", text[start:end]
    )
    found = list(pieces)
    lexicon = read_lexicon()
    for piece in found:
        words = words_of(piece.group())
        words = words if whole and len(words) <= _MOST_WORDS else _leading(words)
        if not words or len(words) > _MOST_WORDS:
            continue
        if all(_says_something_else(word) for word in words):
            continue
        if (
            whole
            and not any(w.capital for w in words)
            and not any(name_evidence(lexicon, w) for w in words)
        ):
            continue
        at = start + piece.start()
        yield Found(
            at + words[0].start,
            at + words[-1].end,
            "PERSON",
            0.85,
            "stated_names",
            "a label or phrase before it",
        )


def _leading(words: list[Word]) -> list[Word]:
    """The capitals at the beginning, or names of the lists in small letters."""
    lexicon = read_lexicon()
    taken: list[Word] = []
    for word in words:
        low = word.lower
        if (
            not word.capital
            and not name_evidence(lexicon, word)
            and low not in PARTICLES
            and is_english(low)
        ):
            break
        said = low in lexicon.no_names and not name_evidence(lexicon, word)
        if said or len(taken) == _MOST_WORDS - 1:
            break
        taken.append(word)
    return taken


def _says_something_else(word: Word) -> bool:
    lexicon = read_lexicon()
    if word.lower in lexicon.no_names:
        return True
    return is_english(word.lower) and not name_evidence(lexicon, word)
