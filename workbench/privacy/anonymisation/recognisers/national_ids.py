"""Numbers that states know people by: by their form, and their check digits where they have any."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workbench.privacy.anonymisation.check_digits import (
    digits_of,
    luhn,
    mod11_nhs,
    verhoeff,
    weighted,
)
from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading


@dataclass(frozen=True)
class _Form:
    """A kind of number. ``sure`` forms need no word before them; others need one of ``words``."""

    name: str
    pattern: re.Pattern[str]
    valid: Callable[[str], bool]
    words: str = ""
    sure: bool = True


def _any(number: str) -> bool:
    return True


def _ssn(number: str) -> bool:
    area, group, serial = re.split(r"[- ]", number)
    return area not in ("000", "666") and group != "00" and serial != "0000"


def _dni(number: str) -> bool:
    said = re.sub(r"[^0-9A-Z]", "", number.upper())
    if said[0] in "XYZ":
        said = str("XYZ".index(said[0])) + said[1:]
    return said[:-1].isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(said[:-1]) % 23] == said[-1]


def _cpf(number: str) -> bool:
    digits = digits_of(number)
    first = -weighted(digits[:9], range(10, 1, -1)) % 11 % 10
    second = -weighted(digits[:10], range(11, 1, -1)) % 11 % 10
    return [first, second] == digits[9:] and len(set(digits)) > 1


def _pesel(number: str) -> bool:
    digits = digits_of(number)
    sound = -weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10 == digits[10]
    return (
        sound
        and 1 <= digits[2] % 2 * 10 + digits[3] <= 12
        and 1 <= digits[4] * 10 + digits[5] <= 31
    )


def _insee(number: str) -> bool:
    said = re.sub(r"\s", "", number.upper()).replace("2A", "19").replace("2B", "18")
    return said.isdigit() and 97 - int(said[:13]) % 97 == int(said[13:])


def _bsn(number: str) -> bool:
    digits = digits_of(number)
    return weighted(digits[:8], range(9, 1, -1)) % 11 == digits[8]


def _steuer_id(number: str) -> bool:
    """ISO 7064, MOD 11,10."""
    product = 10
    digits = digits_of(number)
    for digit in digits[:10]:
        total = (digit + product) % 10 or 10
        product = total * 2 % 11
    return digits[0] != 0 and (11 - product) % 10 == digits[10]


def _chinese(number: str) -> bool:
    said = number.upper()
    total = weighted(
        [int(d) for d in said[:17]], (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    )
    return "10X98765432"[total % 11] == said[17]


def _codice(number: str) -> bool:
    odd = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                   (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18,
                    20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23), strict=True))  # fmt: skip
    said = number.upper()
    total = sum(odd[c] if at % 2 == 0 else int(c, 36) - (10 if c.isalpha() else 0)
                for at, c in enumerate(said[:15]))  # fmt: skip
    return chr(ord("A") + total % 26) == said[15]


def _turkish(number: str) -> bool:
    d = digits_of(number)
    tenth = (sum(d[0:9:2]) * 7 - sum(d[1:8:2])) % 10
    return d[0] != 0 and d[9] == tenth and sum(d[:10]) % 10 == d[10]


def _finnish(number: str) -> bool:
    said = int(number[:6] + number[7:10])
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[said % 31] == number[10].upper()


def _rut(number: str) -> bool:
    body, check = re.sub(r"[.\s]", "", number.upper()).split("-")
    total = sum(int(d) * (2 + at % 6) for at, d in enumerate(reversed(body)))
    return "0123456789K0"[(11 - total % 11) % 11] == check


def _african(number: str) -> bool:
    return luhn(number) and 1 <= int(number[2:4]) <= 12 and 1 <= int(number[4:6]) <= 31


def _nric(number: str) -> bool:
    said = number.upper()
    total = weighted([int(d) for d in said[1:8]], (2, 7, 6, 5, 4, 3, 2)) + (
        4 if said[0] in "TG" else 0
    )
    return said[8] == ("JZIHGFEDCBA" if said[0] in "ST" else "XWUTRQPNMLK")[total % 11]


def _pps(number: str) -> bool:
    said = number.upper()
    extra = (ord(said[8]) - 64) * 9 if len(said) > 8 and said[8] != "W" else 0
    total = weighted([int(d) for d in said[:7]], range(8, 1, -1)) + extra
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == said[7]


def _ahv(number: str) -> bool:
    digits = digits_of(number)
    return -weighted(digits[:12], (1, 3) * 6) % 10 == digits[12]


def _cnp(number: str) -> bool:
    digits = digits_of(number)
    return weighted(digits[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11 % 10 == digits[12]


def _form(
    name: str,
    pattern: str,
    valid: Callable[[str], bool] = _any,
    words: str = "",
    *,
    sure: bool = True,
) -> _Form:
    return _Form(name, re.compile(rf"(?<![\w.+-])(?:{pattern})(?![\w]|[.-]\d)"), valid, words, sure)


_ANY_ID = r"\bid\b|identi|national|passport|tax|social|insurance|resident|citizen"
_FORMS = (
    _form("US social security number", r"\d{3}[- ]\d{2}[- ]\d{4}", _ssn),
    _form("UK national insurance number", r"[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]"),
    _form("NHS number", r"\d{3}[ -]\d{3}[ -]\d{4}", mod11_nhs, r"nhs|health|patient", sure=False),
    _form("NHS number", r"\d{10}", mod11_nhs, r"nhs|health|patient", sure=False),
    _form("Spanish DNI or NIE", r"(?:\d{8}|\d{2}\.\d{3}\.\d{3}|[XYZxyz][- ]?\d{7})[- ]?[A-Za-z]", _dni),
    _form("Italian codice fiscale", r"[A-Za-z]{6}\d{2}[A-EHLMPR-Ta-ehlmpr-t]\d{2}[A-Za-z]\d{3}[A-Za-z]", _codice),
    _form("French social security number", r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d[\dABab] ?\d{3} ?\d{3} ?\d{2}", _insee),
    _form("Brazilian CPF", r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
    _form("Brazilian CPF", r"\d{11}", _cpf, r"cpf", sure=False),
    _form("Polish PESEL", r"\d{11}", _pesel),
    _form("German tax number", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", _steuer_id, r"steuer|tax|\bid", sure=False),
    _form("Dutch BSN", r"\d{9}|\d{3}[. ]\d{3}[. ]\d{3}|\d{4}\.\d{2}\.\d{3}", _bsn, r"bsn|burger|" + _ANY_ID, sure=False),
    _form("Indian Aadhaar", r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}", verhoeff),
    _form("Indian Aadhaar", r"[2-9]\d{11}", verhoeff, r"aadha?ar|uid", sure=False),
    _form("Indian PAN", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]"),
    _form("Mexican CURP", r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d"),
    _form("Mexican RFC", r"[A-ZÑ&]{4}\d{6}[A-Z\d]{3}"),
    _form("Swedish personal number", r"(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])[-+]\d{4}"),
    _form("Finnish personal code", r"[0-3]\d[01]\d{3}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", _finnish),
    _form("Danish CPR number", r"[0-3]\d[01]\d{3}-\d{4}"),
    _form("Norwegian birth number", r"[0-7]\d[01]\d{3} ?\d{5}", _any, r"f[øo]dsels|personnummer|" + _ANY_ID, sure=False),
    _form("Belgian national number", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}"),
    _form("Swiss AHV number", r"756\.\d{4}\.\d{4}\.\d{2}"),
    _form("Swiss AHV number", r"756\d{10}", _ahv),
    _form("Chilean RUT", r"\d{1,2}\.?\d{3}\.?\d{3}-[\dkK]", _rut),
    _form("Canadian SIN", r"\d{3}[ -]\d{3}[ -]\d{3}", luhn),
    _form("Australian TFN", r"\d{3} ?\d{3} ?\d{3}", _any, r"\btfn\b|tax file", sure=False),
    _form("South African ID", r"\d{13}|\d{6} \d{4} \d{3}", lambda n: _african(n.replace(" ", ""))),
    _form("Turkish identity number", r"[1-9]\d{10}", _turkish, r"\btc\b|t\.c\.|kimlik|" + _ANY_ID, sure=False),
    _form("Chinese resident identity number", r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]"),
    _form("Korean resident number", r"\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])-[1-8]\d{6}"),
    _form("Singapore NRIC", r"[STFGstfg]\d{7}[A-Za-z]", _nric),
    _form("Hong Kong identity card", r"[A-Z]{1,2}\d{6} ?\([\dA]\)"),
    _form("Thai identity number", r"\d-\d{4}-\d{5}-\d{2}-\d"),
    _form("Malaysian identity card", r"\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])-\d{2}-\d{4}"),
    _form("Irish PPS number", r"\d{7}[A-Wa-w][A-IWa-iw]?", _pps),
    _form("Czech birth number", r"\d{2}[0156]\d[0-3]\d/\d{3,4}"),
    _form("Romanian CNP", r"[1-9]\d{12}", _cnp, r"cnp|" + _ANY_ID, sure=False),
    _form("Emirates ID", r"784-?\d{4}-?\d{7}-?\d"),
    _form("Pakistani CNIC", r"\d{5}-\d{7}-\d"),
    _form("UK driving licence", r"[A-Z9]{5}\d{6}[A-Z9]{2}\d[A-Z]{2}"),
    _form("German passport or card", r"[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8,9}", _any, _ANY_ID, sure=False),
    _form("medical record number", r"MRN[-: #]?\d{5,10}"),
)  # fmt: skip


_OTHER = re.compile(
    r"(?i)\b(?:order|invoice|ticket|tracking|ref(?:erence)?|case|parcel|batch|lot|serial|p\.?o|booking|receipt|"
    r"voucher|part|toner|claim|notice|note|delivery|invoices|tickets)\b[ .:#no]{0,8}$|[#/]$"
)


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Each form whose check passes; a form that other numbers have too needs its word before it."""
    for form in _FORMS:
        for hit in form.pattern.finditer(text):
            if not form.valid(hit.group()):
                continue
            before = text[max(0, hit.start() - 48) : hit.start()]
            if form.valid in (_any, _ssn) and _OTHER.search(before):
                continue
            if form.sure or re.search(form.words, before, re.IGNORECASE):
                score = 0.95 if form.valid is not _any else 0.8
                yield Found(hit.start(), hit.end(), "ID", score, "national_ids", form.name)
