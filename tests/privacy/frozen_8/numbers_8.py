"""Numbers of the eighth set: labels and telephones of its own, the arithmetic of the sets before.

The kinds of a land stand in the order of `numbers_7.IDS`, so that its check knows them.
"""

import random

import numbers_7 as seven
from numbers_7 import card, fill, iban, ip, ip6, licence, nhs, passport

__all__ = ["IDS", "card", "fill", "iban", "ip", "ip6", "licence", "nhs", "passport", "phone"]

LABELS = {
    "GB": ["National Insurance Number|NI no|Nat Ins number", "NINO|N.I. no.", "Tax reference (UTR)|UTR no", "CHI Number"],
    "US": ["SSN|Social Security #", "Social|Social Security Number", "Medicare no.|MBI", "ITIN no.", "A-Number"],
    "CA": ["SIN no.|Social Insurance No.", "Health card number", "Personal Health Number"],
    "AU": ["Medicare card|Medicare No", "TFN|Tax file number"],
    "NZ": ["IRD no|IRD Number", "NHI"],
    "IE": ["PPS number|PPSN no."],
    "ZA": ["ID number|Identity number", "SA ID no."],
    "IN": ["PAN|PAN No", "Aadhaar|Aadhaar No.", "Voter ID"],
    "DE": ["Steuer-Identifikationsnummer|Steuer-ID", "Versicherten-Nr.", "Rentenversicherungsnummer|SV-Nr."],
    "AT": ["SV-Nummer|Vers.-Nr."],
    "CH": ["AHV-Nr|Sozialversicherungs-Nr."],
    "FR": ["N° Sécurité sociale|N° SS", "Numéro fiscal"],
    "NL": ["BSN|BSN-nummer"],
    "BE": ["Rijksregisternummer|NISS"],
    "ES": ["DNI|NIF", "NIE / DNI", "Nº Seguridad Social"],
    "IT": ["Codice Fiscale|cod. fisc."],
    "PT": ["NIF|Contribuinte"],
    "PL": ["PESEL|PESEL nr", "nr PESEL", "NIP", "Nr dowodu osobistego"],
    "SE": ["Personnummer|Pers.nr"],
    "BR": ["CPF|CPF nº", "CPF", "RG"],
    "MX": ["CURP", "NSS"],
    "AR": ["CUIL", "DNI nº"],
}

IDS = {
    land: [(own, maker) for own, (_, maker) in zip(LABELS.get(land, [x for x, _ in kinds]), kinds, strict=True)]
    for land, kinds in seven.IDS.items()
}

# Ranges kept for drama where there are such, else numbers full of zeros.
PHONES = {
    "GB": "07700 900###|07700 900 ###|07700-900###|+447700900###|+44 7700 900###|0113 496 0###|(0191) 498 0###|020 7946 0###"
    "|0121 496 0### ext. ##|01632 960###|0161 4960 ###|+44 (0)117 496 0###",
    "US": "(312) 555-01##|415-555-01##|(919) 555 01##|+1 646-555-01##|1 (800) 555-01##|512.555.01##|208 555-01## ext ##|+1 503 555 01##|70255501##",
    "CA": "(613) 555-01##|514-555-01##|+1 (778) 555-01##",
    "AU": "0491 570 1##|+61 491 570 ###|(03) 5550 ####|07 7010 ####",
    "IE": "020 915 ####|+353 20 912 ####", "NZ": "021 000 00##|+64 3 000 0###", "ZA": "+27 82 000 0###|021 000 0###",
    "IN": "+91 90000 00###|98300-00###|080 0000 0###", "NG": "+234 803 000 0###|0805 000 00##", "KE": "+254 712 000 ###|0720 000 ###",
    "DE": "0171 3920###|+49 171 39200##|030 23125 ###|069 90009 ###|(0221) 4710-###|+49 40 66969-###|089/99998-###",
    "AT": "+43 1 000 00##|0664 000 00 ##", "CH": "079 000 00 ##|+41 44 000 0# ##", "NL": "06 0000 0###|+31 (0)6 000 00 0##|010-000 0###",
    "FR": "06 39 98 ## ##|+33 6 39 98 ## ##|01 99 00 ## ##|02.61.91.##.##", "BE": "0470 00 00 ##|+32 3 000 0# ##",
    "ES": "+34 600 000 ###|622 00 00 ##|95 000 00 ##", "IT": "+39 340 000 0###|06 0000 0###|333 000 00##", "PL": "+48 500 000 ###|22 000 00 ##|601 000 0##",
    "PT": "+351 91 000 0###|22 000 00##", "SE": "070-174 06 ##|+46 8 465 004 ##", "BR": "+55 (11) 90000-0###|(21) 90000-00##",
    "MX": "+52 55 0000 0###|33 0000 00##",
}  # fmt: skip


def phone(r: random.Random, land):
    return fill(r, r.choice(PHONES[land].split("|"))) if land in PHONES else seven.phone(r, land)
