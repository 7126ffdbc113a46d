"""Values by the name of their field: keys of JSON, labels of forms, headers of columns.

A form says what its values are; no other sign is needed. Names of fields are compared by their
words, so ``date_of_birth``, ``dateOfBirth`` and ``Date of birth`` are one.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import is_english, read_lexicon, read_surroundings

from .birth_dates import BIRTH
from .date_forms import is_written_date
from .id_labels import is_label, is_tax_code
from .ips import is_nobodys
from .logins import is_an_account

_KINDS = (
    ("BIRTH_DATE", r"(?:date of birth|birth ?date|dob|d o b|birthday|born)"),
    ("EMAIL", r"(?:e ?mail|courriel|correo(?: electrónico)?)(?: address)?"),
    ("IP", r"(?:(?:client |remote |source |src |peer )?(?:ip|addr)(?: address)?)"),
    ("PHONE", r"(?:(?:home |work |mobile |cell |contact |day |evening )?(?:phone|tel|telefon|teléfono|telefono|téléphone|telefone|telefoon|puhelin|handy|móvil|portable|telephone|mobile|cell|fax|whatsapp)(?: number| no)?)"),
    ("IBAN", r"iban"),
    ("ID", r"(?:(?:national |tax |passport |patient |customer |client |employee |staff |student |pupil |policy |member |health |personal |id |insurance |payroll |social security |licen[cs]e |identity )(?:id|no|nr|number|num|card|ref|code|identifier)|ssn|nino|nhs(?: no| number)?|mrn|passport|pesel|dni|nie|bsn|cpf|nric|aadhaar|tax id|tin|policy|driving licen[cs]e|licen[cs]e|(?:emp|cust|pat|stud|matric|hosp|pol|doc|document) ?(?:id|no|nr|number)|matric(?:ulation)?(?: (?:id|no|number))?|document|id ?card|kind and number|national insurance(?: number| no)?|hospital (?:no|number)|(?:library |membership )?card (?:no|nr|number))"),
    ("LOCATION", r"(?:(?:home |postal |mailing |street |delivery |shipping |billing |current |permanent |return |pickup |drop ?off )?(?:address)(?: lines?)?(?: ?\d)?|street|addr ?\d|(?:city|town|place|ort) (?:and |or )?(?:post ?code|zip(?: code)?)|(?:post ?code|zip(?: code)?|plz) (?:and |or )?(?:city|town|ort)|city|town|village|county|state|province|region|country(?: of (?:birth|residence))?|post(?:al)? ?code|plz|cap|cep|zip ?(?:code)?|eircode|pin ?code|ville|ciudad|stadt|wohnort|ort|città|plaats|woonplaats|miasto|město|bydliště|město bydliště|localidad|localité|domicile|domicilio|adresse?|dirección|direccion|indirizzo|adres|direction|rua|calle|straße|strasse|morada|endereço|cidade|kommune|kaupunki|osoite|adress|adresa|adrese|adresas|aadress|c[íi]m|lakc[íi]m|naslov|prebivali[sš][tč]e|heimilisfang|cyfeiriad|alamat|anwani|địa chỉ|adreça|helbidea|seoladh|boravište|postnummer|postnr|código postal|codigo postal|code postal|poskod|commune|municipality|suburb|locality|district|neighbou?rhood|place|where|place of birth|birthplace|residence|hometown|ship to|deliver to|city country|destination|location)"),
    ("PERSON", r"(?:nom|prénom|prenom|apellidos?|nombres?|vorname|nachname|familienname|cognome|achternaam|voornaam|imię|nazwisko|jméno|příjmení|förnamn|efternamn|fornavn|etternavn|efternavn|etunimi|sukunimi|sobrenome|apelido|(?:full |first |last |middle |family |given |legal |display |sur|fore|nick|customer |client |patient |employee |contact |account |holder |guest |passenger |student |pupil |parent |guardian |user |sender |recipient |author |owner |tenant |driver |reporter |assignee |manager |doctor |teacher )*name|surname|forename|patient|employee|customer|client|passenger|guest|tenant|landlord|author|assignee|reporter|contact|contact person|recipient|sender|student|pupil|teacher|doctor|physician|gp|next of kin|emergency contact|operator|clerk|cashier|coach|tutor|instructor|trainer|carer|nurse|midwife|seller|buyer|keyholder|organiser|organizer|account holder|cardholder|beneficiary|payee|attendees?|driver|witness|suspect|victim|officer|manager|supervisor|referee|who|agent|user|username|login|caller|interviewer|speaker|from|to|into|by|cc|holder|payee|payer|visiting|visitor|insured|member|signatory|name and surname|reported by|approved by|checked by|owner|host|vaccinator|signature|sign|signed(?: out| in| off)?(?: by)?|issued(?: to| by)|given(?: to| by)|(?:out|in|seen|taken|served|logged|entered|completed|done|handled|prepared|witnessed|received|collected|returned|lent|borrowed|booked|assigned|reviewed|cleaned|counted) (?:by|to)|borrower|lender|assessor|examiner|invigilator|reviewer|approver|translator|interpreter|parent|mother|father|spouse|partner|wife|husband|child|informant|applicant|claimant|complainant|respondent|deceased|executor|trustee|player|volunteer|donor|supporter|delegate|participant|resident|occupant|lodger)"),
)  # fmt: skip
_EXACT = tuple(
    (
        kind,
        re.compile(
            rf"(?:what(?: is|s| s) |enter |please (?:enter |give ))?(?:the |your |his |her )?{pattern}\Z"
        ),
    )
    for kind, pattern in _KINDS
)
_BIRTH = re.compile(rf"(?:{BIRTH})(?: (?:date|on|am|le|el|day|datum|dato))?")
# Who is numbered: where such a field holds a code it is theirs, not their name.
_NUMBERED = frozenset(
    ("member", "patient", "employee", "customer", "client", "student", "pupil", "insured", "holder")
)
# As airlines write names: RAI/BISHNU MR.
_TICKET = re.compile(r"[^\W\d_]{2,}(?:[ '’-][^\W\d_]{2,}){0,2}/[^\W\d_]{2,}(?: [^\W\d_]{2,}){0,2}")
_A_CODE = re.compile(r"[A-Z]{0,4}[-/]?\d[\dA-Z/-]{3,}")
# Such a field holds a name whatever it says: Will, Sunday, Church.
NAME_FIELD = re.compile(
    r"(?:nom|prénom|prenom|apellidos?|nombres?|vorname|nachname|familienname|cognome|achternaam|voornaam|imię|nazwisko|jméno|příjmení|förnamn|efternamn|fornavn|etternavn|efternavn|etunimi|sukunimi|(?:first|last|middle|given|family|full|maiden|preferred|birth|legal|nick|sur|fore|christian)[ _-]?names?|surname|forename|initials)",
    re.IGNORECASE,
)
NAME_COLUMN = "PERSON, by a name's column"
_NOTHING = re.compile(
    r"(?i)\s*(?:n/?a|none|null|nil|unknown|yes|no|true|false|tbc|tbd|-+|not (?:known|given|stated)|self)?\s*\Z"
)
_PAIR = re.compile(r"\"(?P<key>[\w .?'’-]{2,34})\"\s*:\s*\"(?P<value>[^\"\n]{1,120})\"")
_LINE = re.compile(
    r"(?m)(?:^|(?<=[|;\t]))[ \t>*•-]{0,4}(?:\d{1,2}[.)] ?)?(?P<key>[A-Za-z][\w ./'-]{1,30}?)[*_]{0,2}[ \t]*[:=][*_]{0,2}[ \t]+(?P<value>[^\n|;\t]{1,120}?)[ \t]*(?=$|[|;\t])"
)
_SET = re.compile(
    r"(?<![\w.])(?P<key>[a-z][a-z_]{1,24})=(?P<value>\"[^\"\n]{1,80}\"|[^\s,;&\"]{1,60})"
)
_NAME = re.compile(r"[^\W\d_][^\d@\n]*")
_MOST_NAMES = 4
_CAPITALS = re.compile(r"[^\W\d_a-zß-ÿ][\w'’.-]*(?: [^\W\d_][\w'’.-]*){0,4}")
_BARE_INITIALS = re.compile(r"(?:[^\W\d_a-zß-ÿ]\.? ?){1,3}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OTHER = re.compile(
    r"(?i)\b(?:order|badge|invoice|voucher|parcel|batch|ref|reference|ticket|serial|lot)\b"
)
_VOUCHER = re.compile(
    r"type\"\s*:\s*\"(?:voucher|order|invoice|ticket|coupon|reference|parcel)[^{}]{0,60}$", re.I
)
_TOO_WIDE = frozenset(("from", "to", "cc", "location", "contact", "owner", "state", "region", "agent", "officer", "manager", "licence", "license", "policy", "address", "addr", "who", "born"))  # fmt: skip


def find(text: str, reading: Reading) -> Iterator[Found]:
    """The values of fields, whatever they look like, and the cells below a header."""
    for pattern, sure in ((_PAIR, True), (_LINE, False), (_SET, True)):
        for hit in pattern.finditer(text):
            kind = kind_of(hit["key"])
            if pattern is _PAIR and re.fullmatch(r"(?i)(?:street_?)?lines?_?\d?", hit["key"]):
                kind = "LOCATION"  # of an address in a record
            if kind == "PERSON" and "?" in hit["key"] and _CAPITALS.fullmatch(hit["value"]):
                yield Found(*hit.span("value"), "PERSON", 0.7, "fields", "the answer to a question")
            elif kind == "PERSON" and sure:
                yield from _named(text, *hit.span("value"))
            elif kind == "PERSON" and is_an_account(hit["value"]) and hit["value"].islower():
                yield Found(*hit.span("value"), "PERSON", 0.65, "fields", "the name of its field")
            elif kind and (sure or not _sentence(hit["value"])):
                yield from _value(text, hit.start("value"), hit.end("value"), kind, hit["key"])
    yield from _columns(text)


def kind_of(field: str) -> str:
    """The kind of a field's values by its name; empty where it says nothing personal."""
    said = re.sub(r"[\W_]+", " ", _CAMEL.sub(" ", field)).strip().lower()
    kind = next((kind for kind, pattern in _EXACT if pattern.match(said)), "")
    if not kind and _BIRTH.fullmatch(said):
        return "BIRTH_DATE"
    if not kind and 1 < len(said) <= 30 and is_label(said):
        return "ID"
    return kind


def _value(text: str, start: int, end: int, kind: str, field: str) -> Iterator[Found]:
    value = text[start:end].strip(" \"'")
    if field.lower() in _NUMBERED and _A_CODE.fullmatch(value):
        kind = "ID"
    if _NOTHING.match(value) or not _looks_like(kind, value, field):
        return
    if kind == "ID" and _VOUCHER.search(text, max(0, start - 90), start):
        return
    if kind == "LOCATION" and value.startswith("near "):
        value = value[5:]
    at = text.index(value, start)
    yield Found(at, at + len(value), kind, 0.75, "fields", "the name of its field")


def _named(text: str, start: int, end: int) -> Iterator[Found]:
    """A name in small letters in a record; one with capitals is the work of ``stated_names``."""
    value = text[start:end].strip(" \"'")
    words = re.findall(r"[^\W\d_]+", value.lower())
    if (
        not (value.islower() or value.isupper())
        or not 0 < len(words) <= _MOST_NAMES
        or not _NAME.fullmatch(value)
    ):
        return
    around = read_surroundings()
    other = (
        around["role"] | around["organisation"] | around["other_label"] | read_lexicon().no_names
    )
    known = read_lexicon().given
    if set(words) & other or all(is_english(word) and word not in known for word in words):
        return
    at = text.index(value, start)
    yield Found(at, at + len(value), "PERSON", 0.7, "fields", "the name of its field")


def _looks_like(kind: str, value: str, field: str) -> bool:
    digits = sum(char.isdigit() for char in value)
    if kind in ("BIRTH_DATE", "IBAN", "PHONE"):
        return digits >= 4
    if kind == "ID" and _OTHER.search(value):
        return False
    if kind == "ID":
        return (
            digits >= 3
            and not (is_written_date(value) or is_tax_code(value))
            and len(value) <= 30
            and value.count(" ") <= 4
        )
    if kind == "EMAIL":
        return "@" in value or " at " in value
    if kind == "IP":
        return _is_somebodys_ip(value)
    if kind == "LOCATION":
        wide = field.lower() in _TOO_WIDE
        return (any(char.isalpha() for char in value) and not wide) or (digits >= 3 and not wide)
    return False  # names in fields are the work of stated_names, which takes lists apart


def _is_somebodys_ip(value: str) -> bool:
    try:
        return not is_nobodys(ipaddress.ip_address(value))
    except ValueError:  # an address with a port or a mask
        digits = sum(char.isdigit() for char in value)
        return digits >= 2 and value.count(".") + value.count(":") >= 3


def _sentence(value: str) -> bool:
    """Whether a value is prose: many small words."""
    words = value.split()
    return sum(word.islower() for word in words) > 5 or value.endswith("?")


def _columns(text: str) -> Iterator[Found]:
    """Cells under a header that names their kind."""
    for start, end, kind in cells_of(text):
        value = text[start:end]
        if kind_of(value):  # labels below each other, not a column: TOWN, POSTCODE
            continue
        if kind == NAME_COLUMN:
            if not re.fullmatch(r"[^\W\d_][^\d\n@]*", value) or _NOTHING.match(value):
                continue
            kind = "PERSON"
        elif kind == "PERSON" and _A_CODE.fullmatch(value):
            kind = "ID"
        elif kind == "PERSON" and (_TICKET.fullmatch(value) or _BARE_INITIALS.fullmatch(value)):
            pass
        elif kind == "PERSON":
            # Capitals are weighed by ``names``, which knows the column; what has none is a name here.
            if any(char.isupper() for char in value) or not re.fullmatch(
                r"[^\W\d_][^\d\n@]+", value
            ):
                continue
            if all(is_english(word) and word not in read_lexicon().given for word in value.split()):
                continue
        elif not _looks_like(kind, value, ""):
            continue
        yield Found(start, end, kind, 0.8, "fields", "its column")


def cells_of(text: str) -> Iterator[tuple[int, int, str]]:
    """The cells of tables with the kind that their header says, empty where it says none.

    Tables are parted by commas, semicolons, tabs or bars, or by two spaces and more.
    """
    lines = list(re.finditer(r"[^\n]+", text))
    for at, head in enumerate(lines[:-1]):
        for mark in (",", ";", "\t", "|", "  "):
            if mark not in head.group().strip():
                continue
            names = cells_in(head.group(), mark)
            kinds = [_kind_of_column(name) for _, name in names]
            kinds = _with_numbers([name for _, name in names], kinds)
            if len(names) < 2 or not any(kinds) or any(len(name) > 30 for _, name in names):
                continue
            if any(re.search(r"\d{3}|[^\w ./#()&'-]", name) for _, name in names):
                continue
            yield from _below(lines[at + 1 :], names, kinds, mark)


# What else a table of persons tells, and what one of orders or goods does.
_CONTACTS = frozenset(("BIRTH_DATE", "EMAIL", "PHONE", "IBAN"))
_OF_A_WORKER = re.compile(
    r"(?i)(?:department|dept|salary|wage|job(?: title)?|role|grade|team|sex|gender|age|joined|balance|arrears|owed|owing|dues|subs|subscription|fees?|rent|points|class|form|year group|marks?|"
    r"ward|bed|consultant|allergies|nationality|plan|position|shift|branch|office|start(?:ed)?(?: date)?|hired|since|room|handicap|belt|instrument|part)\.?"
)
_OF_A_THING = re.compile(
    r"(?i)(?:price|amount|total|qty|quantity|sku|product|item|order|invoice|ticket|status|priority|subject|summary)\.?"
)
# Who is numbered, cut short: such a column holds their numbers.
_NUMBER_COLUMNS = frozenset(("emp", "empl", "cust", "mem", "pat", "stud", "matr"))
_NUMBER_HEAD = re.compile(r"(?i)(?:no|nr|id|number|ref|code|#)\.?")


def _with_numbers(heads: list[str], kinds: list[str]) -> list[str]:
    """A column that is just called "no." or "id" numbers persons where the table lists them."""
    listed = NAME_COLUMN in kinds
    if "PERSON" in kinds and not any(_OF_A_THING.fullmatch(head.strip()) for head in heads):
        listed = (
            listed
            or bool(_CONTACTS & set(kinds))
            or any(_OF_A_WORKER.fullmatch(head.strip()) for head in heads)
        )
    if not listed or "ID" in kinds:
        return kinds
    return ["ID" if not kind and _NUMBER_HEAD.fullmatch(head.strip()) else kind
            for head, kind in zip(heads, kinds, strict=True)]  # fmt: skip


def _kind_of_column(head: str) -> str:
    kind = kind_of(head)
    if head.strip().lower() in ("initial", "initials"):
        return NAME_COLUMN
    if head.strip(" .").lower() in _NUMBER_COLUMNS:
        return "ID"
    return NAME_COLUMN if kind == "PERSON" and NAME_FIELD.fullmatch(head.strip()) else kind


def _below(
    lines: list[re.Match[str]], names: list[tuple[int, str]], kinds: list[str], mark: str
) -> Iterator[tuple[int, int, str]]:
    """The cells of the rows below a header, as long as the rows are like it."""
    for line in lines:
        cells = _joined(cells_in(line.group(), mark), kinds, mark)
        same = len(cells) == len(names)
        if not same:
            if set(line.group().strip()) <= set("-|+: "):
                continue
            if mark != "  " or len(cells) < 2:
                break
        for n, (start, value) in enumerate(cells):
            kind = kinds[n] if same else _above(start, names, kinds)
            if value and not _NOTHING.match(value):
                begin = line.start() + start
                yield begin, begin + len(value), kind


def _joined(cells: list[tuple[int, str]], kinds: list[str], mark: str) -> list[tuple[int, str]]:
    """A row with one cell too many, as one whose "Surname, Given" nobody quoted."""
    persons = [n for n, kind in enumerate(kinds) if kind.startswith("PERSON")]
    if mark != "," or len(cells) != len(kinds) + 1 or not persons:
        return cells
    at = persons[0]
    (start, family), (second, given) = cells[at : at + 2]
    if not (re.sub(r"[ '’-]", "", family).isalpha() and given[:1].isalpha()):
        return cells
    whole = f"{family},{' ' * (second - start - len(family) - 1)}{given}"
    return [*cells[:at], (start, whole), *cells[at + 2 :]]


def _above(start: int, names: list[tuple[int, str]], kinds: list[str]) -> str:
    """The kind of the header that stands over a place."""
    near = [n for n, (at, _) in enumerate(names) if abs(at - start) <= 2]
    return kinds[near[0]] if near else ""


def cells_in(line: str, mark: str) -> list[tuple[int, str]]:
    """The cells of a line, each with where it begins in it; marks inside quotation marks do not part them."""
    if mark == "  ":
        return [(hit.start(), hit.group()) for hit in re.finditer(r"\S+(?: \S+)*", line)]
    cells = []
    for hit in re.finditer(
        rf"(?:\"(?P<quoted>(?:[^\"]|\"\")*)\"|(?P<plain>[^{re.escape(mark)}]*))(?:{re.escape(mark)}|$)",
        line,
    ):
        group = "quoted" if hit["quoted"] is not None else "plain"
        value = hit[group]
        lead = len(value) - len(value.lstrip())
        cells.append((hit.start(group) + lead, value.strip()))
        if hit.end() == len(line) and not hit.group().endswith(mark):
            break
    return cells
