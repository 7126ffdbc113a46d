"""Names that a form's label or a phrase announces, however they are written."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import (
    PARTICLES,
    is_english,
    read_lexicon,
    read_surroundings,
)

from .candidates import TITLES
from .capitals import Word, name_evidence, words_of
from .fields import NAME_FIELD, kind_of

_LABEL = re.compile(
    r"(?:^|[\n;|,(\t{]|\. |\")[ \t\"*_-]*(?:full |first |last |middle |family |given |legal |"
    r"customer |client |patient |"
    r"employee |contact |applicant |account ?holder |cardholder |card ?holder |tenant |"
    r"emergency |guest |passenger |student |"
    r"parent |guardian |spouse |maiden |next of kin |beneficiary |insured |policy ?holder |"
    r"user |sender |recipient |"
    r"(?:name)|surname|forename|attn|attention|contact|customer|client|patient|employee|applicant|tenant|landlord|contact on site|site contact|"
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
    r"(?:^|\n)[ \t]*(?:[\[(<]?\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[ap]m)?[\])>]?[ \t]*[-–]?[ \t]*|"
    r"[-*•][ \t]+)"
    r"<?(?P<name>[^\W\d_][^\n:<>\[\]()\d]{1,30})>?:[ \t]",
    re.IGNORECASE,
)
_CAPITALS = r"[^\W\d_a-zß-ÿ](?:[^\W\d_]|['’ʻ-](?=[^\W\d_])|(?<=\b[^\W\d_])\.)*"
# Behind these any capitals are a name: née Church, call me Sunday.
_CALLED = re.compile(
    rf"\b(?:née|nee|maiden name|born(?= [A-Z][a-z]+ [A-Z])|calls? (?:me|him|her|them|us)|called (?:me|him|her|them)|goes by|known as|handover from|handed over to|passed (?:on )?to|keys with|approved by|checked by|reviewed by|handled by|escalated? to|assigned to|signed for by|contact is|picked up by|collected by|lunch with|dinner with|meeting with|"
    rf"in the name of|answers to|signed by|posted by|written by|reported by|ask for|asked for|speak to|regards to|love from|leave with|left with|name as|have known|known to me as)[ \t:]+[\"“‘'‛]?"
    rf"(?P<name>(?-i:{_CAPITALS}(?: (?:(?:de|da|van|von|der|den|bin|binti|al|el|la|di) ){{0,2}}{_CAPITALS}){{0,3}}))(?![\w-])",
    re.IGNORECASE,
)
# Behind these a department may stand too.
_WEAK = re.compile(
    r"(?i)(?:handover|handed|passed|keys|approved|checked|reviewed|handled|escalated?|assigned|signed for|contact|picked|collected|"
    r"lunch|dinner|meeting)\b"
)
_HERE_IS = re.compile(
    rf"(?:^|[\n.!?,] ?)(?:it['’]?s|this is|i['’]?m|i am)[ \t]+(?P<name>(?-i:{_CAPITALS}(?: {_CAPITALS}){{0,2}}))(?=[.,!]?(?:\s*\n|$)|[.,!] | here\b| from (?:the|your|our)\b)",
    re.IGNORECASE,
)
# Who speaks in a chat: the same words behind the time of two lines or more.
_TIMED = re.compile(
    r"(?m)^[ \t]*[\[(<]?\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[ap]m)?[\])>]?[ \t]*[-–]?[ \t]*<?(?P<name>[^\W\d_][^\n:<>\[\]()\d]{1,30}?)>?:[ \t]",
    re.IGNORECASE,
)
_NO_SPEAKERS = frozenset(
    ("note", "info", "warn", "warning", "error", "debug", "fatal", "trace", "todo", "update", "system",
     "bot", "admin", "server", "reminder", "edit", "answer", "question", "action", "status", "alert")
)  # fmt: skip
# A name turned round at a line's or a field's beginning: family name in capitals, given names.
_TURNED = re.compile(
    r"(?m)(?:^[ \t\"]*(?:(?:\d{1,3}[.)]|[-*•])[ \t]+)?|: )(?P<name>[^\W\d_a-zß-ÿ][^\W\d_a-z]+(?:[ '’ʻ-][^\W\d_a-z]+){0,2}, [^\W\d_a-z][^\W\d_]+(?:[ -][^\W\d_]+){0,3})(?=[ \t\"]*$|[ \t]{2,}|[ \t]*[-–;|(/])"
)
_MOST_WORDS = 5
_BEFORE_A_NAME = frozenset(("of", "at", "in", "the", "for", "and", "und", "et", "y"))
_SMALL = frozenset(
    ("the", "a", "an", "this", "that", "all", "both", "it", "i", "my", "your", "our")
)
_ONE_NAME = re.compile(r"[,!?]|(?<=[^\W\d_]{3})\.(?=\s)")


_GREETING = re.compile(
    rf"(?:^|\n|[.!] )[ \t>]*(?:dear|hi|hello|hey|good (?:morning|afternoon|"
    rf"evening)|thank you|thanks|thx|sorry|congratulations|congrats|happy birthday|well done|welcome|bye|goodbye|ta|cheers)"
    rf"(?: there| so much| again| back)?,?[ \t]+‛?"
    rf"(?P<name>(?-i:{_CAPITALS}(?: {_CAPITALS}){{0,3}}))(?=[ \t]*[,!:;.\n–-]|[ \t]+and |$)",
    re.IGNORECASE,
)
_TITLED = re.compile(
    rf"(?<!\w)(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Herr|Frau|Señora?|Sra?|Monsieur|"
    rf"Madame|Mme|Signora?)\.?[ \u00a0]‛?"
    rf"(?P<name>{_CAPITALS}(?: (?:(?:de|da|van|von|der|den|bin|binti|al|el|la|"
    rf"di) ){{0,2}}{_CAPITALS}){{0,3}})"
)


# Behind these stands a name, also where it is an everyday word: Will, Sunday, Church.
_NAME_LABEL = re.compile(
    rf"(?<![\w-])\"?{NAME_FIELD.pattern}\"?(?: \([^)\n]{{1,16}}\))?(?:[ \t]*[:=][ \t]*\"?|[ \t]+(?=(?-i:{_CAPITALS})(?:[ \t]{{2}}|\n|$)))"
    rf"(?P<name>(?-i:{_CAPITALS}(?:[ -]{_CAPITALS}){{0,3}}))",
    re.IGNORECASE,
)


# The Adebayos; hi its mum on Lelands phone: a family, or what is somebody's without an apostrophe.
_FAMILY = re.compile(r"\b(?i:the) (?P<name>[^\W\d_a-zß-ÿ][^\W\d_]{2,}?)s(?![\w'’-]| [A-Z])")
_OWNING = re.compile(
    r"(?P<name>(?<![\w'’-])[^\W\d_a-zß-ÿ][^\W\d_]{2,}(?:-[^\W\d_]+)?)s (?:phone|mobile|house|flat|place|room|birthday|bday|car|bike|mum|mom|dad|wife|"
    r"husband|brother|sister|party|laptop|account|email|number|desk|bed|coat|bag|keys?|dog|cat|funeral|wedding|leaving do)\b"
)
_OWNING_SMALL = re.compile(
    r"(?<![\w@.'’-])(?P<name>[a-z]{3,14})s (?:phone|place|house|flat|room|birthday|bday|mum|mom|dad|wife|husband|brother|sister|party)\b"
)
_IN_A_FILE = re.compile(
    rf"(?i:\b(?:letter|report|e-?mail|note|cv|resume|reference|invoice|contract|offer|payslip|form|card|photo|minutes|review|warning|statement|"
    rf"consent|certificate|application|interview|appraisal|scan|claim|referral|notes))[ _-](?i:to|for|from|of|with)[ _-](?P<name>{_CAPITALS}(?:[ _-]{_CAPITALS}){{0,2}})"
    rf"(?:[ _-]\d[\w-]*)?\.(?i:odt|docx?|pdf|txt|rtf|xlsx?|ods|eml|msg|pages|jpe?g|png|tiff?|zip|csv|pptx?|md|html?)\b"
)


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Up to five words behind the label, each list of several persons taken apart."""
    for hit in _NAME_LABEL.finditer(text):
        yield Found(*hit.span("name"), "PERSON", 0.9, "stated_names", "a name's label before it")
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
        if value:  # one name: what comes behind a comma or a full stop is about something else
            stop = _ONE_NAME.search(text, value.start(), value.end())
            end = stop.start() if stop else value.end()
            yield from _names_in(text, value.start(), end, whole=False)

    for pattern, because in (
        (_GREETING, "somebody is greeted"),
        (_TITLED, "a title stands before it"),
    ):
        for hit in pattern.finditer(text):
            said = words_of(hit["name"])
            while said and _says_something_else(said[0]) and len(said) > 1:
                said = said[1:]
            other = bool(said) and _says_something_else(said[0])
            if other and pattern is _TITLED and len(said) == 1:
                other = _is_an_office(said[0])  # Mrs Whitehorse
            if said and not (other and not name_evidence(read_lexicon(), said[0])):
                start = hit.start("name")
                yield Found(
                    start + said[0].start, hit.end("name"), "PERSON", 0.9, "stated_names", because
                )
    yield from _called(text)
    yield from _inflected(text)
    for pattern, because in ((_SPEAKER, "somebody speaks"), (_TURNED, "a name turned round")):
        for hit in pattern.finditer(text):
            said = words_of(hit["name"])
            turned = pattern is _TURNED and len(said) == 2 and said[0].said.isupper()
            turned = turned and not said[1].said.isupper()
            other = all(map(_says_something_else, said)) and not turned
            other = other or (
                pattern is _SPEAKER and bool(kind_of(hit["name"].removesuffix("s")))
            )  # - family-names:
            if said and len(said) <= _MOST_WORDS and not other:
                yield Found(
                    hit.start("name"), hit.end("name"), "PERSON", 0.8, "stated_names", because
                )


def _called(text: str) -> Iterator[Found]:
    """Who is called so, whatever the word is, and who speaks in a chat."""
    around = read_surroundings()
    no_names = read_lexicon().no_names
    things = around["organisation"] | around["thing"] | around["role"] | around["other_label"]
    for hit in itertools.chain(_CALLED.finditer(text), _HERE_IS.finditer(text)):
        words = hit["name"].lower().split()
        here = hit.re is _HERE_IS and (words[0] in no_names or is_english(words[0]))
        title = len(words) == 1 and words[0].rstrip(".") in around["title"]  # ask for Mr. Garcia
        if here or title or {words[0], words[-1]} & things or words[0] in _SMALL:
            continue
        weak = _WEAK.match(hit.group()) and all(map(_says_something_else, words_of(hit["name"])))
        if weak or (_WEAK.match(hit.group()) and hit["name"].isupper()):
            continue
        yield Found(*hit.span("name"), "PERSON", 0.85, "stated_names", "somebody is called so")
    speakers = list(_TIMED.finditer(text))
    said = Counter(hit["name"].lower() for hit in speakers)
    for hit in speakers:
        words = hit["name"].lower().split()
        many = said[hit["name"].lower()] > 1 or len(speakers) > 3
        if many and len(words) <= _MOST_WORDS - 1 and not set(words) & (_NO_SPEAKERS | things):
            yield Found(*hit.span("name"), "PERSON", 0.8, "stated_names", "somebody speaks")


def _is_an_office(word: Word) -> bool:
    """Whether a word behind a title is no name: Mr President, Miss World."""
    around = read_surroundings()
    other = around["role"] | around["title"] | around["organisation"] | around["other_label"]
    return word.lower in read_lexicon().no_names | other | _OFFICES


_OFFICES = frozenset(
    ("president", "chairman", "speaker", "minister", "ambassador", "mayor", "justice", "judge", "secretary",
     "world", "universe", "right", "wrong", "big", "clean", "emeritus", "martens", "beast", "bean", "men", "muscle")
)  # fmt: skip


def _inflected(text: str) -> Iterator[Found]:
    """Names with a letter of grammar behind them, and those that files are called by."""
    lexicon = read_lexicon()
    for pattern in (_FAMILY, _OWNING):
        for hit in pattern.finditer(text):
            low, whole = hit["name"].lower(), hit["name"].lower() + "s"
            known = low in (lexicon.family if pattern is _FAMILY else lexicon.given)
            known = known or lexicon.is_clear_name(low)
            other = is_english(whole) or whole in lexicon.no_names
            other = other or (pattern is _OWNING and lexicon.is_clear_name(whole))
            if known and not other and not lexicon.is_place(hit.group()):
                yield Found(
                    *hit.span("name"), "PERSON", 0.65, "stated_names", "somebody's, or a family"
                )
    for hit in _OWNING_SMALL.finditer(text):
        low = hit["name"]
        if low in lexicon.given and not is_english(low) and not is_english(f"{low}s"):
            yield Found(*hit.span("name"), "PERSON", 0.6, "stated_names", "somebody's, or a family")
    for hit in _IN_A_FILE.finditer(text):
        if not all(map(_says_something_else, words_of(hit["name"].replace("_", " ")))):
            yield Found(*hit.span("name"), "PERSON", 0.65, "stated_names", "a file is called so")


def _names_in(text: str, start: int, end: int, *, whole: bool) -> Iterator[Found]:
    pieces = re.finditer(
        r"(?:(?!,\s|\s(?:and|&|und|et|y)\s|\.\s(?=[A-Z][a-z])|/).)+", text[start:end]
    )
    found = list(pieces)
    lexicon = read_lexicon()
    for piece in found:
        words = words_of(piece.group())
        words = words if whole and len(words) <= _MOST_WORDS else _leading(words)
        while len(words) > 1 and _leads_to_a_name(words[0]):
            words = words[1:]
        small = not any(word.capital for word in words)
        if small and any(_says_something_else(word) for word in words):
            continue
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


def _leads_to_a_name(word: Word) -> bool:
    """Whether a word stands before a name and is none of it: and Ms Lind, of Anna."""
    return word.said in _BEFORE_A_NAME or (word.capital and word.lower.rstrip(".") in TITLES)


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
