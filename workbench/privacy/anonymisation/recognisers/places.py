"""Places where somebody lives, stays, comes from, was born or goes: a place alone is nobody's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import is_english, read_lexicon, read_surroundings

_MOST_WORDS = 5
_WORD = re.compile(r"[^\W\d_](?:[\w.’'ʻ-]*\w)?")
_LIVES = (
    r"(?:liv(?:e|es|ed|ing)|resid(?:e|es|ed|ing|ent|ence)|born|birth|based|mov(?:e|es|ed|ing)|relocat\w+|stay\w*|hometown|home|"
    r"grew up|raised|comes?|came|originally|native|flying|fl[iy]es?|flew|travel\w*|going|go|goes|went|visit\w*|return\w*|heading|"
    r"back|now|currently|settled|arriv\w+|drove|driving|commut\w+|destination|holiday|trip|way|transferred|emigrated|parents|family|"
    r"house|flat|apartment|alone|again|there|pick ?up|am|is|i'm|phone|winter|summer|weeks?|months?|years?|still)"
)
# Behind these any place is meant, whatever else its name may be.
_SURE = re.compile(
    r"(?:\bborn\b[^;\n]{0,32}\b(?:in|at)\s+|(?:\bb\.|\bborn\b|\*)[^;\n]{3,24}\d{2},\s+|\baddress(?: is| was)?\s+|"
    rf"\b{_LIVES}\b[^.;:\n\d]{{0,24}}\b(?:in|to|from|at|near|of|outside|around|for|via)\s+(?:the\s+)?|"
    r"\b(?:city|town|country|state|county|province|region|location|place(?: of (?:birth|residence))?|birthplace|address(?: given)?|residence|"
    r"hometown|destination|origin|lives|where|nationality(?: doc)?|born(?: in)?|citizen(?: of)?|issued (?:in|by)|state of)[\"']?\s*(?:[:=|,]|  +)\s*[\"']?(?:near )?)$",
    re.IGNORECASE,
)
_MAYBE = re.compile(
    r"\b(?:from|in|near|to|outside|around|via|leaving|reach(?:ed|ing)?)\s+(?:the old one in )?$",
    re.I,
)
_PLACE = r"(?-i:[^\W\d_a-zß-ÿ][\w'’-]+(?:(?: (?:de|del|la|le|los|upon|am|of|do|da|el|al|an|der)){0,2} [^\W\d_a-zß-ÿ][\w'’-]+){0,3})"
# Here any capitals are a place: the words before them leave nothing else.
_WHERE = re.compile(
    rf"\b(?:(?:live|lives|lived|living|residing|resides|based|born|grew up|raised|staying|settled|flat|house|apartment) in|"
    rf"(?:moved?|moving|relocat(?:ed|ing)|flying|fl[iy]es?|flew|emigrated|travell?(?:ing|ed)) (?:back )?(?:to|from)|"
    rf"(?:originally|comes?|came|am|are|family|native) from|(?:flight|train|trip|ticket) to|home (?:in|town of)|native of|a resident of|born (?:at|near))"
    rf"\s(?P<place>{_PLACE}(?:, {_PLACE})?)",
    re.IGNORECASE,
)


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Cities, regions and countries, by lists, by what leads to them and by spaCy's labels."""
    for start, end in places_in(text):
        if _is_part(text, start, end):
            continue
        before = text[max(0, start - 64) : start]
        if _SURE.search(before):
            yield Found(start, end, "LOCATION", 0.8, "places", "a place where somebody is")
        elif _MAYBE.search(before) and _is_clear(text[start:end], reading, start, end):
            yield Found(start, end, "LOCATION", 0.7, "places", "a place on a list")
    for hit in _WHERE.finditer(text):
        low = hit["place"].split()[0].lower()
        if low not in read_lexicon().no_names:
            yield Found(*hit.span("place"), "LOCATION", 0.6, "places", "where somebody is")
    for entity in reading.entities:
        if entity.label != "GPE" or _is_part(text, entity.start, entity.end):
            continue
        before = text[max(0, entity.start - 64) : entity.start]
        said = text[entity.start : entity.end]
        if said[0].isupper() and "\n" not in said and _SURE.search(before):
            yield Found(entity.start, entity.end, "LOCATION", 0.6, "places", "spaCy: GPE")


def places_in(text: str) -> Iterator[tuple[int, int]]:
    """Places of the lists, the longest that begin at each word; a line may end within one."""
    lexicon = read_lexicon()
    words = list(_WORD.finditer(text))
    at = 0
    while at < len(words):
        step = 1
        if words[at].group()[0].isupper():
            for count in range(min(_MOST_WORDS, len(words) - at), 0, -1):
                start, end = words[at].start(), words[at + count - 1].end()
                said = text[start:end]
                if count > 1 and ("," in said or len(said) > 40):
                    continue
                if lexicon.is_place(re.sub(r"\s+", " ", said)):
                    yield start, end
                    step = count
                    break
        at += step


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether a place is a part of a firm's, a street's or a person's name."""
    around = read_surroundings()
    behind = re.match(r"['’]s? |[ -]([^\W\d_][\w'’-]*)| ?& ?", text[end : end + 24])
    if behind:
        word = behind[1] or ""
        if not word or word.lower() in around["organisation"] | around["thing"]:
            return True
        if word[0].isupper() and text[end] != "\n":
            return True
    return bool(re.search(r"(?:[^\W\d_a-zß-ÿ][\w'’-]+[ -]|& |\b(?:Mr|Mrs|Ms|Dr|Prof)\.? )$", text[max(0, start - 24) : start])
                and text[start - 1 : start] != "\n")  # fmt: skip


def _is_clear(said: str, reading: Reading, start: int, end: int) -> bool:
    """Whether a place's name stands for nothing else, or spaCy takes it for a place."""
    lexicon = read_lexicon()
    if said in lexicon.countries or reading.label_at(start, end) in ("GPE", "LOC"):
        return True
    low = said.lower()
    return not (
        low in lexicon.given or low in lexicon.family or is_english(low) or low in lexicon.no_names
    )
