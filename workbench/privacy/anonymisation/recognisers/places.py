"""Places: those that spaCy sees and those on the lists, unless they are part of something else."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import read_lexicon

from .capitals import name_evidence, words_of


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Cities, regions and countries."""
    for hit in _known().finditer(text):
        if _is_somebodys(text, hit.start(), hit.end()):
            yield Found(hit.start(), hit.end(), "LOCATION", 0.8, "places", "a place on a list")
    for hit in _WHERE.finditer(text):
        yield Found(
            hit.start("place"), hit.end("place"), "LOCATION", 0.6, "places", "where somebody is"
        )
    lexicon = read_lexicon()
    for entity in reading.entities:
        if entity.label not in ("GPE", "LOC"):
            continue
        said = text[entity.start : entity.end]
        words = [word for word in words_of(said) if word.capital]
        if not words or any(word.lower in lexicon.no_names for word in words) or "\n" in said:
            continue
        if not _is_somebodys(text, entity.start, entity.end):
            continue
        if all(name_evidence(lexicon, word) == 0 for word in words) and not any(
            c.isdigit() for c in said
        ):
            yield Found(
                entity.start, entity.end, "LOCATION", 0.6, "places", f"spaCy: {entity.label}"
            )


# A place is personal where somebody lives, comes from, was born, stays or goes.
_HIS = re.compile(
    r"(?:\b(?:liv(?:e|es|ed|ing)|resid(?:e|es|ed|ing|ent|ence)|born|birth|based|mov(?:e|es|ed|ing)|relocat\w+|stay\w*|hometown|home|"
    r"grew up|raised|comes?|came|originally|native|from|flying|fl[iy]es?|flew|travel\w*|going|go|goes|went|visit\w*|return\w*|heading|"
    r"back|now|currently|settled|arriv\w+|drove|driving|commut\w+|destination|holiday|trip|transferred|emigrated|parents)\b"
    r"[^.;:\n]{0,24}\b(?:in|to|from|at|near|of|outside|around|for|via)\s+(?:the\s+)?|"
    r"\b(?:from|in|near|to|outside|around|via|leaving|reach(?:ed|ing)?)\s+|"
    r"\b(?:city|town|country|state|county|province|region|location|place(?: of (?:birth|residence))?|birthplace|address|residence|"
    r"hometown|destination|origin|from|to|lives)[\"']?\s*[:=|,]\s*[\"']?)$",
    re.IGNORECASE,
)


_PLACE = r"(?-i:[^\W\d_a-zß-ÿ][\w'’-]+(?:(?: (?:de|del|la|le|los|upon|am|of|do|da|el|al|an|der)){0,2} [^\W\d_a-zß-ÿ][\w'’-]+){0,3})"
# Here any capitals are a place: the words before them leave nothing else.
_WHERE = re.compile(
    rf"\b(?:(?:live|lives|lived|living|residing|resides|based|born|grew up|raised|staying|settled|flat|house|apartment) in|"
    rf"(?:moved?|moving|relocat(?:ed|ing)|flying|fl[iy]es?|flew|emigrated|travell?(?:ing|ed)) (?:back )?(?:to|from)|"
    rf"(?:originally|comes?|came|is|am|are|family|native) from|(?:flight|train|trip|ticket) to|home (?:in|town of)|native of|a resident of|born (?:at|near))"
    rf" (?P<place>{_PLACE}(?:, {_PLACE})?)",
    re.IGNORECASE,
)


def _is_somebodys(text: str, start: int, end: int) -> bool:
    """Whether the words before a place say that somebody lives, stays or goes there."""
    return bool(_HIS.search(text, max(0, start - 60), start))


@functools.cache
def _known() -> re.Pattern[str]:
    places = sorted(read_lexicon().places, key=len, reverse=True)
    clear = [re.escape(place) for place in places if place.lower() not in _UNCLEAR]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(clear)})(?![\w])")


_UNCLEAR = {
    "reading",
    "bath",
    "nice",
    "essen",
    "split",
    "us",
    "hue",
    "cork",
    "mesa",
    "queens",
    "of",
}
