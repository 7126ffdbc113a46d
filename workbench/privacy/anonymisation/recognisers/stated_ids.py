"""Numbers of persons that a word before them names: passports, licences, staff, members."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading

_WORDS = (
    r"passport|(?:driver'?s?'?|driving) ?licen[cs]e|licen[cs]e|permit|visa|national id(?:entity)?|"
    r"identity|identification|id|i\.d\.|ssn|social security|national insurance|ni|nino|nhs|"
    r"tax(?:payer)?|"
    r"tin|itin|ein|vat|dni|nie|nif|cpf|pesel|bsn|sin|tfn|aadha?ar|pan|curp|rfc|rut|cnp|"
    r"codice fiscale|"
    r"steuer-?id(?:entifikationsnummer)?|personnummer|personal (?:identity )?(?:code|number)|"
    r"employee|staff|payroll|personnel|student|matriculation|enrol?ment|patient|hospital|"
    r"medical record|"
    r"mrn|health(?: ?care)?(?: insurance)?|insurance|medicare|medicaid|member(?:ship)?|subscriber|"
    r"account|acct|bank account|voter|resident|residence|citizen|nric|cnic|"
    r"emirates id|"
    r"my ?kad|ghana card|nin|bvn|kra pin|plate|licen[cs]e plate"
)
_STATED = re.compile(
    rf"(?<!\w)(?:{_WORDS})(?:[ -](?:card|identity|id|no\.?|nr\.?|number|num|code|#|"
    rf"ref(?:erence)?|file|record|pin)|#)*"
    r"(?:\s?\([^)\n]{1,20}\))?[ \t]*(?:[:=#]|\bis\b|\bwas\b|,|\bnow\b|\bends? in\b|"
    r"№)*[ \t]*[#:]?[ \t]*"
    r"(?P<number>(?=(?:[A-Z]{0,4}[ ./-]?){0,3}\d)[A-Z0-9](?:[ ./-]?[A-Z0-9]){3,22})(?![\w])",
    re.IGNORECASE,
)
_LEAST_DIGITS = 3
_TAIL = re.compile(r"(?:[ ./-]?(?![A-Z]*\d)[A-Za-z]{2,})+$|\s[a-z]+(?:\s.*)?$")
_NO_NUMBER = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}$|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}$")


def find(text: str, reading: Reading) -> Iterator[Found]:
    """What stands behind such a word and has at least four digits."""
    for hit in _STATED.finditer(text):
        number = hit.group("number")
        tail = _TAIL.search(number)  # the sentence goes on in small letters
        if tail:
            number = number[: tail.start()]
        digits = sum(char.isdigit() for char in number)
        if digits >= _LEAST_DIGITS and not _NO_NUMBER.match(number):
            start = hit.start("number")
            yield Found(
                start,
                start + len(number),
                "ID",
                0.75,
                "stated_ids",
                f"after {hit.group()[:14].split()[0].lower()}",
            )
