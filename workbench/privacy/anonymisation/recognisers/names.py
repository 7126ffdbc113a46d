"""Names of persons: capitals in a row with evidence from lists, the words around, and spaCy.

spaCy's small model alone finds about five in six names of many origins. What it misses it mostly
saw as something else (an organisation, a place), so its labels weigh here beside the lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import Lexicon, is_english, read_lexicon

from .capitals import Word, name_evidence, runs_of, words_of

_TITLE = re.compile(
    r"(?<!\w)(?:mr|mrs|ms|miss|mx|dr|prof(?:essor)?|sir|madam|dame|lord|lady|rev(?:erend)?|fr|father|sister|brother|"
    r"captain|capt|col(?:onel)?|sgt|sergeant|lt|lieutenant|gen|major|cpl|officer|detective|inspector|judge|justice|"
    r"senator|governor|mayor|councillor|nurse|herr|frau|señora?|sra?|monsieur|madame|mme|mlle|m|signora?|don|doña|"
    r"sheikh|imam|rabbi|pastor|alhaji|hajj?|ustadh?|datuk|tan sri|pak|bu|ibu|khun|shri|smt|"
    r"mum|dad|uncle|aunt(?:ie)?|cousin|nephew|niece|grandma|grandpa)\.?[ \u00a0]$",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?:\b(?:dear|hi|hello|hey|thanks|thank you|cheers|sincerely|regards|best|yours|love|"
    r"greetings|bye),?\s+|"
    r"\b(?:my name is|name is|named|called|known as|i am|i'm|this is|it's|seen|saw|see|know|"
    r"authori[sz]ed?|let|allow|help|thank|invited?|asked|told|heard from|hear from|"
    r"spoke (?:to|with)|speak (?:to|with)|met(?: with)?|"
    r"meet(?:ing)?(?: with)?|ask(?:ed)?|told|tell|contact(?:ed)?|call(?:ed)?|email(?:ed)?|"
    r"e-mailed|cc(?:'d)?|copy|notify|notified|"
    r"sign(?:ed)? by|written by|reported by|seen by|prepared by|approved by|reviewed by|"
    r"submitted by|referred by|"
    r"sent by|drafted by|authored by|on behalf of|attention of|care of|c/o|attn:?|"
    r"married|wife|husband|partner|son|daughter|brother|sister|mother|father|friend|colleague|manager|boss|neighbou?r|"
    r"supervisor|assistant|lawyer|doctor|nurse|teacher|tutor|patient|client|customer|tenant|landlord|applicant|claimant|"
    r"guardian|witness|driver|passenger|employee|candidate|student|colleagues|friends|"
    r"for|from|with|by|to|and|that|when|if|because|while|but|let|via|per)\s+|^@)$",
    re.IGNORECASE,
)
STRONG_BEFORE = re.compile(
    r"(?:\b(?:dear|hi|hello|hey|my name is|name is|named|i am|i'm|this is|spoke (?:to|with)|"
    r"speak (?:to|with)|married|"
    r"wife|husband|son|daughter|brother|sister|mother|father|friend|colleague|manager|boss|neighbou?r|supervisor|"
    r"(?:signed|written|reported|seen|prepared|approved|reviewed|submitted|referred|sent|"
    r"drafted|authored) by|"
    r"on behalf of|attention of|care of|c/o|patient|tenant|landlord|applicant|claimant|"
    r"guardian|witness|candidate),?\s+)$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^(?:['’]s\b|,? ?(?:who|whose)\b|\s(?:said|says|asked|asks|told|tells|wrote|writes|"
    r"replied|replies|called|"
    r"calls|lives|lived|works|worked|signed|confirmed|confirms|mentioned|agreed|thinks|thought|wants|wanted|needs|"
    r"needed|will|would|can|could|should|has|had|is|was|and i|joined|left|moved|arrived|"
    r"reported|sent|"
    r"phoned|emailed|texted|paid|owes|forgot|knows|knew|lost|booked|requested|complained|"
    r"born|aged|[a-z]+ed)\b|,? \(?(?:aged? )?\d{2}\)?\b|,? ?\(?(?:d\.?o\.?b|born)\b| ?<)",
    re.IGNORECASE,
)
_VALEDICTION = re.compile(
    r"(?:regards|sincerely|cheers|thanks|thank you|best|yours|truly|wishes|love|faithfully|"
    r"respectfully|signed)[,.!]?[ \t]*\n+[ \t]*[-–—]?[ \t]*$",
    re.IGNORECASE,
)
# What is named after somebody is not somebody.
_EPONYM = re.compile(
    r"(?:['’]s?)?[ -](?:(?:and|&|-) ?[A-Z]\w+[ -])?(?:\w+ )?(?:diseases?|syndrome|sign|test|scale|score|law|theorem|method|algorithm|"
    r"equation|distribution|effect|reflex|fracture|procedure|operation|manoeuvre|maneuver|palsy|lymphoma|sarcoma|anaemia|"
    r"tumou?r|criteria|classification|index|stain|culture|tube|catheter|lemma|process|model|principle|paradox|number|"
    r"constant|transform|filter|regression|coefficient|correction|prior|estimator|inequality|conjecture|series|matrix|"
    r"dementia|chorea|phenomenon|curve|prize|award|medal|lecture|scholarship|fellowship|grant|foundation|cup|trophy|"
    r"chart|diagram|plot|code|cipher|machine|engine|cycle|clock|cells?|angle|length|radius|temperature|unit|degrees?)\b"
)
_WORK = re.compile(r"^ (?:print|painting|novel|symphony|sonata|concerto|biography|poster|exhibition|statue|paperback|poem|quote|"
                   r"server|bot|plugin|library|framework|browser|toolkit|package|module|client app|update|release|v?\d+\.\d+)\b")  # fmt: skip
_ORGANISATION = frozenset(
    [
        "inc",
        "ltd",
        "llc",
        "llp",
        "plc",
        "corp",
        "corporation",
        "company",
        "co",
        "group",
        "holdings",
        "gmbh",
        "ag",
        "kg",
        "sa",
        "sas",
        "srl",
        "bv",
        "nv",
        "oy",
        "ab",
        "limited",
        "partners",
        "associates",
        "consulting",
        "solutions",
        "services",
        "systems",
        "technologies",
        "technology",
        "software",
        "labs",
        "studio",
        "studios",
        "media",
        "bank",
        "insurance",
        "foundation",
        "trust",
        "institute",
        "institution",
        "university",
        "college",
        "school",
        "academy",
        "hospital",
        "clinic",
        "surgery",
        "pharmacy",
        "centre",
        "center",
        "council",
        "authority",
        "ministry",
        "department",
        "office",
        "agency",
        "bureau",
        "committee",
        "commission",
        "board",
        "court",
        "church",
        "society",
        "union",
        "association",
        "federation",
        "club",
        "airport",
        "station",
        "hotel",
        "restaurant",
        "museum",
        "theatre",
        "library",
        "street",
        "road",
        "avenue",
        "lane",
        "drive",
        "boulevard",
        "square",
        "terrace",
        "close",
        "crescent",
        "gardens",
        "grove",
        "mews",
        "st",
        "rd",
        "ave",
        "ln",
        "blvd",
        "hwy",
        "river",
        "lake",
        "island",
        "bridge",
        "park",
        "award",
        "prize",
        "act",
        "law",
        "theorem",
        "method",
        "test",
        "index",
        "scale",
        "disease",
        "syndrome",
        "logistics",
        "energy",
        "motors",
        "foods",
        "industries",
        "international",
        "airlines",
        "railways",
        "press",
        "publishing",
        "records",
        "pictures",
        "games",
        "day",
        "cup",
        "league",
        "road",
        "county",
        "state",
        "district",
        "province",
        "region",
        "valley",
        "mountain",
        "mountains",
        "bay",
        "beach",
        "hills",
        "stadium",
        "arena",
        "tower",
        "building",
        "house",
        "hall",
        "court",
        "team",
        "department",
        "project",
        "street",
    ]
)
_NO_PERSON = ("GPE", "LOC", "FAC", "DATE", "LANGUAGE", "MONEY", "NORP", "EVENT", "LAW")


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Runs of capitals with enough evidence, and names in small letters that are nothing else."""
    lexicon = read_lexicon()
    words = words_of(text)
    for run in runs_of(text, words):
        for part in _split(lexicon, run, text):
            yield from _judged(text, part, reading, lexicon)


def _split(lexicon: Lexicon, run: list[Word], text: str) -> Iterator[list[Word]]:
    """The parts of a run between words that are nobody's name."""
    part: list[Word] = []
    for at, word in enumerate(run):
        stops = word.lower.rstrip(".") in lexicon.no_names and not _beside_a_name(lexicon, run, at)
        if stops and word.is_initial:
            stops = not part and at + 1 == len(run)
        if stops or (not part and _only_begins(lexicon, word, run, at, text)):
            if part:
                yield part
            part = []
        else:
            part.append(word)
    if part:
        yield part


def _beside_a_name(lexicon: Lexicon, run: list[Word], at: int) -> bool:
    """Whether a word like Will or Hill stands with a name, and so is one itself."""
    if not name_evidence(lexicon, run[at]):
        return False
    beside = [run[near] for near in (at - 1, at + 1) if 0 <= near < len(run)]
    return any(
        not word.is_initial
        and (
            name_evidence(lexicon, word)
            or not (word.lower in lexicon.no_names or is_english(word.lower))
        )
        for word in beside
    )


def _only_begins(lexicon: Lexicon, word: Word, run: list[Word], at: int, text: str) -> bool:
    """Whether a word has its capital from the sentence: an English word that is no name."""
    return (
        len(run) > 1 and at < len(run) - 1 and _begins_sentence(text, word.start)
        and not name_evidence(lexicon, word) and is_english(word.lower)
    )  # fmt: skip


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t\"'“‘(*-•>")
    return not before or before[-1] in ".!?:\n…"


def _judged(text: str, run: list[Word], reading: Reading, lexicon: Lexicon) -> Iterator[Found]:
    while run and not run[-1].capital:
        run = run[:-1]
    if not run or len(run) > 7:
        return
    start, end = run[0].start, run[-1].end
    score, because = _weigh(text, run, reading, lexicon)
    if score:
        yield Found(start, end, "PERSON", score, "names", because)


def _weigh(text: str, run: list[Word], reading: Reading, lexicon: Lexicon) -> tuple[float, str]:
    """How sure a run is a person, and why; 0 where it is taken for none."""
    start, end = run[0].start, run[-1].end
    label = reading.label_at(start, end)
    before, after = text[max(0, start - 40) : start], text[end : end + 40]
    evidence = [name_evidence(lexicon, word) for word in run if word.capital]
    full = [word for word in run if not word.is_initial and word.capital]
    if not full:
        initials = len(run) > 1 and bool(_TITLE.search(before) or _VALEDICTION.search(before))
        return (0.6, "initials behind a title") if initials else (0.0, "")
    if _TITLE.search(before) and full[0].said[0].isupper():
        return 0.95, "a title stands before it"
    if _is_organisation(after, before) or text[start:end] in lexicon.places:
        return 0.0, ""
    if _EPONYM.match(after) or _WORK.match(after):
        return 0.0, ""
    if _VALEDICTION.search(before):
        return 0.9, "it signs a letter"
    if 2 in evidence and (len(full) > 1 or not _all_places(run, lexicon)):
        return 0.9, "a name on a list"
    if sum(evidence) > 1 or (sum(evidence) == 1 and len(run) > 1 and _rare(full)):
        return 0.8, "words that are names when they stand together"
    if STRONG_BEFORE.search(before) and not _common(full):
        return 0.8, "the words before it"
    if label == "PERSON" and not _common(full):
        return 0.75, "spaCy: PERSON"
    return _weigh_unknown(run, full, label, before, after, evidence, text, reading)


def _weigh_unknown(
    run: list[Word], full: list[Word], label: str, before: str, after: str,
    evidence: list[int], text: str, reading: Reading,
) -> tuple[float, str]:  # fmt: skip
    """Words that are on no list and in no dictionary, by where they stand."""
    unknown = [word for word in full if not is_english(word.lower)]
    shouted = all(word.said.isupper() for word in full)
    begins = _begins_sentence(text, run[0].start)
    context = _person_context(before, after)
    may_be = sum(evidence) == 1 and len(full) == 1 and context and label not in _NO_PERSON
    if may_be and run[0].start in reading.proper and (not begins or _AFTER.search(after)):
        return 0.6, "may be a name, and the words around it"
    if shouted or label in ("DATE", "LANGUAGE", "MONEY", "LAW", "EVENT"):
        return 0.0, ""
    if unknown and len(full) >= 2 and context and not begins:
        return 0.55, "words of no dictionary, and the words around them"
    if len(unknown) < len(full) and len(unknown) < 2:
        return 0.0, ""
    if len(full) >= 2 and (label not in _NO_PERSON or _person_context(before, after)):
        return 0.6, "words of no dictionary in a row"
    if len(unknown) < len(full):
        return 0.0, ""
    both = _BEFORE.search(before) and _AFTER.search(after)
    if len(full) == 1 and len(full[0].said) > 2 and label not in ("GPE", "NORP", "FAC") and both:
        return 0.5, "a word of no dictionary, and the words around it"
    return 0.0, ""


def _person_context(before: str, after: str) -> bool:
    return bool(_BEFORE.search(before) or _AFTER.search(after) or STRONG_BEFORE.search(before))


def _is_organisation(after: str, before: str) -> bool:
    follows = re.match(r"[ ,&]{1,3}([^\W\d_]+)", after)
    if follows and follows[1].lower() in _ORGANISATION and follows[1][0].isupper():
        return True
    return bool(
        re.search(
            r"\b(?:university|bank|college|hospital|school|ministry|city|republic|lake|mount|"
            r"port|st) (?:of )?$",
            before,
            re.I,
        )
    )


def _all_places(run: list[Word], lexicon: Lexicon) -> bool:
    return all(word.said in lexicon.places for word in run)


def _rare(words: list[Word]) -> bool:
    return any(not is_english(word.lower) for word in words)


def _common(words: list[Word]) -> bool:
    """Whether all are words of the dictionary and no names: a heading, a product, a role."""
    lexicon = read_lexicon()
    return all(
        word.lower in lexicon.no_names
        or (is_english(word.lower) and not name_evidence(lexicon, word))
        for word in words
    )
