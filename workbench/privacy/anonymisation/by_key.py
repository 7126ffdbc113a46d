"""What a value is by the name of its key or column: a bare number under ``phone`` is one.

The recognisers read texts; a number of JSON or a cell has no words around it but its key. Names
are compared by their words, so ``phone_number``, ``phoneNumber`` and ``Phone number`` are one. A
key inside another is read with it: ``{"phone": {"home": ...}}``, ``{"name": {"first": ...}}``.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .check_digits import luhn
from .findings import Found
from .recognisers.date_forms import date, is_written_date
from .recognisers.fields import NAME_FIELD, kind_of

BY = "by_key"
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z])")
_NUMBER = r"(?: ?(?:number|numbers|num|no|nr|nummer|n|#))?"
_PHONE = re.compile(
    r"(?:(?:home|work|office|contact|day|evening|business|private|primary|main|mobile|cell|customer|user|emergency) )*"
    rf"(?:(?:tele)?phone|tel|telefoon|telefon|telefono|teléfono|téléphone|telephone|telefone|telefonnummer|telefoonnummer|rufnummer|handynummer|mobilnummer|mobielnummer|"
    rf"cell ?phone|mobile ?phone|msisdn|whatsapp|sms|celular|cellulare|telefonszám|puhelin(?:numero)?|telefonní číslo|"
    rf"num[ée]ro de t[ée]l[ée](?:phone|fono)|n[úu]mero de (?:tel[ée]fono|telefone|celular)|numero di telefono){_NUMBER}"
)  # fmt: skip
_PHONE_OR_ELSE = re.compile(r"(?:handy|mobile?|mobil|cell|portable|m[óo]vil|gsm|fax|contact)")
_PHONE_NUMBERED = re.compile(r"(?:mobile|cell|contact|fax|mobil|gsm) (?:number|num|no|nr)")
_CARD = re.compile(
    rf"(?:(?:credit|debit|bank|payment) ?)?card{_NUMBER}|(?:primary )?pan|cc ?(?:number|num|no)|"
    rf"(?:kredit|bank)?karten?(?:nummer)?|kreditkartennummer|carte(?: bancaire| bleue| de cr[ée]dit)?|num[ée]ro (?:de )?carte|"
    rf"(?:n[úu]mero (?:de )?)?tarjeta(?: de cr[ée]dito)?|(?:numero )?carta(?: di credito)?|cart[ãa]o(?: de cr[ée]dito)?|creditcard(?:nummer)?"
)  # fmt: skip
_CARD_CODE = re.compile(r"cvv2?|cvc2?|card (?:security|verification) (?:code|value)")
_IBAN = re.compile(rf"(?:(?:account|bank|customer|creditor|debtor) )?iban{_NUMBER}")
_ACCOUNT = re.compile(
    r"(?:bank )?account (?:number|no|nr)|bank account|kontonummer|kontonr|num[ée]ro de compte|n[úu]mero de cuenta|numero di conto"
)
_ID = re.compile(
    rf"ssn|nino|sin|(?:social (?:security|insurance)|national insurance){_NUMBER}|(?:national|personal|citizen|tax|passport|identity)(?: id)?{_NUMBER}|"
    rf"driv(?:er|ers|er s|ing) licen[cs]e{_NUMBER}|dni|nie|nif|bsn|cpf|curp|pesel|cnp|aadhaar|nric|steuer ?id|steuer ?nummer|steueridentifikationsnummer|"
    rf"sozialversicherungsnummer|personalausweis(?:nummer)?|reisepass(?:nummer)?|codice fiscale|num[ée]ro (?:de )?s[ée]curit[ée] sociale|nir|insee|"
    rf"passeport|pasaporte|passaporto|paspoort(?:nummer)?|burgerservicenummer|personnummer|personnr|fødselsnummer|henkilötunnus|rodné číslo"
)  # fmt: skip
_NO_ID = frozenset(
    ("personal", "national", "citizen", "tax", "identity", "document", "policy", "pid")
)
_BIRTH = re.compile(
    r"(?:.* )?(?:dob|d o b|date of birth|birth ?date|birth ?day|geburtsdatum|geburtstag|geboren(?: am)?|geboortedatum|date (?:de )?naissance|"
    r"fecha (?:de )?nacimiento|data (?:di )?nascita|data (?:de )?nascimento|data urodzenia|datum narození|f[øö]d(?:t|d)|f[øö]dselsdato|f[øö]delsedatum|syntymäaika)"
)
_BIRTH_YEAR = re.compile(
    r"(?:birth ?year|year of birth|yob|geburtsjahr|ann[ée]e (?:de )?naissance|año (?:de )?nacimiento|anno (?:di )?nascita|year birth|geboortejaar|"
    r"birth (?:month|day)|(?:month|day) birth)"
)
_NO_BIRTH = frozenset(("births", "birth", "nat", "ur", "nar", "bd", "nac", "born in", "sinh"))
_NAME_OF = re.compile(
    r"(?:customer|patient|client|employee|member|guest|passenger|student|pupil|teacher|contact|parent|guardian|tenant|driver|"
    r"account holder|card ?holder|holder|person|beneficiary|applicant|next of kin) (?:full )?names?|card ?holder|next of kin"
)
_NO_NAME = frozenset(("nom", "nombre", "nombres", "initials"))
_ADDRESS = re.compile(
    r"(?:(?:home|postal|mailing|street|delivery|shipping|billing|current|permanent) )?(?:address|street)(?: lines?)?(?: ?\d)?|adresse|anschrift|"
    r"stra(?:ss|ß)e|direcci[óo]n|indirizzo|adres|endereço|rue|calle"
)
_POSTCODE = re.compile(
    r"post ?code|zip(?: ?code)?|postal code|plz|postleitzahl|eircode|code postal|c[óo]digo postal|postnummer|postnr"
)
# What such a key says is said by the one that it stands in.
_GENERIC = frozenset(
    (
        "home", "work", "office", "main", "primary", "secondary", "private", "business", "personal", "number", "no", "nr",
        "num", "value", "values", "other", "date", "raw", "e164", "national", "international", "formatted", "text", "line",
        "id", "full", "iso",
    )
)  # fmt: skip
_NOTHING = re.compile(
    r"(?i)\s*(?:n/?a|none|null|nil|nan|unknown|yes|no|true|false|tb[cd]|-+)?\s*\Z"
)
_NAME = re.compile(r"[^\W\d_][^\d@\n_/:]*")
_CARD_FORM = re.compile(r"(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d)\d{12}|3[47]\d{13}")
_COMPACT = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])")


# Numbers of things: what stands there bare has a telephone's form by chance.
_THINGS = re.compile(
    r"(?:.* )?(?:id|order|invoice|ticket|sku|count|bytes|size|price|amount|total|epoch|timestamp|ts|seed|volume|revenue|population|barcode|ean|isbn|upc|quantity|qty|duration|ms)(?: no| nr| number)?"
)


_TABLE = re.compile(r"<table\b.*?(?:</table>|\Z)", re.DOTALL | re.IGNORECASE)
_ROW = re.compile(r"<tr\b.*?(?=</tr>|<tr\b|\Z)", re.DOTALL | re.IGNORECASE)
_CELL = re.compile(r"<t[hd]\b[^>]*>(?P<said>.*?)(?=</?t[hdr]\b|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_WORDS = re.compile(r"(?<=>)[^<>]+")


@dataclass(frozen=True)
class Place:
    """Where a value stands: the names of its keys, the outermost first; whether it is a number, or
    itself a key (or a column's heading), or a page whose tables have headings of their own."""

    names: tuple[str, ...] = ()
    number: bool = False
    key: bool = False
    html: bool = False


def find_by_key(text: str, place: Place) -> tuple[Found, ...]:
    """The whole value as of the kind that its key says, or a card's number by its form; or nothing.

    Args:
        text: The value. What was replaced in it stands as dots, and is passed over.
        place: Where it stands.
    """
    if place.html:
        return tuple(_in_tables(text))
    found = []
    for piece in re.finditer(r"[^…]+", text):
        said = piece.group().strip()
        judged = _judged(said, place) if said else None
        if judged:
            start = piece.start() + piece.group().index(said)
            found.append(Found(start, start + len(said), *judged))
    return tuple(found)


def _in_tables(page: str) -> Iterator[Found]:
    """The cells of a page's tables, each by the heading in its table's first row."""
    for table in _TABLE.finditer(page):
        heads: list[str] = []
        for row in _ROW.finditer(page, *table.span()):
            cells = list(_CELL.finditer(page, *row.span()))
            if not heads:
                heads = [html.unescape(_TAG.sub("", cell["said"])).strip() for cell in cells]
                continue
            for head, cell in zip(heads, cells, strict=False):
                for words in _WORDS.finditer(page, *cell.span("said")):
                    for each in find_by_key(words.group(), Place((head,))):
                        at = words.start()
                        yield replace(each, start=each.start + at, end=each.end + at)


def is_of_a_thing(said: str, found: Found, place: Place) -> bool:
    """Whether what the recognisers found is none, by where it stands.

    A bare number under the name of a thing's number (``order_id``) has a telephone's form by
    chance; a key of three small letters (``lon``) is no name.
    """
    if place.key:
        return found.kind in ("PERSON", "LOCATION") and bool(re.fullmatch(r"[a-z]{1,3}", said))
    if found.kind != "PHONE" or not place.names or not said.strip().isdigit():
        return False
    return bool(_THINGS.fullmatch(_plain(place.names[-1]))) and not kind_of_place(place.names)


def _judged(said: str, place: Place) -> tuple[str, float, str, str] | None:
    """The kind, the score, by whom and why; None where a value is nobody's."""
    if _NOTHING.match(said):
        return None
    kind = kind_of_place(place.names)
    if kind and _looks_like(kind, said, place):
        return kind.partition(",")[0], 0.9, BY, "the name of its key"
    if place.number and _CARD_FORM.fullmatch(said) and luhn(said):
        return "CARD", 0.9, BY, "a card's first and check digits"
    return None


@functools.lru_cache(maxsize=65536)
def kind_of_place(names: tuple[str, ...]) -> str:
    """The kind that keys, the outermost first, say of a value; empty where they say nothing."""
    if not names:
        return ""
    last, *above = [_plain(name) for name in reversed(names)]
    kind = _kind(last)
    if not kind and above:
        kind = _kind(f"{above[0]} {last}") or _kind(f"{last} {above[0]}")
    if not kind and (last in _GENERIC or last.isdigit() or not last) and above:
        return kind_of_place(names[:-1])
    return kind


@functools.lru_cache(maxsize=65536)
def _kind(said: str) -> str:
    """Of a name's words; "PHONE, perhaps" and the like where the name may mean something else."""
    said = re.sub(r"(?<=\D) ?\d{1,2}$", "", said)  # `phone1`, `phone_2`
    for name in (said, said[:-1] if said.endswith("s") and len(said) > 3 else ""):
        if name and (kind := _kind_of_one(name)):
            return kind
    return ""


def _kind_of_one(said: str) -> str:
    if said in _NO_BIRTH or said in _NO_ID:
        return ""
    patterns = (
        ("PHONE", _PHONE), ("PHONE", _PHONE_NUMBERED), ("PHONE, perhaps", _PHONE_OR_ELSE), ("CARD", _CARD),
        ("CARD, its code", _CARD_CODE), ("IBAN", _IBAN), ("BIRTH_DATE", _BIRTH), ("BIRTH_DATE, a part", _BIRTH_YEAR),
        ("ID", _ID), ("ID", _ACCOUNT), ("ADDRESS", _ADDRESS), ("ADDRESS, its code", _POSTCODE), ("PERSON", _NAME_OF),
    )  # fmt: skip
    found = next((kind for kind, pattern in patterns if pattern.fullmatch(said)), "")
    if found:
        return found
    if NAME_FIELD.fullmatch(said) and said not in _NO_NAME:
        return "PERSON"
    kind = kind_of(said)
    if kind == "BIRTH_DATE":
        return "BIRTH_DATE, perhaps"
    return kind if kind in ("PHONE", "IBAN", "ID") else ""


def _looks_like(kind: str, said: str, place: Place) -> bool:
    digits = sum(char.isdigit() for char in said)
    letters = sum(char.isalpha() for char in said)
    if place.key and kind.startswith(("PERSON", "ADDRESS")):
        return False  # `first` below `name`: a key there says what its value is
    if kind == "PHONE":
        return digits >= 6 and letters <= 12
    if kind == "PHONE, perhaps":
        return digits >= (9 if place.number else 7) and letters <= 12
    if kind == "CARD":
        return 12 <= digits <= 19 and letters <= 4
    if kind == "CARD, its code":
        return digits in (3, 4) and not letters
    if kind == "IBAN":
        return digits >= 6
    if kind == "ID":
        return digits >= 5 and len(said) <= 30 and said.count(" ") <= 4 and not _is_date(said)
    if kind.startswith("BIRTH_DATE"):
        return _is_birth(kind, said, digits)
    if kind == "ADDRESS, its code":
        return digits >= 3 and len(said) <= 12 and not (place.number and len(said) > 10)
    if kind == "ADDRESS":
        return digits >= 1 and letters >= 3 and " " in said and len(said) <= 200
    words = len(said.split())
    return bool(_NAME.fullmatch(said)) and words <= 5 and len(said) > 1


def _is_birth(kind: str, said: str, digits: int) -> bool:
    if kind == "BIRTH_DATE":
        return digits >= 4 and len(said) <= 40
    if kind == "BIRTH_DATE, a part":
        return 1 <= digits <= 4 and len(said) <= 12
    return _is_date(said) or bool(re.fullmatch(r"(?:19|20)\d\d", said))


def _is_date(said: str) -> bool:
    return (
        bool(_COMPACT.fullmatch(said))
        or is_written_date(said)
        or any(hit.group() == said and len(said) > 5 for hit in date().finditer(said))
    )


def _plain(name: str) -> str:
    """The words of a name, in small letters."""
    return re.sub(r"[\W_]+", " ", _CAMEL.sub(" ", name)).strip().lower()
