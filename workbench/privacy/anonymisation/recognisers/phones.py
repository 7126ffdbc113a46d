"""Telephone numbers: by numbering plans (phonenumbers), their form and the words before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import read_lexicon, read_surroundings

_EXTENSION = r"(?:[ ,;]*(?:ext\.?|extn\.?|extension|x|#)[ .:]?\d{1,6}\b| \((?:ext\.?|extn\.?|extension|x)[ .:]?\d{1,6}\))?"
_NUMBER = re.compile(
    r"(?<![\w@])(?<!\d[.,:/-])(?<![\w][-_/])"
    r"(?:\+|00(?=[1-9])|\(\+?\d|\d)(?:(?! {2})[ \u00a0./()-]{0,3}\d){5,15}"
    + _EXTENSION
    + r"(?![\w@]|[.,:]\d|-\w)",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"(?:\b(?:phones?|tel(?:ephone|éphone|efon|efone|éfono|efono)?|mobile|cell(?:phone|ular)?|call(?:ed|ing)?|"
    r"ring|rang|dial(?:led)?|fax|text(?:ed)?|sms|whatsapp|signal|reach(?:ed|able)?|landline|hotline|voicemail|"
    r"handy(?:nummer)?|mob|ph|contact|direct(?! debit)(?= line| dial| no|:| [+(\d])|switchboard|pager|bleep|m[óo]vil|celular|cel|gsm|portable|puh|tlf|mobil(?:e?nummer|telefon)?|kom[óo]rka|kom|cep|hp|whats|zap|viber|(?:new|old|work|other|office|emergency) (?:no|nr|number)|line(?=:)|evening|daytime|answer on|phoned in[^\n]{0,12} from|(?:his|her|their|my|your) no(?: is|\.|:)|number is|has (?:the|a) number|(?:his|her|their|my|your) number(?:'s)?|private|home)\b|\b[TMPF](?=:)|(?:^|\n)n[or]\.?(?=: ?[+0(])|☎|📞)[^\d]{0,32}$",
    re.IGNORECASE,
)
# What else is told by a run of digits.
_OTHER = re.compile(
    r"\b(?:order|invoice|ticket|tracking|reference|ref|case|claim|serial|version|model|isbn|issn|doi|"
    r"sku|tag|baggage|luggage|chip|part|batch|lot|build|booking|po|transaction|receipt|policy|id|no)\b[^\n\d]{0,14}$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})\b(?![-/.]\d)"
)
_AMERICAN = re.compile(r"(?:1[ .-])?\(?[2-9]\d{2}\)?(?:[ .-]{0,2}|/)[2-9]\d{2}[ .-]?\d{4}\b")
# Right behind a name, or alone in its line.
_BESIDE = re.compile(
    r"(?:(?<![\w-])[^\W\d_a-zß-ÿ][^\W\d_]*[^\W\d_A-ZÀ-Þ]['’]?s?\)?[,:;]?|\n|^)[ \t]*\Z"
)
# Mobiles as they are written in China, Lithuania and Russia, without their country's code.
_MOBILE = re.compile(
    r"1[3-9]\d[ -]\d{4}[ -]\d{4}|8[ -]?(?:6\d{2} \d{5}|\(?9\d{2}\)?[ -]\d{3}[ -]\d{2}[ -]?\d{2})"
)
_LEADER = re.compile(
    r"[^\W\d_][\w.'’)]* ?(?:\.{3,}|…+|_{3,}|(?: \.){3,}|-{4,}) ?\Z"
)  # in a list of numbers
_MAIL_OR = re.compile(r"@[\w.-]+\w(?: or |, | / | & | and )\Z")
_QUAD = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")  # an address of a computer
_GROUPED = re.compile(r"\(?\d{1,5}\)?(?:[ .-]\d{2,8}){1,5}")
# A number that is broken by a line's end.
_WRAPPED = re.compile(
    r"(?<![\w+])(?<!\d[.,:/-])(?:\+\d{1,3}|\+?\(?\d[\d ()-]{1,11})\n\(?\d[\d ()-]{2,13}\d(?![\w])"
)
_REGIONS = (
    "GB", "US", "IN", "DE", "FR", "ES", "IT", "NL", "BE", "CH", "AT", "SE", "NO", "DK", "FI", "PL",
    "IE", "PT", "AU", "NZ", "ZA", "NG", "KE", "GH", "EG", "BR", "MX", "AR", "CO", "CN", "JP", "KR",
    "VN", "TH", "PH", "ID", "MY", "SG", "HK", "TR", "GR", "CZ", "HU", "RO", "UA", "RU", "IL", "AE",
    "SA", "PK", "BD", "TW", "IR", "LK", "NP", "MA", "DZ", "TN", "TZ", "UG", "ET", "ZW", "ZM", "RW", "CL", "PE", "VE", "EC",
    "UY", "BG", "HR", "RS", "SI", "SK", "KZ", "GE",
)  # fmt: skip


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Numbers with a country's code, numbers of a region's plan, and what is called a phone."""
    for hit in _numbers_in(text):
        number = hit.group()
        digits = re.split(r"(?i)ext|x|#", number)[0]
        count = sum(char.isdigit() for char in digits)
        if not 6 <= count <= 15 or _QUAD.fullmatch(number):
            continue
        said = bool(_SAID.search(text, max(0, hit.start() - 60), hit.start()))
        because, score = _reason(digits.strip(), said)
        if not because and count >= 6 and _is_listed(text, hit):
            because, score = "in a list of numbers", 0.8
        if not because and count >= 8 and _is_reached(text, hit, digits.strip()):
            because, score = "somebody is reached on it", 0.6
        if not because and count >= 7 and _stands_beside(text, hit, digits.strip()):
            because, score = "beside a name", 0.6
        other = not said and _OTHER.search(text, max(0, hit.start() - 40), hit.start())
        if because and not (other and score < 0.9):
            yield Found(hit.start(), hit.end(), "PHONE", score, "phones", because)

    for hit in _WRAPPED.finditer(text):
        number = re.sub(r"\s+", " ", hit.group())
        said = bool(_SAID.search(text, max(0, hit.start() - 60), hit.start()))
        because, score = _reason(
            number, said or text[hit.start() - 2 : hit.start()] in (", ", ": ")
        )
        if because and 7 <= sum(char.isdigit() for char in number) <= 15:
            yield Found(hit.start(), hit.end(), "PHONE", score, "phones", because)


def _numbers_in(text: str) -> Iterator[re.Match[str]]:
    """Runs of digits; one that begins with a date is looked at again behind it."""
    at = 0
    while hit := _NUMBER.search(text, at):
        dated = _DATE.match(text, hit.start(), hit.end())
        if dated:
            at = dated.end()
            continue
        yield hit
        at = hit.end()


def _is_listed(text: str, hit: re.Match[str]) -> bool:
    """Whether dots lead from a name to a number, or it stands beside somebody's e-mail address."""
    if _LEADER.search(text, max(0, hit.start() - 60), hit.start()):
        return True
    return bool(_GROUPED.fullmatch(hit.group())) and bool(
        _MAIL_OR.search(text, max(0, hit.start() - 60), hit.start())
    )


def _stands_beside(text: str, hit: re.Match[str], digits: str) -> bool:
    """Whether a number in groups stands right behind a name, or alone in its line."""
    before = _BESIDE.search(text, max(0, hit.start() - 32), hit.start())
    if not before or not _GROUPED.fullmatch(digits) or re.match(r"\d{3}-\d{2}-\d{4}$", digits):
        return False
    word = re.sub(r"[^\w]", "", before.group()).lower().removesuffix("s")
    if word:
        around = read_surroundings()
        return not (word in read_lexicon().no_names or word in around["other_label"])
    return text[hit.end() : hit.end() + 1] in ("\n", "") and len(digits) >= 9


_REACHED = re.compile(
    r"(?:\b(?:on|under|at|via)|\b(?:guide|secretary|treasurer|warden|org|com|net),) \Z"
)


def _is_reached(text: str, hit: re.Match[str], digits: str) -> bool:
    """Whether somebody is reached on a number in groups: the midwife on 20 00 00 39."""
    if not _GROUPED.fullmatch(digits) or not _REACHED.search(
        text, max(0, hit.start() - 12), hit.start()
    ):
        return False
    return text[hit.end() : hit.end() + 1] in ("\n", "", ".", ",", ")", ";")


def _reason(number: str, said: bool) -> tuple[str, float]:
    """Why a number is one, and how sure; empty where it is not."""
    if number.startswith(("+", "(+")) or (number.startswith("00") and not number[2:].isdigit()):
        return ("a country's code", 0.95) if _possible(number) or said else ("", 0.0)
    if said:
        return "a phone is said before it", 0.85
    if _MOBILE.fullmatch(number):
        return "the form of a country's mobiles", 0.75
    if _AMERICAN.match(number):
        return "the form of North American numbers", 0.75
    grouped = bool(re.search(r"\d[ ./()\u00a0-]+\d", number))
    trunk = number.startswith(("0", "(0"))
    # Without a word before it a bare run of digits, or one of small groups, is an amount or a code.
    if trunk and (grouped or len(number) in (10, 11)) and _of_a_region(number):
        return "valid in a region's numbering plan", 0.7
    return "", 0.0


def _possible(number: str) -> bool:
    import phonenumbers

    said = "+" + number[2:] if number.startswith("00") else number
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(said.replace("(0)", ""), None))
    except phonenumbers.NumberParseException:
        return False


def _of_a_region(number: str) -> bool:
    import phonenumbers

    for region in _REGIONS:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
