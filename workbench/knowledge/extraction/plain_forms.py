"""The forms of plain sentences: what they are said of, what is said, and how it is written.

Patterns of English words, each for a whole clause. They ask for a name, or for *the* and a few
words, at the beginning, so that what is read is what the sentence is about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.knowledge.words import MONTHS

_PART = r"[^\W\d_a-z][\w'’&-]*"
_JOIN = r"(?:(?:of(?: the)?|de|del|la|von|van|der|da|di|al|bin)\s+)"
NAME = rf"(?!(?:The|Our)\b){_PART}(?:\s+{_JOIN}*{_PART}){{0,5}}"
_TITLE = r"(?:(?:Mr|Mrs|Ms|Dr|Prof|St)\.\s+)?"
_THE = (
    r"(?:[Tt]he|[Oo]ur)\s+(?:[\w'’-]+\s+){0,3}?[\w'’-]+(?:\s+(?:of|in|on|at|for)\s+(?:the\s+)?"
    rf"{NAME})?"
)
_THE_END = (
    r"(?:[Tt]he|[Oo]ur)\s+(?:[\w'’-]+\s+){0,4}?[\w'’-]+"
    r"(?=[.,;)]|\s*$|\s(?:and|in|at|since|for|until|from|with|on|but)\b)"
)
_MONTH = rf"(?:{'|'.join(MONTHS)})"
DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}(?:,?\s+\d{{4}})?|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?"
    rf"(?:,?\s+\d{{4}})?|{_MONTH}\s+\d{{4}}|\d{{4}}-\d\d(?:-\d\d)?|(?:1[0-9]|20)\d\d)"
)
_NUMBER = r"\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
_UNIT = (
    r"euros?|dollars?|pounds?|francs?|kroner|kronor|crowns|yen|percent|per cent|%|km|kilometres|"
    r"kilometers|metres|meters|m|cm|mm|kg|kilos?|tonnes|tons|litres|liters|hours|days|weeks|months|"
    r"years|seconds|minutes|degrees|[MGT]B|EUR|USD|GBP|CHF|NOK|SEK|people|employees|members|seats"
)
AMOUNT = (
    rf"(?:[$€£]\s?)?(?:{_NUMBER})(?:\s?(?:thousand|million|billion|bn|k)\b)?(?:\s?(?:{_UNIT})\b|%)?"
)
_ATTRIBUTE = (
    r"budget|price|cost|fee|rent|salary|capacity|turnover|revenue|headcount|balance|deposit|limit|"
    r"target|height|length|width|depth|weight|membership|temperature|deadline|"
    r"launch date|release date|due date|opening date|closing date"
)
_COUNTED = (
    r"employees|people|members|staff|seats|rooms|beds|students|pupils|volunteers|"
    r"floors|branches|offices|participants|shops|stores|engineers|doctors|teachers"
)
_ABOUT = r"(?:(?:about|around|roughly|some|exactly|over|nearly)\s+)?"
_IS = r"(?:is|was|amounts to|came to|stands at|has been set at|was set at|is set at)"
_FIRST = r"(?:(?:first|officially|formally|finally|then|later|was|were|has been|had been)\s+)*"
_LED = r"leads?|led|heads?|headed|chairs?|chaired|manages?|managed|directs?|directed"
_CLAUSE = r"(?:(?!\b(?:which|who|that|when|after|before|because|where|while)\b)[^,;:()—–])"

_PARTS = r"(?: [a-z][\w'’-]+){0,2}?"  # *Mercer Bridge repair*

_AND = rf"(?:(?:was|were|had been|began|grew|\w+ed)\b{_CLAUSE}*?\band )?"  # *was built and*


@dataclass(frozen=True)
class Form:
    """A pattern with groups ``s`` and ``o``, and ``r`` where the relation is a word of it.

    ``turned``: the relation holds of ``o`` and ``s``, in that order.
    """

    relation: str
    pattern: re.Pattern[str]
    confidence: float
    turned: bool = False


def _form(relation: str, text: str, confidence: float, *, turned: bool = False) -> Form:
    return Form(relation, re.compile(text.replace(" ", r"\s+")), confidence, turned)


def _said_of(what: str) -> str:
    return rf"^(?P<s>{what}|{_TITLE}{NAME})"


_S = _said_of(_THE)
_S_NAME = rf"^(?P<s>{_TITLE}{NAME})"
_O_NAME = rf"(?P<o>{_TITLE}{NAME})\b(?![ ][a-z]+[ ][A-Z])"  # not *by Austrian statesman K*
_DATED = {
    "opened_on": r"(?:re-?)?opened",
    "closed_on": r"closed(?: down)?",
    "founded_on": r"founded|established|set up",
}
# Not *in 1950 and died*: the day behind that is another's.
_BIRTHPLACE = rf"in (?!{DATE}\b)(?:(?!\band [a-z]){_CLAUSE})+?"
FORMS: tuple[Form, ...] = (
    *(
        _form(
            relation,
            rf"{_S} {_AND}{_FIRST}(?:{verb}) (?:by (?:(?!and\b){_CLAUSE})+? )?"
            rf"(?:again )?(?:in|on) (?:the )?(?P<o>{DATE})\b",
            0.75,
        )
        for relation, verb in _DATED.items()
    ),
    _form("born_in", rf"{_S_NAME} was born (?:on {DATE} )?in (?P<o>{NAME})", 0.85),
    _form("born_on", rf"{_S_NAME} was born (?:{_BIRTHPLACE} )?(?:in|on) (?P<o>{DATE})\b", 0.85),
    _form("is_married_to", rf"{_S_NAME} is (?:now )?married to {_O_NAME}", 0.85),
    _form(
        "spouse_of",
        rf"{_S_NAME} (?:was|has been|got|had been) (?:first |later |once )?married to {_O_NAME}",
        0.85,
    ),
    _form("reports_to", rf"{_S_NAME} (?:now )?reports (?:directly )?to {_O_NAME}", 0.85),
    _form("leads", rf"{_S_NAME} (?:now )?(?:{_LED}) (?P<o>{_THE_END}|{NAME})", 0.75),
    _form(
        "leads",
        rf"{_S} (?:is|was|has been) (?:now )?(?:led|headed|run|managed|chaired|directed) by "
        rf"{_O_NAME}",
        0.75,
        turned=True,
    ),
    _form("lives_in", rf"{_S_NAME} (?:now )?lives in (?:the )?(?P<o>{NAME})", 0.8),
    _form("works_for", rf"{_S_NAME} (?:now )?works (?:for|at) (?:the )?(?P<o>{NAME})", 0.8),
    _form("moved_to", rf"{_S} {_AND}moved to (?:the )?(?P<o>{NAME})", 0.75),
    _form(
        "{r}",
        rf"^(?:[Tt]he|[Oo]ur) (?:total |annual |yearly |monthly )?(?P<r>{_ATTRIBUTE}) (?:of|for) "
        rf"(?P<s>(?:the )?(?:{NAME}{_PARTS}|[\w'’-]+(?: [\w'’-]+)?)) {_IS} {_ABOUT}(?:on )?"
        rf"(?P<o>{DATE}\b|{AMOUNT})",
        0.85,
    ),
    _form(
        "{r}",
        rf"{_S_NAME}['’]s? (?:total |annual |yearly |monthly )?(?P<r>{_ATTRIBUTE}) {_IS} {_ABOUT}"
        rf"(?:on )?(?P<o>{DATE}\b|{AMOUNT})",
        0.85,
    ),
    _form(
        "{r}",
        rf"{_S} has an? (?:total |annual |yearly |monthly )?(?P<r>{_ATTRIBUTE}) of {_ABOUT}"
        rf"(?P<o>{AMOUNT})",
        0.8,
    ),
    _form(
        "amounts_to",
        rf"^(?P<s>(?:[Tt]he|[Oo]ur) (?:[\w'’-]+ ){{0,2}}?(?:{_ATTRIBUTE})) {_IS} {_ABOUT}(?:on )?"
        rf"(?P<o>{DATE}\b|{AMOUNT})",
        0.6,
    ),
    _form("costs", rf"{_S} costs? {_ABOUT}(?P<o>{AMOUNT})", 0.75),
    _form("has_{r}", rf"{_S} (?:has|employs|seats|holds|counts) {_ABOUT}(?P<o>{AMOUNT}) "
          rf"(?P<r>{_COUNTED})\b", 0.75),
    _form(
        "takes_place_on",
        rf"{_S} (?:is|was|takes place|took place|falls|is due|starts|started|begins) (?:on )?"
        rf"(?:the )?(?P<o>{DATE})\b",
        0.6,
    ),
)  # fmt: skip
"""The first that fits a clause for an end is taken."""

UNSAID = re.compile(
    r"\b(?:not|never|no longer|nor|neither|without|maybe|perhaps|probably|possibly|might|could|"
    r"(?-i:may)|would|should|if|whether|unless|allegedly|supposedly|reportedly|rumou?r\w*|said|says|claims?|"
    r"claimed|thinks?|thought|believes?|believed|suggest\w*|propos\w*|wrong\w*|false|untrue|"
    r"den(?:y|ies|ied)|mistaken\w*|hopes?|wants?|plans?|wished?|dreamt|imagine|almost|nearly)\b"
    r"|n['’]t\b|[?\"“”„«»|]",
    re.I,
)
"""What leaves open or denies what a sentence says; such sentences are left to others."""
