"""Postal addresses of many countries: a street with its number, and the place and code behind it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import read_lexicon

_C = r"[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĪİĮŁŃŇŌŐŒŘŚŞŠŢŤŪŮŰŹŻŽ]"
_W = rf"(?:(?:St|Ste|Sta|Sto|Dr|Mt|Ft|Gen|Prof|Col|{_C})\.|{_C}[^\W\d_]*(?:['’.-][^\W\d_]+)*)"  # a capitalised word
_S = r"[ \u00a0]"
_NO = r"\d{1,5}(?:[ -]?[A-Za-z]\b)?(?:[-–/]\d{1,5}[A-Za-z]?)?(?:(?<=[A-Z]) \d{1,3}\b(?!\d))?"
_ORD = r"\d{1,3}(?:st|nd|rd|th)"

_ENGLISH = (
    r"(?:Street|Str?|Road|Rd|Avenue|Ave?|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Square|Sq|Terrace|Terr?|Way|Close|"
    r"Crescent|Cres|Gardens|Gdns|Grove|Mews|Parade|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Row|Walk|Quay|Trail|Trl|Loop|"
    r"Alley|Wharf|Rise|View|Vale|Green|Hill|Park|Broadway|Esplanade|Embankment|Path|Pike|Plaza|Point|Ridge|Run|"
    r"Heights|Meadows?|Bend|Crossing|Expressway|Link|Marg|Nagar|Salai|Jalan|Soi)\b\.?"
)
_UNIT = (
    r"(?:(?:Apt|Apartment|Unit|Suite|Ste|Flat|Room|Rm|Floor|Fl|Level|Block|Blk|Bldg|Building|House|Plot|Door|Villa|Shop|Tower|"
    r"P\.? ?O\.? ?Box|Lot|Bât\.?|Appt\.?|Piso|Apto\.?|Depto\.?|Int\.?|Ap\.|Et\.?)"
    rf"\.?{_S}?(?:No\.?{_S}?)?#?[A-Z0-9][A-Z0-9/-]{{0,5}}|#{_S}?\d[\w-]{{0,6}}|\d{{1,2}}[ºª°](?:{_S}?[A-Z]\b|{_S}(?:izq|dcha)\.?)?|(?:Road|Sector|Phase|Block|Ward){_S}(?:No\.?{_S}?)?\d{{1,3}})"
)
_PRE = rf"(?:{_UNIT},?{_S})?"
_STREETS = (
    # 221B Baker Street; 14 St. James's Sq; 350 5th Avenue; 12 N. Elm St
    rf"{_PRE}{_NO},?{_S}(?:(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\.?{_S})?(?:(?:{_ORD}|{_W}|of|the|and){_S}){{0,4}}?(?:{_ORD}|{_W}){_S}{_ENGLISH}(?:{_S}(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\b\.?)?",
    # Baker Street 221B
    rf"(?:{_W}{_S}){{1,3}}{_ENGLISH},?{_S}(?:No\.?{_S}?)?{_NO}\b(?!{_S}?(?:am|pm|:))",
    # Hauptstraße 5; Am Markt 3; Lange Gasse 12; Kungsgatan 4; Keizersgracht 174; Storgata 10
    rf"(?:(?:Alte|Neue|Große|Kleine|Lange|Obere|Untere|Hohe|Am|An|Im|In|Zum|Zur|Unter|Auf|Bei|"
    rf"der|den|dem|Van|van|de|"
    rf"het){_S}){{0,3}}{_C}[^\W\d_]*(?:[ -]{_C}[^\W\d_]+)*(?<=[^\W\d_])?"
    rf"(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|steig|markt|hof|berg|park|straat|laan|plein|gracht|kade|dijk|singel|steeg|dreef|"
    rf"gatan|vägen|gränd|torg|gade|vej|allé|vænget|gata|gate|veien|vegen|vei|plass|katu|tie|kuja|polku|tänav|iela|gatvė|utca|út|tér|körút)"
    rf"{_S}(?:Nr\.?{_S}?)?{_NO}",
    rf"(?:Am|An der|Im|Zum|Zur|Unter den|Auf der|In der){_S}{_W}{_S}\d{{1,4}}[a-z]?\b",
    rf"(?:{_W}{_S}){{1,2}}(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer|Straat|Laan|Plein|Gracht|Kade|utca|út|tér|körút|Katu|Gatan|Gata|Gate){_S}{_NO}",
    # 14 bis rue de Rivoli, 8, avenue Foch
    rf"{_NO}(?:{_S}(?:bis|ter))?,?{_S}(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Bb]d|[Pp]lace|[Cc]hemin|[Aa]llée|[Ii]mpasse|[Qq]uai|[Cc]ours|[Rr]oute|[Ss]quare|[Pp]assage|[Vv]illa){_S}(?:(?:des|de|du|les|la|le|l['’]|d['’]|{_W}){_S}?){{1,6}}",
    # Calle de Alcalá, 42; Via Roma 12; Rua Augusta 100; Av. Paulista, 1578
    rf"(?:Calle|C/|Cl\.|Avenida|Avda\.?|Av\.?|Plaza|Pza\.?|Paseo|Pº|Carrera|Cra\.?|Camino|Ronda|Travesía|Via|Viale|V\.le|Piazza|P\.za|Corso|Largo|Vicolo|Strada|Rua|R\.|Travessa|Praça|Alameda|Estrada|Rodovia|"
    rf"Jalan|Jl\.?|Jln\.?|Lorong|Gang|Ulica|ul\.|al\.|pl\.|os\.|Ulitsa|Prospekt|Strada|Str\.|"
    rf"Bulevardul|Bd\.|bul\.|Calea|Odos|Leoforos|Carrer|Rambla|Gran Vía|Rue|Avenue|"
    rf"Boulevard){_S}"
    rf"(?:(?:della|delle|dei|del|de|di|das|da|dos|do|las|los|la|el|y|e|i|{_W}|\d{{1,2}}(?!\d|"
    rf"[ºª])){_S}?){{1,6}},?{_S}?(?:[Nn]\.?[ºo°]?\.?{_S}?|No\.?{_S}?|#{_S}?|"
    rf"n[úu]m\.?{_S}?)?\d{{1,5}}(?![ºª\d])(?:[ -]?[A-Za-z]\b)?(?:{_S}?[/-]{_S}?\d{{1,4}}[A-Za-z]?)*",
    # Atatürk Caddesi No: 12, Bağdat Cad. 5/3
    rf"(?:{_W}{_S}){{1,3}}(?:Caddesi|Cad\.|Cd\.|Sokak|Sokağı|Sok\.|Sk\.|Mahallesi|Mah\.|Bulvarı|Blv\.),?(?:{_S}(?:{_W}{_S}){{0,2}}(?:Caddesi|Cad\.|Sokak|Sok\.|Sk\.))?{_S}?(?:No\.?:?{_S}?)?\d{{1,4}}(?:/\d+)?",
    # 1-2-3 Shibuya; 3 Chome-5-1 Nishishinjuku
    rf"\d{{1,3}}(?:-[Cc]home)?-\d{{1,3}}(?:-\d{{1,3}})?,?{_S}{_W}(?:-(?:ku|shi|cho|machi|dori))?",
    rf"{_W}{_S}\d{{1,2}}-(?:chome{_S}?-?)?\d{{1,3}}-\d{{1,3}}\b",
    # 25, Teheran-ro; 123 Sejong-daero; No. 88 Nanjing West Road; Flat 12B, Sector 21
    rf"\d{{1,5}},?{_S}{_W}(?:-ro|-gil|-daero)\b",
    rf"{_W}(?:-ro|-gil|-daero){_S}\d{{1,4}}\b",
    rf"No\.?{_S}?\d{{1,5}},?{_S}(?:(?:{_W}|{_ORD}){_S}){{1,4}}{_ENGLISH}",
    rf"{_UNIT},{_S}(?:(?:{_UNIT}|{_W}|{_ORD}|\d{{1,4}}|of|and),?{_S}){{0,5}}(?:{_UNIT}|{_W})",
    rf"[A-Z]-?\d{{1,4}},{_S}(?:Sector|Block|Phase){_S}\d{{1,3}}",
    rf"P\.?{_S}?O\.?{_S}?(?:Box|BOX){_S}\d{{1,6}}",
    rf"\d{{1,4}}(?:/\d{{1,4}})?{_S}(?:Moo{_S}\d+,?{_S})?(?:(?:{_W}|\d{{1,3}}){_S})?(?:Soi|Thanon|Jalan|Lorong|Đường|Phố|Ngõ|Hẻm|Duong|Pho){_S}(?:(?:{_W}|\d{{1,3}}){_S}?){{1,3}}",
)  # fmt: skip
_POSTCODE = (
    r"(?:[A-Z]{1,2}\d[A-Z\d]?[ ]?\d[A-Z]{2}\b|[A-Z]\d[A-Z][ -]?\d[A-Z]\d\b|\d{4}[ ]?[A-Z]{2}\b|"
    r"(?:[A-Z]{1,2}-)?\d{5}(?:-\d{3,4})?\b|\d{3}[ -]\d{2,4}\b|"
    r"\d{2}-\d{3}\b|\d{4}-\d{3}\b|〒?\d{3}-\d{4}\b|(?:[A-Z]{1,3}-)?\d{4,6}\b|[A-Z]\d{4}(?:[A-Z]{3})?\b)"
)
_P = rf"(?:St\.|{_C}[^\W\d_]+(?:['’-][^\W\d_]+)*)(?![\w])"  # a word of a place's name
_PLACE = rf"(?:(?:{_P}|de|del|da|do|of|la|le|den|upon|am|an|der|sur|{_ORD}){_S}){{0,4}}{_P}"
_TAIL_STEP = re.compile(
    rf"(?:,{_S}?(?:\n{_S}*)?|{_S}[-–]{_S}|\n{_S}*|{_S})(?:{_UNIT}|(?P<code>{_POSTCODE})(?:{_S}(?:{_PLACE}))?|(?P<place>{_PLACE})(?:,?{_S}(?P<after>{_POSTCODE}))?)"
)
_CLOSED = re.compile(r"\s*(?:[,.;)\n]|$)")
_CODE_PLACE = re.compile(
    rf"(?<![\w-])(?:(?:[A-Z]-)?\d{{5}}|\d{{4}}[ ]?[A-Z]{{2}}|\d{{2}}-\d{{3}}|\d{{4}}-\d{{3}}|"
    rf"\d{{3}} \d{{2}}){_S}(?P<city>{_W}(?:{_S}{_W})?)"
)
_UK_CODE = re.compile(
    r"(?<![\w-])(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKPSTUW]|"
    r"[A-HK-Y]\d[ABEHMNPRV-Y]) ?\d[ABD-HJLNP-UW-Z]{2})(?!\w)"
)
_STATE_CODE = re.compile(
    rf"(?:{_W}(?:{_S}{_W}){{0,2}},{_S})?(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]){_S}\d{{5}}(?:-\d{{4}})?\b"
)


@functools.cache
def _street() -> re.Pattern[str]:
    return re.compile("|".join(rf"(?:(?<![\w./-]){form})" for form in _STREETS))


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Streets with what belongs to them, and codes with their places where no street stands."""
    for hit in _street().finditer(text):
        end = _with_tail(text, hit.end())
        yield Found(hit.start(), end, "ADDRESS", 0.85, "addresses", "the form of an address")
    for hit in _UK_CODE.finditer(text):
        yield Found(hit.start(), hit.end(), "ADDRESS", 0.7, "addresses", "a postcode")
    for hit in _STATE_CODE.finditer(text):
        yield Found(hit.start(), hit.end(), "ADDRESS", 0.7, "addresses", "a state and its code")
    for hit in _CODE_PLACE.finditer(text):
        if hit["city"] in read_lexicon().places:
            yield Found(hit.start(), hit.end(), "ADDRESS", 0.7, "addresses", "a code and its place")


def _with_tail(text: str, end: int) -> int:
    """Where the address ends: units, codes and places may follow, by commas or in the next line.

    What follows without a comma must be a code; in a new line a code or a known place.
    """
    places = read_lexicon().places
    for _ in range(6):
        hit = _TAIL_STEP.match(text, end)
        if not hit:
            break
        comma, place = hit.group().startswith(","), hit["place"]
        known = bool(place) and (place in places or bool(hit["after"]))
        if place and not known and (not comma or _sentence_goes_on(text, hit.end(), place)):
            break
        bare = bool(hit["code"]) and not comma and not hit.group().startswith("\n")
        short = bare and hit["code"].isdigit() and len(hit["code"]) < 5
        if short and not _CLOSED.match(text, hit.end("code")):
            break
        end = hit.end()
    return _with_block(text, end)


_BLOCK_LINE = re.compile(
    rf",?{_S}*\n[ \t>]*(?P<line>(?:{_UNIT}|{_POSTCODE}|{_P}|{_C}{{2,}}|de|del|da|do|of|la|le|den|upon|am|an|der|sur|\d{{1,6}})"
    rf"(?:[ ,.\u00a0-]+(?:{_UNIT}|{_POSTCODE}|{_P}|{_C}{{2,}}|de|del|da|do|of|la|le|den|upon|am|an|der|sur|\d{{1,6}})){{0,5}})[ \t,.]*(?=\n|$)"
)


def _with_block(text: str, end: int) -> int:
    """The further lines of an address that stands in lines of its own: no label, no prose."""
    for _ in range(4):
        hit = _BLOCK_LINE.match(text, end)
        if not hit or hit["line"].split()[0].strip(",.").lower() in read_lexicon().no_names:
            break
        end = hit.end("line")
    return end


def _sentence_goes_on(text: str, end: int, place: str) -> bool:
    """Whether capitals behind a comma are the subject of what follows rather than a place."""
    return (
        bool(re.match(r"\s+[a-z]", text[end : end + 8]))
        or place.split()[0].lower() in read_lexicon().no_names
    )
