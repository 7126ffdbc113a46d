"""Dates of birth: by the words around, by a birth date beside them, or as old dates of somebody.

Other dates stay. A whole date of long ago right beside a person or in a row about one is taken for
a birth though no word says so: little else about people is so old and so exact.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading

from .date_forms import STAMP, date, is_whole, year_of

BIRTH = (
    r"born|brn|births?|birth ?(?:day|date|dt)|b-?day|b ?date|d[./ ]?\s?o[./ ]?\s?b|y\.?o\.?b|b\.d\.|bd|date of b\w{3,5}|née? le|"
    r"geboren(?:\sam)?|geb|geburts(?:tag|datum)|nacid[oa]|nacimiento|nac|f\.? ?nac|nat[oa]|nascita|nasc|nascid[oa]|nascimento|"
    r"naissance|geboortedatum|gebore|født|fødselsdato|född|födelsedatum|fødd|fæddur|fædd|"
    r"syntynyt|synt|syntymäaika|sünd|sündinud|dzimis|dzim|gimęs|gimusi|urodzon[ya]|ur|narozen[áa]?|nar|datum narození|"
    r"narodený|rojena?|rođena?|született|szül|születési|născută?|doğum|doğumlu|ditëlindja|lindur|"
    r"rodilsya|rodilas|narodyvsya|gennithike|ganwyd|ganed|rugadh|nascut|nascuda|jaio|lahir|ipinanganak|kapanganakan|"
    r"urodzeni[ae]|narození|narodenia|rojstva|rođenja|rozhdeniya|narodzhennya|dzimšanas|gimimo|sünniaeg|fødselsdag|"
    r"birt|verjaardag|nașterii|nasterii|naixement|jaiotze|roz\.|kuzaliwa|alizaliwa|ngày sinh|sinh|janm|came into the world|first saw the light"
)
_CUE = re.compile(
    rf"\b(?:{BIRTH})(?!\w)|(?<![\w*])\*(?!\*)|(?<![\w.])(?-i:b)(?:\.| $)",
    re.IGNORECASE,
)
_MOST_BETWEEN = 64
# Asked by one, told by another; or a label over its value.
_ASKED = re.compile(
    rf"[^\n]{{0,40}}[?.:]\s*\n(?:[^\n]{{0,90}}\n[^\n]{{0,64}}\?\s*\n)?(?:{STAMP})?(?:[^\n\d]{{0,40}}\(\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}})?(?: ?[ap]m)?\))?[^\n\d]{{0,64}}"
    r"(?:[A-Za-z]{0,4}[-/]?\d[\w/-]{3,24}(?: and |, | / |; ))?"  # the number that was asked for too
)
_BELOW = re.compile(
    r"[^\n\w]{0,12}\n[^\n]{0,24}|(?! ?[,;\t|]|[^\n]*[,;\t|][^\n]*[,;\t|])[^\n]{0,48}\n[^\n\d]{0,24}"
)
_AFTER = re.compile(
    r"^[^\n.;\d]{0,14}(?:\b(?:d\.?o\.?b\b|date of birth|birth ?date|birthday|geb\b|geboren\b)|is (?:my|his|her|their|the) (?:date of birth|birth ?day|dob)|"
    r"(?:when|the day|the date|the year) (?:\w+ ){0,2}(?:was|were) born|[ ,]+(?:\w+ ){0,3}(?:was|were) born\b|as (?:my|his|her|the) (?:birth|dob|date of birth))",
    re.IGNORECASE,
)
_OTHER = (
    r"died|death|d\.|admitted|admission|visited|seen|moved|joined|started|start|married|marriage|wedding|issued?|issue|expires?|expiry|due|"
    r"since|until|till|through|appointment|signed|dated|founded|established|built|published|released?|version|employed|hired|"
    r"effective|valid|received|sent|ordered|delivered on|paid|invoice|meeting|registered|updated|created|came|arrived|left|"
    r"worked|graduated|retired|discharged|operated|surgery|vaccinated|deceased|buried|†|treaty|war|act|law|election"
)
_OTHER_DATE = re.compile(rf"(?:\b(?:{_OTHER})(?!\w)|†)", re.IGNORECASE)
# Between one birth date and the next: "and", a slash, the next child's name.
_AND_NEXT = re.compile(
    r"(?!,\S)[^\w\n]{1,4}(?:(?:and|&|und|et|y)[^\w\n]{1,2})?(?:[^\W\d_a-zß-ÿ][\w'’-]+[^\w\n]{1,3}){0,3}\Z"
)
_LONG_AGO_YEARS = 16
_OLDEST = 1905
_PERSIAN_YEARS = range(1290, 1400)
# Right behind a name, an age or a sex; in brackets, between commas, in a cell.
_BESIDE = re.compile(
    r"(?:[^\W\d_a-zß-ÿ][\w'’-]*['’]?,? ?[(\[]|[^\W\d_a-zß-ÿ][\w'’-]+[,;:|\t] {0,3}|[^\W\d_a-zß-ÿ][\w'’-]+(?: {1,24}| [-–—] )|"
    r"\b(?i:male|female|m|f|aged? \d{1,2}|\d{1,2} ?(?:yo?|y/o|yrs?|years? old))[\s,;|/()-]{1,4}|[,;|\t\"'] {0,8}|\n|[^\W_]{3,} / |\b(?i:verified|identified|confirmed) )\Z"
)

_NAMED = re.compile(
    r"[^\W\d_a-zß-ÿ][\w'’.-]* (?:[a-z]{1,4} ){0,2}[^\W\d_a-zß-ÿ][\w'’.-]+,? ?[(,;|\t-]? ?\Z"
)
_DOCUMENT = re.compile(
    r"\)?[ ,;|\t/-]{1,3}(?i:passports?|id\b|id card|identity|nhs|nino?\b|ssn|social security|insurance no|nationality|"
    r"visa\b|allerg|blood group|next of kin|male\b|female\b|sex\b|gender|weight|height|class \d|year \d|form \d)"
)
_CHILD = re.compile(
    r"\b(?i:child|baby|infant|pupil|patient|dependant|dependent|son|daughter|applicant|insured|passenger)s?:? "
    r"[^\W\d_a-zß-ÿ][\w'’-]+(?: [^\W\d_a-zß-ÿ][\w'’-]+){0,3},? ?[(,]? ?\Z"
)
# A number between a name and a date, in a row of a list: Doe, Ann, 6165612, 2011-12-30.
_NUMBERED = re.compile(
    r"[^\W\d_a-zß-ÿ][\w'’-]+,? [^\W\d_a-zß-ÿ][\w'’.-]+(?:[,;|\t] ?| {2,4})[A-Z]{0,4}[-/]?\d[\dA-Z/-]{3,12}(?:[,;|\t] ?| {2,4})\Z"
)
_SEX = re.compile(
    r"\b(?i:male|female|boy|girl|child|infant|minor|baby|adult|toddler|teenager|junior)[\s,;:|/()-]{1,4}\Z"
)
# As studies name whom they screen: M.T.  1985-05-04
_INITIALS = re.compile(r"(?:^|[\n\t |;,])(?:[^\W\d_a-zß-ÿ]\.[ -]?){2,3}(?:,? {1,24}|[,;|\t] ?)\Z")


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Dates behind a word of birth, with no other date's word between them, and old ones."""
    last = -1
    for hit in date().finditer(text):
        because = _why(text, hit)
        if not because and last >= 0 and _AND_NEXT.fullmatch(text, last, hit.start()):
            because = "beside another birth" if is_whole(hit.group()) else ""
        if because:
            last = hit.end()
            score = 0.6 if because == "long ago" else 0.9
            yield Found(hit.start(), hit.end(), "BIRTH_DATE", score, "birth_dates", because)


def _why(text: str, hit: re.Match[str]) -> str:
    """What speaks for a birth; empty where nothing does."""
    said = hit.group()
    before = text[max(0, hit.start() - 40) : hit.start()]
    behind = text[hit.end() : hit.end() + 48]
    weak = len(said) < 5 or (said.isdigit() and len(said) == 4)  # 7.3. or 1985
    if _is_led(text, hit, weak):
        return "a birth is said"
    if _AFTER.search(behind) and not _OTHER_DATE.search(before[-16:]):
        return "a birth is said behind"
    if weak or not is_whole(said) or _OTHER_DATE.search(before.rpartition("\n")[2]):
        return ""
    if _SEX.search(before):
        return "behind a sex"
    if _NAMED.search(before) and _DOCUMENT.match(behind):
        return "between a name and a document"
    if _INITIALS.search(before) and _is_long_ago(said):
        return "behind initials"
    if _CHILD.search(before):
        return "of a child"
    if _NUMBERED.search(before) and _is_long_ago(said, years=2):
        return "behind a name and a number"
    return "long ago" if _is_long_ago(said) and _BESIDE.search(before) else ""


def _is_led(text: str, hit: re.Match[str], weak: bool) -> bool:
    """Whether the last word of birth before a date leads to it, and to no other date before it."""
    cues = list(_CUE.finditer(text, max(0, hit.start() - 150), hit.start()))
    if not cues:
        return False
    between = text[cues[-1].end() : hit.start()]
    if "\n" in between and not (_ASKED.fullmatch(between) or _BELOW.fullmatch(between)):
        return False
    if "\n" not in between and len(between) > _MOST_BETWEEN:
        return False
    if date().search(between) or _OTHER_DATE.search(between):
        return False
    return not (weak and _is_measure(between, text[hit.end() : hit.end() + 12]))


def _is_measure(between: str, behind: str) -> bool:
    """Whether a bare number behind a word of birth is an amount: born 1500 g."""
    return bool(re.match(r"\s?(?:g|kg|grams?|people|%|\d)", behind)) or len(between) > 32


def _is_long_ago(said: str, *, years: int = _LONG_AGO_YEARS) -> bool:
    year = year_of(said)
    youngest = dt.date.today().year - years
    return year is not None and (_OLDEST <= year <= youngest or year in _PERSIAN_YEARS)
