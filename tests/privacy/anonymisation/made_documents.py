"""Made documents with what is personal marked, to tune on: nobody in them exists.

They were written with the recognisers and before the frozen set was looked at; no figure of this
project comes from them. ``{{KIND|text}}`` marks a span.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARK = re.compile(r"\{\{([A-Z_]+)\|(.*?)\}\}", re.DOTALL)
PEOPLE = (
    "Tomasz Brzezicki",
    "Adaeze Umeh",
    "Keahi Nakoa",
    "Solveig Tveit",
    "Rajkumar Velusamy",
    "Bui Thi Kim Ngan",
    "Zsófia Bartók",
    "Kwadwo Ankrah",
    "Fionnghuala Mac Giolla",
    "Ebba Lindqvist-Roos",
    "Yusra Abdelmajid",
    "Daan van der Heijden",
    "Mbarika Tchoupo",
    "Xiadani Tzompa",
    "Hyejin Noh",
    "Takumi Shirogane",
    "Li Qiaolian",
    "Ruaridh MacAskill",
    "Ngaio Parata",
    "Oyinkansola Braithwaite-Ojo",
    "Grigol Tsiklauri",
    "Aurélien Peyrefitte",
    "Inês Vilhena",
    "Ximo Llopis Bru",
    "Jean-Noël Mbappou",
    "Siti Rohana binti Yaakob",
    "Omar ibn Salim al-Harthy",
    "Prakriti Lamichhane",
    "Tui Faleolo",
    "Gudrun Eyjólfsdóttir",
    "Dmytro Zhabotynsky",
    "Mark Baker",
    "Grace Lee",
    "Will Young",
    "Rose Hill",
    "April Summers",
    "O. P. Ramakrishnan",
    "J. R. Whitcombe",
    "Shanelle D'Amato",
    "Iñigo Etxebarrieta",
    "Chukwudumebi Nzeribe",
    "Pita Tauʻolunga",
    "Anwen Prydderch",
    "Katarzyna Wójtowicz-Nowak",
    "Bilguun Ganbold",
    "Aigerim Serikbay",
    "Lwazi Mthiyane",
    "Tesfalem Gebrehiwot",
)
STREETS = (
    "17 Larkspur Lane, Dunwich, IP17 3DT",
    "4410 W. Sycamore Ave, Tulsa, OK 74127",
    "Lindenstraße 88, 50674 Köln",
    "9 bis rue des Tanneurs, 37000 Tours",
    "Calle Mayor 23, 2º B, 28013 Madrid",
    "Via Garibaldi 41, 16124 Genova",
    "Flat 3, 112 Clarendon Road, Leeds LS2 9PJ",
    "ul. Długa 14/3, 31-147 Kraków",
    "Prinsengracht 263, 1016 GV Amsterdam",
    "Storgatan 12, 211 42 Malmö",
    "House 22, Road 5, Dhanmondi, Dhaka 1205",
    "P.O. Box 4471, Nairobi",
    "25 Gyeongin-ro, Guro-gu, Seoul 08212",
    "Rua das Flores, 145, 4050-262 Porto",
    "Plot 18, Admiralty Way, Lekki, Lagos",
    "8 Wattle Court, Ballarat VIC 3350",
    "1-14-6 Dogenzaka, Shibuya-ku, Tokyo 150-0043",
    "Bağdat Caddesi No: 215, Kadıköy, İstanbul",
    "C-42, Sector 62, Noida 201309",
    "Mannerheimintie 20 A 5, 00100 Helsinki",
    "350 Rue Saint-Paul Est, Montréal, QC H2Y 1H2",
    "Av. Corrientes 1543, C1042 Buenos Aires",
)
PHONES = (
    "+44 7700 900461",
    "020 7946 0112",
    "(405) 555-0187",
    "405-555-0119",
    "+49 30 901820",
    "030 901 8204",
    "+33 6 39 98 12 34",
    "06 39 98 45 11",
    "+34 612 345 678",
    "+91 98765 43210",
    "080-4123-5567",
    "+234 803 555 0147",
    "0803 555 0199",
    "+254 712 345678",
    "+81 3-1234-5678",
    "+86 138 0013 8000",
    "+1-212-555-0136 ext. 44",
    "0412 345 678",
    "+55 (11) 98888-7777",
    "001 405 555 0104",
)
CARDS = (
    "4539 1488 0343 6467",
    "5500005555555559",
    "3714-496353-98431",
    "6011 0009 9013 9424",
    "2223003122003222",
    "4539.1488.0343.6467",
)
IBANS = (
    "DE44 5001 0517 5407 3249 31",
    "FR1420041010050500013M02606",
    "NL91 ABNA 0417 1643 00",
    "ES91 2100 0418 4502 0005 1332",
    "NO9386011117947",
    "GB29NWBK60161331926819",
)
IDS = ("SSN {{ID|524-31-8872}}", "NI number {{ID|QQ 12 34 56 C}}", "passport no. {{ID|L898902C3}}", "DNI {{ID|12345678Z}}", "PESEL {{ID|44051401359}}",
       "Aadhaar {{ID|2954 1182 7734}}", "CPF {{ID|390.533.447-05}}", "employee ID {{ID|E-20931}}", "NHS No: {{ID|943 476 5919}}", "patient number {{ID|MRN-0048213}}",
       "driver's license {{ID|D6101-40706-60905}}", "codice fiscale {{ID|RSSMRA85T10A562S}}", "BSN {{ID|111222333}}", "student no {{ID|s1932847}}", "tax ID {{ID|47 036 892 816}}",
       "membership number {{ID|77-20418-9}}")  # fmt: skip
MAILS = (
    "t.brzezicki@firma.example",
    "adaeze_umeh@mail.example.ng",
    "info+kn@nakoa.example.com",
    "solveig@tveit.example.no",
    "r.velusamy82@example.in",
    "office@peyrefitte.example.fr",
)
BIRTHS = (
    "born on {{BIRTH_DATE|14 February 1979}}",
    "DOB {{BIRTH_DATE|02/11/1991}}",
    "date of birth: {{BIRTH_DATE|1988-07-30}}",
    "(born {{BIRTH_DATE|Oct 3, 1966}})",
    "DOB: {{BIRTH_DATE|7.5.2001}}",
)
SHAPES = (
    "Hi {first},\n\nthanks for coming in on Tuesday. {p2} from Facilities will bring the badge "
    "to {addr}. If anything changes, ring {phone}.\n\nKind regards,\n{p}\nHead of Office "
    "Services",
    "MINUTES of the Board, 12 May 2024. Present: {p}, {p2}, {p3}. Apologies were received from "
    "{p4}. The Treasurer reported a surplus of 14,200 EUR. {last} asked for a new supplier.",
    "Discharge summary\nPatient: {p}\n{birth}\n{id}\nThe patient was admitted with chest pain. "
    "{p2}, the attending physician, ordered an ECG. Follow-up with Dr. {last2} in six weeks.",
    "[09:14] {first}: did anyone hear from {first2}?\n[09:15] {first2}: here! my new number is "
    "{phone}\n[09:17] {first}: great, mail me at {mail}",
    "To whom it may concern: I, {p}, residing at {addr}, hereby authorise {p2} to collect my "
    "parcel. {id_c}.",
    "Ticket #48812: The customer {p} ({mail}) reports that the payment with card {card} failed "
    "twice. Please refund to {iban}. Windows 11, Chrome 126, build 1.22.3.4.",
    "The witness, {p}, told Detective {p2} that she had seen {p3} leaving the Red Lion around "
    "nine. {last3} denied it.",
    "Quarterly results for Northwind Logistics improved in Spain and Portugal. Chief Executive "
    "{p} thanked the Lisbon team; {p2} takes over in July.",
    "name,phone,city\n\"{p}\",{phone},\n\"{p2}\",{phone2},",
    "Landlord: {p}\nTenant: {p2}\nProperty: {addr}\nRent to be paid to {iban} by the 3rd of "
    "each month. Emergency contact: {p3}, {phone}.",
    "Yesterday {first} and {first2} won the Spring Cup. \"We never expected it,\" said {p}. {"
    "p2}'s mother, {p3}, watched from home.",
    "Flight LH 1123 to Munich: passenger {p}, {id}. Seat 14C. Contact phone {phone}. Visa card "
    "{card} charged 212.40.",
    "Dear Ms {last},\nYour claim 2024-118-7 has been approved. Prof. {p2} confirmed the "
    "diagnosis. We will write to {addr} within ten days.\nYours sincerely\n{p3}\nClaims "
    "Department",
    "user {mail} logged in from {ip} at 2024-06-01 08:15:22; session 8f3a22 opened by {p}",
    "{p}, {birth}, lives in the Old Town and works for Harbour Insurance. {p2} is next of kin.",
    "my name is {plow} and i need help with order 55120. call me on {phone} please",
    "Please add {p} and {p2} to the mailing list, and take {last3} off it. {p3} will approve.",
    "The Annual General Meeting will take place at the Grand Hotel. Agenda: Budget, Elections, "
    "Any Other Business. Registration closes on Friday, 3 May.",
    "Meeting with {first} re: Project Falcon. Actions: {first2} to update the Data Protection "
    "Policy; {p3} to call Acme Ltd.",
    "{p_turned}\n{id}\n{birth}\n{addr}\n{phone}",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A document with its spans (start, end, kind)."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


def parse(marked: str) -> Made:
    """The text without the marks, and where they were."""
    out, spans, at, length = [], [], 0, 0
    for hit in _MARK.finditer(marked):
        out.append(marked[at : hit.start()])
        length += hit.start() - at
        spans.append((length, length + len(hit[2]), hit[1]))
        out.append(hit[2])
        length += len(hit[2])
        at = hit.end()
    out.append(marked[at:])
    return Made("".join(out), tuple(spans))


def make_documents(count: int, seed: int = 0) -> Iterator[Made]:
    """So many documents, the same for a seed."""
    draw = random.Random(seed)

    def mark(kind: str, text: str) -> str:
        return f"{{{{{kind}|{text}}}}}"

    for at in range(count):
        chosen = draw.sample(PEOPLE, 4)
        values = {"ip": mark("IP", f"84.{draw.randrange(256)}.17.{draw.randrange(1, 255)}")}
        for n, name in enumerate(chosen, start=1):
            tag = "" if n == 1 else str(n)
            values[f"p{tag}"] = mark("PERSON", name)
            values[f"first{tag}"] = mark(
                "PERSON", name.split()[0] if "." not in name else name.split()[-1]
            )
            values[f"last{tag}"] = mark("PERSON", name.split()[-1])
        values["plow"] = mark("PERSON", chosen[0].lower())
        values["p_turned"] = mark(
            "PERSON", f"{chosen[0].split()[-1].upper()}, {' '.join(chosen[0].split()[:-1])}"
        )
        values |= {"addr": mark("ADDRESS", draw.choice(STREETS)), "phone": mark("PHONE", draw.choice(PHONES)),
                   "phone2": mark("PHONE", draw.choice(PHONES)), "card": mark("CARD", draw.choice(CARDS)),
                   "iban": mark("IBAN", draw.choice(IBANS)), "id": draw.choice(IDS), "mail": mark("EMAIL", draw.choice(MAILS)),
                   "birth": draw.choice(BIRTHS)}  # fmt: skip
        said = draw.choice(IDS)
        values["id_c"] = said[0].upper() + said[1:]
        yield parse(SHAPES[at % len(SHAPES)].format(**values))
