"""Numbers that states know people by: by their form, and their check digits where they have any."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workbench.privacy.anonymisation.check_digits import luhn, mod11_nhs, verhoeff
from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading

from . import dated_id_checks, id_checks


@dataclass(frozen=True)
class _Form:
    """A kind of number. ``sure`` forms need no word before them; others need one of ``words``."""

    name: str
    pattern: re.Pattern[str]
    valid: Callable[[str], bool]
    words: str = ""
    sure: bool = True


def _form(
    name: str,
    pattern: str,
    valid: Callable[[str], bool] = id_checks.is_any,
    words: str = "",
    *,
    sure: bool = True,
) -> _Form:
    return _Form(name, re.compile(rf"(?<![\w.+-])(?:{pattern})(?![\w]|[.-]\d)"), valid, words, sure)


_ANY_ID = r"\bid\b|identi|national|passport|tax|social|insurance|resident|citizen"
_FORMS = (
    _form("US social security number", r"\d{3}[- ]\d{2}[- ]\d{4}", id_checks.is_ssn),
    _form("UK national insurance number", r"[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]"),
    _form("NHS number", r"\d{3} \d{3} \d{4}", mod11_nhs),
    _form("NHS number", r"\d{3}-\d{3}-\d{4}", mod11_nhs, r"nhs|health|patient", sure=False),
    _form("NHS number", r"\d{10}", mod11_nhs, r"nhs|health|patient", sure=False),
    _form("Spanish DNI or NIE", r"(?:\d{8}|\d{2}\.\d{3}\.\d{3}|[XYZxyz][- ]?\d{7})[- ]?[A-Za-z]", id_checks.is_dni),
    _form("Italian codice fiscale", r"[A-Za-z]{6}\d{2}[A-EHLMPR-Ta-ehlmpr-t]\d{2}[A-Za-z]\d{3}[A-Za-z]", id_checks.is_codice),
    _form("French social security number", r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d[\dABab] ?\d{3} ?\d{3} ?\d{2}", id_checks.is_insee),
    _form("Brazilian CPF", r"\d{3}\.\d{3}\.\d{3}-\d{2}"),
    _form("Brazilian CPF", r"\d{11}", id_checks.is_cpf, r"cpf", sure=False),
    _form("Polish PESEL", r"\d{11}", dated_id_checks.is_pesel),
    _form("German tax number", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", id_checks.is_steuer_id, r"steuer|tax|\bid", sure=False),
    _form("Dutch BSN", r"\d{9}|\d{3}[. ]\d{3}[. ]\d{3}|\d{4}\.\d{2}\.\d{3}", id_checks.is_bsn, r"bsn|burger|" + _ANY_ID, sure=False),
    _form("Indian Aadhaar", r"[2-9]\d{3}[ -]\d{4}[ -]\d{4}", verhoeff),
    _form("Indian Aadhaar", r"[2-9]\d{11}", verhoeff, r"aadha?ar|uid", sure=False),
    _form("Indian PAN", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]"),
    _form("Mexican CURP", r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d"),
    _form("Mexican RFC", r"[A-ZÑ&]{4}\d{6}[A-Z\d]{3}"),
    _form("Swedish personal number", r"(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])[-+]\d{4}"),
    _form("Finnish personal code", r"[0-3]\d[01]\d{3}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", id_checks.is_finnish),
    _form("Danish CPR number", r"[0-3]\d[01]\d{3}-\d{4}"),
    _form("Norwegian birth number", r"[0-7]\d[01]\d{3} ?\d{5}", id_checks.is_any, r"f[øo]dsels|personnummer|" + _ANY_ID, sure=False),
    _form("Belgian national number", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}"),
    _form("Swiss AHV number", r"756\.\d{4}\.\d{4}\.\d{2}"),
    _form("Swiss AHV number", r"756\d{10}", id_checks.is_ahv),
    _form("Chilean RUT", r"\d{1,2}\.?\d{3}\.?\d{3}-[\dkK]", id_checks.is_rut),
    _form("Canadian SIN", r"\d{3}[ -]\d{3}[ -]\d{3}", luhn),
    _form("Australian TFN", r"\d{3} ?\d{3} ?\d{3}", id_checks.is_any, r"\btfn\b|tax file", sure=False),
    _form("South African ID", r"\d{13}|\d{6} \d{4} \d{3}", lambda n: dated_id_checks.is_african(n.replace(" ", ""))),
    _form("Turkish identity number", r"[1-9]\d{10}", id_checks.is_turkish, r"\btc\b|t\.c\.|kimlik|" + _ANY_ID, sure=False),
    _form("Chinese resident identity number", r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]"),
    _form("Korean resident number", r"\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])-[1-8]\d{6}"),
    _form("Singapore NRIC", r"[STFGstfg]\d{7}[A-Za-z]", id_checks.is_nric),
    _form("Hong Kong identity card", r"[A-Z]{1,2}\d{6} ?\([\dA]\)"),
    _form("Thai identity number", r"\d([ -])\d{4}\1\d{5}\1\d{2}\1\d"),
    _form("Malaysian identity card", r"\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])-\d{2}-\d{4}"),
    _form("Irish PPS number", r"\d{7}[A-Wa-w][A-IWa-iw]?", id_checks.is_pps),
    _form("Czech birth number", r"\d{2}[0156]\d[0-3]\d/\d{3,4}"),
    _form("Romanian CNP", r"[1-9]\d{12}", id_checks.is_cnp, r"cnp|" + _ANY_ID, sure=False),
    _form("Emirates ID", r"784-?\d{4}-?\d{7}-?\d"),
    _form("Pakistani CNIC", r"\d{5}-\d{7}-\d"),
    _form("UK driving licence", r"[A-Z9]{5} ?\d{6} ?[A-Z9]{2}\d ?[A-Z]{2}"),
    _form("German passport or card", r"[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8,9}", id_checks.is_any, _ANY_ID, sure=False),
    _form("Croatian OIB", r"\d{11}", id_checks.is_oib, r"oib|" + _ANY_ID, sure=False),
    _form("Estonian or Lithuanian code", r"[1-6]\d{10}", dated_id_checks.is_baltic),
    _form("Latvian personal code", r"[0-3]\d[01]\d{3}-[0-2]\d{4}"),
    _form("Bulgarian EGN", r"\d{10}", dated_id_checks.is_egn),
    _form("JMBG", r"[0-3]\d[01]\d{10}", dated_id_checks.is_jmbg),
    _form("Hungarian TAJ", r"\d{3}[ -]\d{3}[ -]\d{3}|\d{9}", id_checks.is_taj, r"\btaj\b|" + _ANY_ID, sure=False),
    _form("Icelandic kennitala", r"[0-7]\d[01]\d{3}-?\d{4}", dated_id_checks.is_icelandic),
    _form("Norwegian birth number", r"[0-7]\d[014]\d{3} ?\d{5}", id_checks.is_norwegian),
    _form("Greek AMKA", r"[0-3]\d[01]\d{8}", dated_id_checks.is_amka),
    _form("Austrian insurance number", r"[1-9]\d{3} ?[0-3]\d[01]\d{3}", dated_id_checks.is_svnr),
    _form("German pension number", r"\d{2} ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3}"),
    _form("German health number", r"[A-Z]\d{9}", id_checks.is_any, r"kv|kranken|versich|insur|health", sure=False),
    _form("German tax number", r"\d{11}", id_checks.is_steuer_like),
    _form("Argentine CUIL", r"(?:2[0347]|3[034])-\d{8}-\d", id_checks.is_cuil),
    _form("Brazilian RG", r"\d{2}\.\d{3}\.\d{3}-[\dXx]"),
    _form("Brazilian PIS", r"\d{3}\.\d{5}\.\d{2}-\d"),
    _form("Colombian or Argentine card", r"\d{1,2}\.\d{3}\.\d{3}(?:\.\d{3})?", id_checks.is_any, r"c[eé]dula|\bcc\b|c\.c\.|dni|document", sure=False),
    _form("Japanese My Number", r"\d{4}[ -]\d{4}[ -]\d{4}", id_checks.is_my_number, r"my ?number|kojin|" + _ANY_ID, sure=False),
    _form("Taiwanese identity number", r"[A-Z][12]\d{8}", id_checks.is_taiwanese),
    _form("Thai identity number", r"[1-8]\d{12}", id_checks.is_thai, r"thai|" + _ANY_ID, sure=False),
    _form("Indonesian NIK", r"[1-9]\d{15}", dated_id_checks.is_nik, r"\bnik\b|ktp|" + _ANY_ID, sure=False),
    _form("Egyptian national number", r"[23]\d{13}", dated_id_checks.is_egyptian),
    _form("Sri Lankan NIC", r"\d{9}[VvXx]"),
    _form("Ghana Card", r"GHA-\d{9}-\d"),
    _form("Ugandan NIN", r"C[MF]\d{8}[A-Z\d]{4}"),
    _form("Zambian NRC", r"\d{6}/\d{2}/[1-3]"),
    _form("Zimbabwean number", r"\d{2}-\d{6,7}[ -]?[A-Z] ?-?\d{2}"),
    _form("Kenyan PIN", r"A\d{9}[A-Z]"),
    _form("Philippine number", r"\d{2}-\d{7}-\d|\d{2}-\d{9}-\d"),
    _form("Ontario health card", r"\d{4}[ -]\d{3}[ -]\d{3}[ -][A-Z]{2}"),
    _form("US Medicare number", r"[1-9][A-Z][A-Z\d]\d-?[A-Z][A-Z\d]\d-?[A-Z]{2}\d{2}"),
    _form("US alien number", r"A ?\d{3}[ -]\d{3}[ -]\d{3}"),
    _form("North American driving licence", r"[A-Z]\d{3,4}-\d{4,5}-\d{4,5}(?:-\d{1,2})?|[A-Z]\d{3}-\d{3}-\d{2}-\d{3}-\d|[A-Z]\d{4} \d{5} \d{5}"),
    _form("New Zealand NHI or IRD", r"[A-HJ-NP-Z]{3}\d{4}|\d{2,3}-\d{3}-\d{3}", id_checks.is_any, r"\bnhi\b|\bird\b|patient", sure=False),
    _form("Australian Medicare number", r"[2-6]\d{3} ?\d{5} ?\d(?:[ /-]\d)?", id_checks.is_any, r"medicare", sure=False),
    _form("identity number", r"\d{9}|\d{5}-\d{3}-\d", luhn, r"teudat|zehut|t\.z\.|" + _ANY_ID, sure=False),
    _form("Belgian national number", r"\d{2}[. ]?\d{2}[. ]?\d{2}[ -]?\d{3}[-. ]?\d{2}", id_checks.is_insz),
    _form("Russian SNILS", r"\d{3}-\d{3}-\d{3}[ -]\d{2}"),
    _form("Rwandan number", r"[12] (?:19|20)\d{2} [78] \d{7} \d \d{2}|[12](?:19|20)\d{2}[78]\d{10}"),
    _form("Tanzanian number", r"(?:19|20)\d{6}-\d{5}-\d{5}-\d{2}"),
    _form("Burmese card", r"\d{1,2}/[A-Za-z]{3,9} ?\([A-Z]\) ?\d{6}"),
    _form("Nepali citizenship number", r"\d{2}-\d{2}-\d{2}-\d{5}"),
    _form("Portuguese citizen card", r"\d{8} ?\d ?[A-Z]{2}\d"),
    _form("Spanish social security number", r"\d{2}[/ -]?\d{8}[/ -]?\d{2}", id_checks.is_spanish_nuss),
    _form("Hungarian personal number", r"[1-8][- ]\d{6}[- ]\d{4}"),
    _form("Uruguayan card", r"\d\.\d{3}\.\d{3}-\d"),
    _form("Venezuelan card", r"[VE]-(?:\d{7,8}|\d{1,2}\.\d{3}\.\d{3})"),
    _form("Dominican card", r"\d{3}-\d{7}-\d", luhn),
    _form("Nicaraguan card", r"\d{3}-\d{6}-\d{4}[A-Z]"),
    _form("Central American card", r"\d{4}[ -]\d{5}[ -]\d{4}|\d{4}-\d{4}-\d{5}|[1-9]-\d{4}-\d{4}|\d{8}-\d", id_checks.is_any, r"c[eé]dula|\bcui\b|\bdpi\b|\bdui\b|" + _ANY_ID, sure=False),
    _form("Ecuadorian card", r"[0-2]\d{8}-?\d", id_checks.is_ecuadorian, r"c[eé]dula|\bc\.?i\.?\b|" + _ANY_ID, sure=False),
    _form("Luxembourg number", r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{5}", lambda n: luhn(n[:12])),
    _form("Latvian personal code", r"32\d{4}-\d{5}"),
    _form("Swedish coordination number", r"(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:[6-8]\d|9[01])[-+]\d{4}"),
    _form("Quebec health card", r"[A-Z]{4} ?\d{2}(?:0[1-9]|1[0-2]|5[1-9]|6[0-2]) ?(?:[0-2]\d|3[01])\d{2}"),
    _form("Australian Medicare number", r"[2-6]\d{3} \d{5} \d(?:[ /-]\d)?", id_checks.is_medicare),
    _form("Australian reference number", r"\d{3} \d{3} \d{3}[A-Z]"),
    _form("Indian health account", r"\d{2}-\d{4}-\d{4}-\d{4}"),
    _form("Indian driving licence", r"[A-Z]{2}[- ]?\d{2}[ -]?(?:19|20)\d{2}[ -]?\d{7}"),
    _form("Macau card", r"[157]/?\d{6}/?\(\d\)"),
    _form("Mongolian register number", r"[А-ЯӨҮЁ]{2} ?\d{8}"),
    _form("Albanian number", r"[A-T]\d{8}[A-W]"),
    _form("Iranian number", r"\d{3}-?\d{6}-?\d", id_checks.is_iranian, r"melli|kart|" + _ANY_ID, sure=False),
    _form("Ukrainian tax number", r"\d{10}", id_checks.is_ukrainian, r"rnokpp|\bipn\b|\binn\b|" + _ANY_ID, sure=False),
    _form("Kazakh number", r"\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])[0-6]\d{5}", id_checks.is_any, r"\biin\b|jsn|zhsn|" + _ANY_ID, sure=False),
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
            if _OTHER.search(before):
                continue
            if form.sure or re.search(form.words, before, re.IGNORECASE):
                score = 0.95 if form.valid is not id_checks.is_any else 0.8
                yield Found(hit.start(), hit.end(), "ID", score, "national_ids", form.name)
