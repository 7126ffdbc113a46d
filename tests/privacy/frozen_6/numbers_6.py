"""Makers of numbers for the sixth set: identity numbers, bank accounts, cards, telephones, devices.

A maker takes the generator of chance and somebody (`born`, `sex`, `given`, `family`, `second`). The
arithmetic of 33 identity numbers that the fifth set has as well is taken from there (`numbers_5`);
46 kinds are new, and the forms in which any of them is written are drawn here.
"""

import re
import string

import numbers_5 as five
from numbers_5 import ascii_of, dmy, figures, luhn, sexed, until, verhoeff, weighed, ymd


def fill(r, pattern):
    """`#` becomes a figure, `@` a capital letter (none of I, O, Q, S, Z), `~` a hexadecimal figure."""
    sets = {"#": string.digits, "@": "ABCDEFGHJKLMNPRTUVWXY", "~": "0123456789abcdef"}
    return "".join(r.choice(sets[c]) if c in sets else c for c in pattern)


def plainly(pattern):
    """A maker of a number that is its form alone."""
    return lambda r, p: fill(r, r.choice(pattern.split("|")))


# ---- new kinds ----------------------------------------------------------------------------------


def chi(r, p):
    """Scotland's number of a patient."""

    def make():
        body = dmy(p) + sexed(r, p, 3)
        return body, -weighed(body, range(10, 1, -1)) % 11

    body, check = until(make, lambda x: x[1] != 10)
    return r.choice([f"{body}{check}", f"{body[:6]} {body[6:]}{check}"])


def mbi(r, p):
    """The number of Medicare in the United States; its letters leave out S, L, O, I, B and Z."""
    letter, either = "ACDEFGHJKMNPQRTUVWXY", "ACDEFGHJKMNPQRTUVWXY0123456789"
    sets = ("123456789", letter, either, "0123456789", letter, either, "0123456789", letter, letter)
    text = "".join(r.choice(x) for x in sets) + figures(r, 2)
    return r.choice([f"{text[:4]}-{text[4:7]}-{text[7:]}", text])


def medicare_au(r, p):
    body = r.choice("23456") + figures(r, 7)
    body += str(weighed(body, (1, 3, 7, 9, 1, 3, 7, 9)) % 10)
    return f"{body[:4]} {body[4:]} {r.randint(1, 4)}"


def health_on(r, p):
    body = r.choice("123456789") + figures(r, 8)
    body += luhn(body)
    return f"{body[:4]}-{body[4:7]}-{body[7:]}-{fill(r, '@@')}"


def phn_bc(r, p):
    def make():
        body = "9" + figures(r, 8)
        return body, 11 - weighed(body[1:], (2, 4, 8, 5, 10, 9, 7, 3)) % 11

    body, check = until(make, lambda x: x[1] < 10)
    return f"{body[:4]} {body[4:7]} {body[7:]}{check}"


def ramq(r, p):
    letters = [re.sub("[^A-Z]", "", ascii_of(x).upper()) + "XX" for x in (p.family, p.given)]
    month = p.born.month + (50 if p.sex == "f" else 0)
    return f"{letters[0][:3]}{letters[1][0]} {p.born:%y}{month:02d} {p.born:%d}{figures(r, 2)}"


def kvnr(r, p):
    letter, body = r.choice(string.ascii_uppercase), figures(r, 8)
    whole = f"{string.ascii_uppercase.index(letter) + 1:02d}{body}"
    products = (int(c) * (1 + at % 2) for at, c in enumerate(whole))
    return letter + body + str(sum(sum(divmod(x, 10)) for x in products) % 10)


def matricule_lu(r, p):
    body = f"{p.born:%Y%m%d}{figures(r, 3)}"
    return body + luhn(body) + verhoeff(body)


def seguridad_es(r, p):
    area, body = r.choice(["08", "28", "41", "46", "15"]), r.randint(10000000, 99999999)
    return r.choice(["{}/{}/{:02d}", "{} {} {:02d}"]).format(area, body, int(f"{area}{body}") % 97)


def nif_fr(r, p):
    body = r.choice("0123") + figures(r, 9)
    text = f"{body}{int(body) % 511:03d}"
    return f"{text[:2]} {text[2:4]} {text[4:7]} {text[7:10]} {text[10:]}"


def coordination_se(r, p):
    body = f"{p.born:%y%m}{p.born.day + 60}{figures(r, 2)}" + r.choice(
        "13579" if p.sex == "m" else "02468"
    )
    return f"{body[:6]}-{body[6:]}{luhn(body)}"


def d_number_no(r, p):
    def make():
        low, high = (0, 499) if p.born.year < 2000 else (500, 999)
        serial = until(lambda: r.randint(low, high), lambda x: x % 2 == (p.sex == "m"))
        body = f"{p.born.day + 40:02d}{p.born:%m%y}{serial:03d}"
        one = -weighed(body, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11
        two = -weighed(body + str(one % 10), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
        return body, one, two

    body, one, two = until(make, lambda x: 10 not in x[1:])
    return f"{body[:6]} {body[6:]}{one}{two}"


def nip(r, p):
    def make():
        body = r.choice("5678") + figures(r, 8)
        return body, weighed(body, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11

    body, check = until(make, lambda x: x[1] != 10)
    return f"{body[:3]}-{body[3:6]}-{body[6:8]}-{body[8]}{check}"


def dowod(r, p):
    letters, body = "".join(r.choice(string.ascii_uppercase) for _ in "123"), figures(r, 5)
    values = [int(c, 36) for c in letters] + [int(c) for c in body]
    check = sum(v * w for v, w in zip(values, (7, 3, 1, 7, 3, 1, 7, 3), strict=True)) % 10
    return r.choice(["{} {}{}", "{}{}{}"]).format(letters, check, body)


def tax_hu(r, p):
    days = (p.born - five.datetime.date(1867, 1, 1)).days

    def make():
        body = f"8{days:05d}{figures(r, 3)}"
        return body, weighed(body, range(1, 10)) % 11

    body, check = until(make, lambda x: x[1] != 10)
    return body + str(check)


def jmbg(r, p):
    def make():
        serial = r.randint(0, 499) + (500 if p.sex == "f" else 0)
        area = r.choice(["71", "72", "75", "17", "80"])
        body = f"{p.born:%d%m}{p.born.year % 1000:03d}{area}{serial:03d}"
        return body, -weighed(body, (7, 6, 5, 4, 3, 2) * 2) % 11

    body, check = until(make, lambda x: x[1] != 10)
    return body + str(check)


def idnp(r, p):
    body = "2" + figures(r, 11)
    return body + str(weighed(body, (7, 3, 1) * 4) % 10)


def snils(r, p):
    body = until(lambda: figures(r, 9), lambda x: x > "001001998")
    check = weighed(body, range(9, 0, -1)) % 101 % 100
    return f"{body[:3]}-{body[3:6]}-{body[6:]} {check:02d}"


def inn(r, p):
    body = r.choice(["77", "50", "16", "63"]) + figures(r, 8)
    for weights in ((7, 2, 4, 10, 3, 5, 9, 4, 6, 8), (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)):
        body += str(weighed(body, weights) % 11 % 10)
    return body


def iin(r, p):
    def make():
        first = (3 if p.born.year < 2000 else 5) + (p.sex == "f")
        body = f"{ymd(p)}{first}{figures(r, 4)}"
        check = weighed(body, range(1, 12)) % 11
        if check == 10:
            check = weighed(body, (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)) % 11
        return body, check

    body, check = until(make, lambda x: x[1] != 10)
    return body + str(check)


def hkid(r, p):
    letter, body = r.choice("ABCDEGHKPRYZ"), figures(r, 6)
    total = 36 * 9 + int(letter, 36) * 8 + weighed(body, range(7, 1, -1))
    return f"{letter}{body}({'0123456789A'[-total % 11]})"


def id_tw(r, p):
    order = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
    letter = r.choice("ABDEFHJKN")
    two = str(10 + order.index(letter))
    body = ("1" if p.sex == "m" else "2") + figures(r, 7)
    total = int(two[0]) + 9 * int(two[1]) + weighed(body, range(8, 0, -1))
    return letter + body + str(-total % 10)


def nik(r, p):
    day = p.born.day + (40 if p.sex == "f" else 0)
    area = r.choice(["317106", "327301", "357801", "517103", "127102"])
    return f"{area}{day:02d}{p.born:%m%y}{r.randint(1, 99):04d}"


def cccd(r, p):
    century = (0 if p.born.year < 2000 else 2) + (p.sex == "f")
    return f"{r.choice(['001', '079', '048', '031'])}{century}{p.born:%y}{figures(r, 6)}"


def nid_eg(r, p):
    century = 2 if p.born.year < 2000 else 3
    return f"{century}{ymd(p)}{r.choice(['01', '02', '21', '12'])}" + sexed(r, p, 4) + figures(r, 1)


def civil_kw(r, p):
    def make():
        body = f"{2 if p.born.year < 2000 else 3}{ymd(p)}{figures(r, 4)}"
        return body, 11 - weighed(body, (2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11

    body, check = until(make, lambda x: x[1] < 10)
    return body + str(check)


def id_sa(r, p):
    body = r.choice("12") + figures(r, 8)
    return body + luhn(body)


def cedula_ec(r, p):
    body = f"{r.randint(1, 24):02d}{r.randint(0, 5)}{figures(r, 6)}"
    return r.choice(["{}{}", "{}-{}"]).format(body, luhn(body))


def cedula_do(r, p):
    body = r.choice(["001", "031", "402"]) + figures(r, 7)
    return f"{body[:3]}-{body[3:]}-{luhn(body)}"


def ci_uy(r, p):
    body = str(r.randint(1000000, 6999999))
    check = -weighed(body, (2, 9, 8, 7, 6, 3, 4)) % 10
    return f"{body[0]}.{body[1:4]}.{body[4:]}-{check}"


def cui_gt(r, p):
    def make():
        body = r.choice("123") + figures(r, 7)
        return body, weighed(body, range(2, 10)) % 11

    body, check = until(make, lambda x: x[1] != 10)
    return f"{body[:4]} {body[4:]}{check} {r.randint(1, 16):02d}{r.randint(1, 8):02d}"


def pis_br(r, p):
    body = "1" + figures(r, 9)
    check = -weighed(body, (3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) % 11 % 10
    return f"{body[:3]}.{body[3:8]}.{body[8:]}-{check}"


def nss_mx(r, p):
    body = f"{r.randint(1, 97):02d}{r.randint(80, 99)}{p.born:%y}{figures(r, 4)}"
    return body + luhn(body)


def epic(r, p):
    body = figures(r, 6)
    return "".join(r.choice(string.ascii_uppercase) for _ in "123") + body + luhn(body)


def nic_lk(r, p):
    day = (p.born - five.datetime.date(p.born.year, 1, 1)).days + 1 + (500 if p.sex == "f" else 0)
    if p.born.year < 2000:
        return f"{p.born:%y}{day:03d}{figures(r, 4)}V"
    return f"{p.born.year}{day:03d}{figures(r, 5)}"


def nida_tz(r, p):
    return f"{p.born:%Y%m%d}-{figures(r, 5)}-{figures(r, 5)}-{figures(r, 2)}"


def id_rw(r, p):
    return f"1 {p.born.year} {8 if p.sex == 'm' else 7} {figures(r, 7)} {r.randint(0, 2)} {figures(r, 2)}"


def nin_ug(r, p):
    return f"C{p.sex.upper()}{p.born:%y}{figures(r, 6)}{fill(r, '@@@')}{figures(r, 1)}"


def philsys(r, p):
    return fill(r, r.choice(["34-#######-#", "09-#######-#", "3#-#######-#"]))


nhs, tessera = five.nhs, five.codice
aadhaar, voter = five.aadhaar, epic

# land: [(labels as they may stand, maker)]; the labels are in English and in the land's own words.
IDS = {
    "GB": [("National Insurance no.|NINO|N.I. number|Nat. Ins. No", five.nino), ("CHI|CHI number", chi),
           ("UTR no.|Unique Taxpayer Reference", five.utr)],
    "US": [("Social Security Number|SSN|Soc. Sec. #|SS#", five.ssn), ("SSN|social", five.ssn),
           ("Medicare ID|MBI", mbi), ("A-Number|Alien registration no.", plainly("A### ### ###|A-#########")),
           ("ITIN", five.itin)],
    "CA": [("SIN|Social Insurance Number", five.sin), ("OHIP no.|Health card", health_on),
           ("PHN|BC health no.", phn_bc), ("RAMQ|NAM", ramq)],
    "AU": [("Medicare card no.|Medicare no", medicare_au), ("TFN|tax file no.", five.tfn)],
    "NZ": [("IRD no.|IRD", five.ird), ("NHI|NHI number", plainly("@@@####"))],
    "IE": [("PPSN|PPS number", five.pps)],
    "ZA": [("RSA ID|ID no.", five.id_za)],
    "IN": [("PAN no.|PAN card", five.pan), ("Aadhaar|UID", aadhaar), ("EPIC no.|Voter ID", voter)],
    "GH": [("Ghana Card|Ghana Card no.", plainly("GHA-7########-#"))],
    "KE": [("ID No|national ID", five.id_ke)],
    "NG": [("NIN|National ID (NIN)", five.nin_ng), ("BVN", plainly("22#########"))],
    "UG": [("NIN|National ID", nin_ug)],
    "TZ": [("NIDA no.|NIDA", nida_tz)],
    "RW": [("Indangamuntu|National ID", id_rw)],
    "ZM": [("NRC|NRC no.", plainly("######/##/1"))],
    "ZW": [("National ID|ID number", plainly("63-#######@##|29-######@##"))],
    "EG": [("National ID|Egyptian ID no.", nid_eg)],
    "SA": [("Iqama|National ID", id_sa)],
    "KW": [("Civil ID|Civil ID no.", civil_kw)],
    "AE": [("Emirates ID no.|EID", five.emirates)],
    "LK": [("NIC|NIC no.", nic_lk)],
    "BD": [("NID|NID no.", plainly("##########"))],
    "NP": [("Citizenship no.|Nagarikta no.", plainly("##-01-##-#####"))],
    "PK": [("CNIC no.|CNIC", five.cnic)],
    "PH": [("SSS no.|SSS", philsys), ("TIN", plainly("###-###-###-000"))],
    "ID": [("NIK|KTP", nik)],
    "VN": [("CCCD|Citizen ID", cccd)],
    "HK": [("HKID|HKID no.", hkid)],
    "TW": [("ROC ID|National ID", id_tw)],
    "SG": [("NRIC no.|NRIC", five.nric_sg)],
    "MY": [("IC no.|MyKad", five.nric_my)],
    "JP": [("My Number|Individual no.", five.mynumber)],
    "KR": [("RRN|resident reg. no.", five.rrn)],
    "CN": [("ID card no.|Resident ID no.", five.ric)],
    "KZ": [("IIN|IIN no.", iin)],
    "RU": [("SNILS|SNILS no.", snils), ("INN", inn)],
    "DE": [("Steuer-IdNr.|Steuer-ID|IdNr.", five.idnr), ("KV-Nummer|Versichertennummer", kvnr),
           ("Rentenversicherungsnr.|RVNR", five.pension_de)],
    "AT": [("SVNR|Sozialversicherungsnr.", five.vnr)],
    "CH": [("AHV-Nummer|AVS|AHV", five.ahv)],
    "LU": [("Matricule|Matricule no.", matricule_lu)],
    "FR": [("NIR|No. Sécu|N° SS", five.nir), ("Numéro fiscal|N° fiscal", nif_fr)],
    "BE": [("NISS|Rijksregisternummer", five.rijksregister)],
    "NL": [("BSN|burgerservicenummer", five.bsn)],
    "ES": [("DNI núm.|N.I.F.|DNI", five.dni), ("NIE", five.nie), ("NUSS|Nº Seg. Social", seguridad_es)],
    "PT": [("NIF|Contribuinte n.º", five.nif)],
    "IT": [("C.F.|Cod. Fisc.|codice fiscale", five.codice)],
    "SE": [("Personnummer|pnr", five.personnummer), ("Samordningsnummer", coordination_se)],
    "NO": [("Fødselsnummer|fnr.", five.fodselsnummer), ("D-nummer", d_number_no)],
    "DK": [("CPR|CPR-nummer", five.cpr)],
    "FI": [("Henkilötunnus|HETU", five.hetu)],
    "PL": [("PESEL|nr PESEL", five.pesel), ("NIP", nip), ("Dowód osobisty|nr dowodu", dowod)],
    "CZ": [("Rodné číslo|r. č.", five.rodne)],
    "HU": [("Adóazonosító jel|tax ID (HU)", tax_hu)],
    "RO": [("CNP", five.cnp)],
    "MD": [("IDNP", idnp)],
    "RS": [("JMBG", jmbg)],
    "HR": [("OIB", five.oib)],
    "GR": [("A.M.K.A.|AMKA", five.amka), ("ADT|ID card", plainly("A@ ######"))],
    "TR": [("TCKN|TC Kimlik", five.tckn)],
    "MX": [("CURP", five.curp), ("NSS|IMSS no.", nss_mx)],
    "AR": [("CUIL|CUIT", five.cuit)],
    "CL": [("RUN|RUT", five.rut)],
    "CO": [("Cédula|C.C. No.", five.cedula_co)],
    "PE": [("DNI|DNI N°", plainly("4#######|0#######|7#######"))],
    "EC": [("Cédula|C.I.", cedula_ec)],
    "DO": [("Cédula|Cédula no.", cedula_do)],
    "UY": [("C.I.|Cédula de identidad", ci_uy)],
    "GT": [("DPI|CUI", cui_gt)],
    "BR": [("CPF|CPF nº", five.cpf), ("PIS|NIS", pis_br), ("RG", plainly("##.###.###-#"))],
}  # fmt: skip

PASSPORTS = {
    "GB": "1########", "US": "5########|A########", "CA": "@@######", "AU": "P@#######|N#######", "DE": "C0@#@##@#",
    "FR": "##@@#####", "ES": "@@@######", "PL": "@@#######", "IN": "@#######", "BR": "@@######",
    "CN": "E########", "NL": "N@#@####2", "KE": "@K#######", "PH": "P#######@", "NG": "A########",
}  # fmt: skip
LICENCES = {
    "US": "@###-####-####|@@######@|#### ### ###|S########", "CA": "@####-#####-#####", "AU": "## ### ###",
    "DE": "@##0@#@##@#", "IN": "MH## 20## 00#####|KA-0# 20######", "ZA": "########@@@#", "NZ": "@@######",
    "IE": "### ### ###", "GB": "",
}  # fmt: skip


def licence(r, p, land):
    if land == "GB":
        text = five.driver_gb(r, p)
        return r.choice([text, f"{text[:5]} {text[5:11]} {text[11:]}"])
    return fill(r, r.choice(LICENCES.get(land, "@########|########").split("|")))


# ---- money --------------------------------------------------------------------------------------

HEADS = "400005 424242 411111 555555 520082 222300 601111 378282 371449 305693 356600".split()


def card(r):
    """Begins as a payment firm's test card does; the rest is chance and the check figure."""
    head = r.choice(HEADS[:7] * 3 + HEADS[7:])
    length = {"37": 15, "30": 14}.get(head[:2], 16)
    body = head + "0" * 2 + figures(r, length - 9)
    text = body + luhn(body)
    if length == 16:
        parts = [text[at : at + 4] for at in range(0, 16, 4)]
    else:
        parts = [text[:4], text[4:10], text[10:]]
    return r.choice([" ", " ", " ", "-", "", ""]).join(parts)


MORE_IBANS = {
    "LU": "###" + "#" * 13, "RS": "#" * 18, "MD": "@@" + "#" * 18, "KZ": "###" + "#" * 13, "SA": "##" + "#" * 18,
    "KW": "@@@@" + "#" * 22, "EG": "#" * 25, "DO": "@@@@" + "#" * 20, "GT": "@@@@" + "#" * 20,
}  # fmt: skip
ANY_IBAN = ("DE", "FR", "NL", "ES", "IE", "GB", "BE", "LU", "AT", "PT")


def iban(r, land):
    patterns = {k: v.replace("%", "#").replace("^", "@") for k, v in five.IBANS.items()} | MORE_IBANS
    land = land if land in patterns else r.choice(ANY_IBAN)
    body = fill(r, patterns[land])
    check = 98 - int("".join(str(int(c, 36)) for c in body + land + "00")) % 97
    whole = f"{land}{check:02d}{body}"
    if r.random() < 0.65:
        whole = " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))
    return whole


# ---- telephones: ranges kept for drama where there are such, else numbers full of zeros ------------

PHONES = {
    "GB": "07700 900###|+44 7700 900 ###|020 7946 0###|0044 7700 900###|(0117) 496 0###|+44 (0)20 7946 0###"
    "|0151 496 0### ext ###|07700-900-###|01632960###",
    "US": "202-555-01##|(415) 555-01##|+1 (312) 555-01##|617.555.01##|1-888-555-01##|+12025550###|212 555 01##"
    "|(503) 555-01## ext. ###",
    "CA": "613-555-01##|+1-438-555-01##|(780) 555-01##", "AU": "0491 57# ###|(03) 7010 ####|+61 2 5550 ####",
    "IE": "020 91# ####|+353 20 91# ####", "NZ": "+64 21 000 ###|09 000 00##", "ZA": "+27 71 000 00##|011 000 00##",
    "IN": "+91-98000-00###|098000 00###|022-0000 0###", "GH": "+233 20 000 0###|0244 000 ###",
    "KE": "+254 722 000 ###|0711 000 ###", "NG": "+234 805 000 0###|0816 000 0###", "UG": "+256 772 000 ###",
    "TZ": "+255 754 000 ###", "RW": "+250 788 000 ###", "ZM": "+260 97 0000 ###", "ZW": "+263 77 200 0###",
    "EG": "+20 122 000 0###", "SA": "+966 55 000 0###", "KW": "+965 5000 0###", "AE": "+971 56 000 0###",
    "LK": "+94 71 000 0###|0112 000 ###", "BD": "+880 1711-000###", "NP": "+977 984-0000###",
    "PK": "0321-0000###|+92 333 0000###", "PH": "0918 000 0###|+63 2 8000 0###", "ID": "+62 812-0000-0###",
    "VN": "+84 91 000 0###|0903 000 ###", "HK": "+852 5100 0###", "TW": "+886 912 000 ###", "SG": "+65 9100 0###",
    "MY": "+60 13-000 0###", "JP": "+81 3-0000-0###|080-0000-0###", "KR": "+82 2-000-0###|010-2000-0###",
    "CN": "+86 139 0000 0###", "KZ": "+7 701 000 0###", "RU": "+7 916 000-00-##|8 (495) 000-0#-##",
    "DE": "+49 30 23125 ###|040 66969 ###|0171-39200##|+49(0)69 90009-###|(0221) 4710 ###", "AT": "+43 1 00 00 ###",
    "CH": "+41 44 000 0# ##|078 000 0# ##", "LU": "+352 621 000 ###", "FR": "+33 1 99 00 ## ##|06.39.98.##.##|05 36 49 ## ##",
    "BE": "+32 2 000 0# ##|0475 00 0# ##", "NL": "+31 20 000 0###|06 - 0000 0###", "ES": "+34 91 000 0# ##|611 000 ###",
    "PT": "+351 21 000 0###|962 000 ###", "IT": "+39 06 0000 0###|347 000 0###", "SE": "+46 8 465 004 ##|070-1740 6##",
    "NO": "+47 22 00 0# ##|900 00 ###", "DK": "+45 33 00 0# ##|22 00 00 ##", "FI": "+358 50 000 0###|09 000 0##",
    "PL": "+48 22 000 0# ##|601 000 ###", "CZ": "+420 777 000 ###", "HU": "+36 1 000 0###|06 70 000 0###",
    "RO": "+40 21 000 0###|0744 000 ###", "MD": "+373 69 000 ###", "RS": "+381 64 000 0###", "HR": "+385 1 0000 ###",
    "GR": "+30 210 000 0###|697 000 0###", "TR": "+90 212 000 0# ##|0 532 000 0# ##", "MX": "+52 33 0000 0###|81 0000 0###",
    "AR": "+54 11 0000-0###", "CL": "+56 2 0000 0###", "CO": "+57 310 000 0###", "PE": "+51 900 000 ###",
    "EC": "+593 99 000 0###", "DO": "+1 809-555-01##", "UY": "+598 99 000 ###", "GT": "+502 5000 0###",
    "BR": "+55 (21) 90000-0###|31 90000-0###",
}  # fmt: skip


def phone(r, land):
    return fill(r, r.choice(PHONES[land].split("|")))


def ip(r):
    return f"{r.choice(['203.0.113', '198.51.100', '192.0.2'])}.{r.randint(2, 253)}"


def ip6(r):
    groups = [fill(r, "~~~~").lstrip("0") or "a" for _ in range(6)]
    return r.choice([f"2001:db8:{groups[0]}::{groups[1]}", "2001:db8:" + ":".join(groups), f"2001:db8::{groups[2]}"])
