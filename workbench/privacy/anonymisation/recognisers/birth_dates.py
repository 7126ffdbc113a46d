"""Dates of birth: a date is one by the words around it; other dates stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
DATE = re.compile(
    r"(?<![\w/.-])(?:"
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?(?: of)?[\s-]{_MONTH},?[\s-](?:\d{{4}}|\d{{2}})|"
    rf"{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}|"
    rf"{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?|"
    r"\d{1,2}\. ?\d{1,2}\. ?\d{4}"
    r")(?![\w]|[/.-]\d)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?:\b(?:born|birth(?:day|date)?|d\.?o\.?b\.?|b\.d\.|bd|née|geboren|geb|nacido|nacida|nato|nata)(?!\w)|\*|,? b\.)"
    r"(?:[^\n]{0,40}|[^\n]{0,30}\?\s*\n[^\n:]{1,32}:[^\n:]{0,32})$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^[^\n.]{0,12}\b(?:\(?dob\b|date of birth|is (?:my|his|her|their) birthday)", re.IGNORECASE
)
_OTHER_DATE = re.compile(r"\b(?:died|admitted|visited|seen|moved|joined|started|married|issued|"
    r"expires?|due|"
                         r"since|until|appointment|signed|dated)\b", re.IGNORECASE)  # fmt: skip


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Dates behind a word of birth, with no other date's word between them."""
    for hit in DATE.finditer(text):
        before = text[max(0, hit.start() - 90) : hit.start()]
        said = _BEFORE.search(before)
        sure = said is not None and not DATE.search(said.group())
        sure = sure and said is not None and not _OTHER_DATE.search(said.group())
        if sure or _AFTER.search(text[hit.end() : hit.end() + 40]):
            yield Found(hit.start(), hit.end(), "BIRTH_DATE", 0.9, "birth_dates", "a birth is said")
