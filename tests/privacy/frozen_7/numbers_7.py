"""Numbers of the seventh set: which a land has, how its label and it are written, and telephones.

The arithmetic is that of the fifth and the sixth set (`numbers_5`, `numbers_6`); labels, forms and the
ranges of telephones are drawn here.
"""

import random

import numbers_5 as five
import numbers_6 as six
from numbers_6 import card, chi, fill, ip, ip6, licence, nhs, plainly

__all__ = ["IDS", "card", "fill", "iban", "ip", "ip6", "licence", "nhs", "passport", "phone"]


def bare(maker):
    """The same number without blanks, points and hyphens."""
    return lambda r, p: "".join(c for c in maker(r, p) if c.isalnum())


def spaced(maker, *sizes):
    """The same number in groups of so many signs."""

    def made(r, p):
        text, parts = bare(maker)(r, p), []
        for size in sizes:
            parts.append(text[:size])
            text = text[size:]
        return " ".join(parts) + text

    return made


# land: [(labels, maker)], the likelier first and twice.
IDS = {
    "GB": [("NI number|NI no|National Insurance number|NINO", five.nino), ("NI Number|NI no.", bare(five.nino)),
           ("UTR|UTR number", five.utr), ("CHI no", chi)],
    "US": [("SSN|Social Security No.|SSN (full)", five.ssn), ("Social Security number|Soc Sec", five.ssn),
           ("Medicare number", six.mbi), ("ITIN", five.itin), ("Alien No.|USCIS A-Number", plainly("A### ### ###|A#########"))],
    "CA": [("SIN|S.I.N.", five.sin), ("Ontario health card no.", six.health_on), ("Care Card (BC)", six.phn_bc)],
    "AU": [("Medicare number|Medicare", six.medicare_au), ("Tax File Number|TFN", five.tfn)],
    "NZ": [("IRD number", five.ird), ("NHI no.", plainly("@@@####"))],
    "IE": [("PPS No.|PPSN|PPS no", five.pps)],
    "ZA": [("SA ID number|Identity no.", five.id_za), ("ID Number", spaced(five.id_za, 6, 4, 3))],
    "IN": [("PAN|PAN number", five.pan), ("Aadhaar no.|Aadhaar number", five.aadhaar), ("Voter ID card no.", six.epic)],
    "GH": [("Ghana Card number", plainly("GHA-7########-#"))],
    "KE": [("National ID no.|ID number", five.id_ke)],
    "NG": [("NIN|National Identification Number", five.nin_ng), ("Bank Verification Number (BVN)", plainly("22#########"))],
    "UG": [("National ID (NIN)", six.nin_ug)],
    "EG": [("National ID number", six.nid_eg)],
    "MA": [("CIN|CNIE no.", plainly("@@######|@######"))],
    "AE": [("Emirates ID", five.emirates)],
    "IL": [("Teudat Zehut|Israeli ID no.", five.teudat)],
    "PK": [("CNIC|CNIC number", five.cnic)],
    "BD": [("National ID (NID)", plainly("##########"))],
    "LK": [("NIC number", six.nic_lk)],
    "SG": [("NRIC|NRIC / FIN", five.nric_sg)],
    "MY": [("MyKad no.|NRIC", five.nric_my)],
    "PH": [("SSS number", six.philsys), ("TIN no.", plainly("###-###-###-000"))],
    "TH": [("Thai ID no.", five.pin_th)],
    "VN": [("Citizen ID no. (CCCD)", six.cccd)],
    "ID": [("NIK|KTP no.", six.nik)],
    "HK": [("HKID no|Hong Kong ID", six.hkid)],
    "TW": [("Taiwan ID no.", six.id_tw)],
    "CN": [("Resident ID|Chinese ID card number", five.ric)],
    "JP": [("My Number", five.mynumber)],
    "KR": [("Resident registration number", five.rrn)],
    "DE": [("Steuer-ID|Steueridentifikationsnummer", five.idnr), ("Krankenversichertennr.|Versichertennr.", six.kvnr),
           ("Sozialversicherungsnummer|SV-Nummer", five.pension_de)],
    "AT": [("Sozialversicherungsnummer|SV-Nr.", five.vnr)],
    "CH": [("AHV-Nr.|AHV-Nummer", five.ahv)],
    "LU": [("Matricule nationale", six.matricule_lu)],
    "FR": [("N° de sécurité sociale|NIR|Numéro de sécurité sociale", five.nir), ("N° fiscal|Numéro fiscal de référence", six.nif_fr)],
    "BE": [("Numéro national|Rijksregisternr.", five.rijksregister)],
    "NL": [("BSN|Burgerservicenummer", five.bsn)],
    "ES": [("DNI|NIF|D.N.I.", five.dni), ("DNI/NIE", five.nie), ("N.º de la Seguridad Social", six.seguridad_es)],
    "PT": [("NIF|N.º de contribuinte", five.nif)],
    "IT": [("Codice fiscale|C.F.|CF", five.codice)],
    "SE": [("Personnummer|Personnr", five.personnummer)],
    "NO": [("Fødselsnummer|Fødselsnr.", five.fodselsnummer)],
    "DK": [("CPR-nr.|CPR nr.", five.cpr)],
    "FI": [("Henkilötunnus|hetu", five.hetu)],
    "IS": [("Kennitala|kt.", five.kennitala)],
    "EE": [("Isikukood", five.baltic)],
    "LT": [("Asmens kodas", five.baltic)],
    "LV": [("Personas kods", five.personas)],
    "PL": [("PESEL|Nr PESEL", five.pesel), ("PESEL", five.pesel), ("NIP", six.nip), ("Seria i nr dowodu", six.dowod)],
    "CZ": [("Rodné číslo|RČ", five.rodne)],
    "SK": [("Rodné číslo", five.rodne)],
    "HU": [("TAJ szám|TAJ", five.taj), ("Adóazonosító", six.tax_hu)],
    "RO": [("CNP", five.cnp)],
    "BG": [("EGN|ЕГН", five.egn)],
    "GR": [("AFM|ΑΦΜ", five.afm), ("AMKA", five.amka)],
    "HR": [("OIB", five.oib)],
    "RS": [("JMBG", six.jmbg)],
    "SI": [("EMŠO", five.emso)],
    "UA": [("RNOKPP|Tax no. (UA)", five.rntrc)],
    "TR": [("T.C. Kimlik No|TC kimlik no", five.tckn)],
    "MX": [("CURP", five.curp), ("NSS", six.nss_mx)],
    "AR": [("CUIL|CUIT", five.cuit), ("DNI", five.dni_ar)],
    "CL": [("RUT|R.U.T.", five.rut)],
    "CO": [("Cédula de ciudadanía|C.C.", five.cedula_co)],
    "PE": [("DNI", plainly("4#######|0#######|7#######"))],
    "EC": [("Cédula de identidad", six.cedula_ec)],
    "BR": [("CPF|CPF n.º", five.cpf), ("CPF", bare(five.cpf)), ("RG n.º", plainly("##.###.###-#"))],
}  # fmt: skip

PASSPORTS = {
    "GB": "1########|5########", "US": "5########|A########", "CA": "@@######|A######@@", "DE": "C#@##@#@#|L#@##@@##",
    "FR": "##@@#####", "IT": "Y@#######", "ES": "@@@######", "NL": "N@#@##@##", "IN": "@#######", "CN": "E@#######",
    "IE": "P@#######", "AU": "R@#######", "PK": "@@#######", "NG": "B########", "JP": "T@#######",
}  # fmt: skip


def passport(r, land):
    return fill(r, r.choice(PASSPORTS.get(land, "@########|@@######|########").split("|")))


def iban(r, land):
    return six.iban(r, land)


# Ranges kept for drama where there are such (Ofcom's, 555-01xx, ACMA's, ComReg's, ARCEP's, the
# Bundesnetzagentur's, PTS's), else numbers full of zeros.
PHONES = {
    "GB": "07700 900 ###|07700 900###|07700900###|+44 7700 900###|+44 (0)7700 900 ###|0114 496 0###|(0116) 496 0###"
    "|0118 496 0###|01632 960 ###|0141 496 0###|+44 121 496 0###|020 7946 0### (ext ###)|029 2018 0###",
    "US": "(206) 555-01##|773-555-01##|(617) 555-01##|+1 (404) 555-01##|+1 718 555 01##|1-512-555-01##|303.555.01##"
    "|919/555-01##|(602)555-01##|213-555-01## x##|650 555 01##",
    "CA": "416-555-01##|(604) 555-01##|+1 514-555-01##|902 555 01##", "AU": "0491 570 ###|(02) 5550 ####|+61 491 571 ###|(08) 7010 ####",
    "IE": "020 91# ####|+353 20 915 ###", "NZ": "021 000 0###|+64 9 000 0###", "ZA": "082 000 0###|+27 (0)21 000 0###|073 000 00##",
    "IN": "+91 98450 00###|98200 00###|0091 99000 00###|080-0000 0###", "NG": "0803 000 0###|+234 (0)806 000 0###",
    "KE": "0722 000###|+254 733 000 ###", "GH": "+233 (0)24 400 0###|020 000 0###", "PK": "0300 0000###|+92-345-0000###",
    "DE": "030 23125-###|+49 30 23125###|0171 39200##|(069) 90009###|+49 (0) 221 4710 ###|040/66969-###|089 99998 ###",
    "AT": "+43 664 000 0###|01/000 00 ##", "CH": "+41 79 000 00 ##|044 000 00 ##|+41 (0)31 000 0# ##",
    "FR": "06 39 98 ## ##|0639 98 ## ##|01.99.00.##.##|+33 (0)6 39 98 ## ##|05 36 49 ## ##|+33 1 99 00 ## ##",
    "BE": "+32 475 00 00 ##|02/000.0#.##|0486 00 00 ##", "NL": "06-000000##|+31 6 000 000 ##|020-000 00 ##|(030) 000 00 ##",
    "ES": "600 000 ###|+34 655 00 00 ##|91 000 00 ##|(93) 000 00 ##", "IT": "+39 333 000 0###|02 0000 0###|338.00.00.0##",
    "PT": "+351 96 000 00 ##|21 000 0###|912 000 ###", "PL": "+48 600 000 ###|500-000-###|(22) 000 00 ##|12 000 00 ##",
    "SE": "070-174 06 ##|+46 (0)70 174 06 ##|08-465 004 ##|031-390 06 ##", "NO": "+47 900 00 ###|400 00 ###",
    "DK": "+45 20 00 00 ##|30 00 00 ##", "FI": "+358 40 000 0###|050-000 0###", "BR": "(11) 90000-0###|+55 21 90000-0###|(85) 3000-0###",
    "MX": "+52 1 55 0000 0###|55 0000 00##|(33) 0000-0###", "TR": "+90 (532) 000 00 ##|0533 000 00 ##",
    "CN": "+86 138 0000 0###|139-0000-0###", "JP": "+81 90 0000 0###|090-0000-0###", "SG": "+65 9000 0###|8000 0###",
}  # fmt: skip


def phone(r: random.Random, land):
    if land in PHONES:
        return fill(r, r.choice(PHONES[land].split("|")))
    return six.phone(r, land) if land in six.PHONES else five.phone(r, land)
