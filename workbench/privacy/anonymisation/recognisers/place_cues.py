"""Words that lead to where somebody lives, comes from or goes."""

from __future__ import annotations

import re

_TO = r"\b(?:in|to|from|at|near|of|outside|around|for|via|into|through|towards?|by)\s+(?:the\s+)?"
_LIVING = (
    r"(?:liv(?:e|es|ed|ing)|resid(?:e|es|ed|ing|ent|ence|ents)|born|birth|based|stay\w*|hometown|home|grew up|grown up|raised|"
    r"brought up|settled|settle|remains?|remained|native|house|flat|apartment|room|alone|parents|family|husband|wife|son|daughter|"
    r"brother|sister|mother|father|mum|mom|dad|aunt|uncle|cousin|nephew|niece|friend|widow|retired|buried|married|baptised|christened|"
    r"schooled|educated|studied|studies|studying|works?|worked|working|winter|summer|weeks?|months?|years?|still|now|currently|again|there|away)"
)
_MOVING = (
    r"(?:mov(?:e|es|ed|ing)|relocat\w+|fl[iy]es?|flew|flying|flown|travel\w*|going|go|goes|went|gone|visit\w*|return\w*|head(?:ing|ed|s)?|back|"
    r"arriv\w+|land(?:ed|ing|s)|drove|drive\w*|driving|driven|commut\w+|destination|holiday|trip|way|transferred|emigrated|immigrated|"
    r"fled|left|leaves?|leaving|came|come|comes|coming|over|down|up|pick ?up|off|travelled|sailed|walked|cycled|posted|sent|seconded|"
    r"evacuated|deported|invited|due|treated|seen|met)"
)
LIVES = re.compile(rf"\b{_LIVING}\b[^.;:\n\d]{{0,28}}{_TO}$", re.I)
MOVES = re.compile(
    rf"\b{_MOVING}\b[^.;:\n\d]{{0,28}}(?:{_TO}|\bleft\s+|\bvisit\w*\s+|\breach\w*\s+)$", re.I
)
COMES = re.compile(
    r"\b(?:originally|native|national|nationals?|citizen|citizenship|nationality|passport|daughter|son|people|woman|man|boy|girl|lady|"
    r"gentleman|person|someone|anyone|anybody|nurse|doctor|student|refugee|migrant|visitor|tourist|couple|family|is|am|are|was|i'm|she's|he's)"
    r"\s+(?:of|from|back in|out of)\s+(?:the\s+)?$",
    re.I,
)
LABELLED = re.compile(
    r"(?:\b(?:city|town|village|country|state|county|province|region|location|place(?: of (?:birth|residence))?|birthplace|address(?: given)?|"
    r"residence|hometown|destination|origin|lives|where|nationality(?: doc)?|born(?: in)?|citizen(?: of)?|issued (?:in|by|at)|state of|"
    r"from|to|ship to|home|domicile|parish|district|abode|lieu|ort|ciudad|ville)[\"']?\s*(?:[:=|,>]|->|  +)\s*[\"']?(?:near )?"
    r"|\b(?:address(?: is| was| given)?|birthplace|place of birth|hometown|nationality|citizenship|domicile)\s{1,4}"
    r"|\bborn\b[^;\n]{0,40}(?:\b(?:in|at)\s+|,\s+)|(?:\bb\.|\bborn\b|\*)[^;\n]{3,28}\d{2},?\s+)$",
    re.I,
)
MAYBE = re.compile(
    r"\b(?:from|in|near|to|outside|around|via|leaving|reach(?:ed|ing)?|at|of)\s+(?:the (?:old one in )?)?$",
    re.I,
)
# Asked by one, told by another.
ASKED = re.compile(
    r"\b(?:born|from|live|living|come|grow up|grew up|based|where)\b[^\n?]{0,60}\?\s*\n[^\n]{0,32}\b(?:in|from|at|near)\s$",
    re.I,
)
# Behind these a place of the lists is somebody's, whatever else is said.
SURE = re.compile(
    r"(?:\b(?:liv(?:e|es|ed|ing)|resid(?:e|es|ed|ing|ent|ence)|born|birth|based|mov(?:e|es|ed|ing)|relocat\w+|stay\w*|hometown|home|"
    r"grew up|raised|comes?|came|originally|native|national|citizen|flying|fl[iy]es?|flew|flown|landed|travel\w*|going|go|goes|went|"
    r"visit\w*|return\w*|heading|back|settled|arriv\w+|drove|driving|commut\w+|destination|holiday|trip|transferred|emigrated|remains|"
    r"parents|family|house|flat|apartment|alone|anyone|somebody|someone|schooled|studied|treated)\b"
    r"[^.;:\n\d]{0,24}\b(?:in|to|from|at|near|of|outside|around|via)\s+(?:the\s+)?|"
    r"\b(?:birthplace|place of birth|hometown|nationality|citizenship|domicile|address(?: is| was| given)?)[\"']?[\s:=|\"']{1,6}(?:near )?|"
    r"(?:\b(?:he|she|they|who|i|we|you)(?: is| are| am| was| were|['’](?:s|m|re))|(?-i:[A-Z][\w'’-]+) (?:is|was)) (?:still |now |currently |back |away |out )?in\s+|"
    r"\b(?:lives|lived|resides|resided)\s+|\b[2-9] PLAC |\bfrom (?:sunny|rainy|lovely|beautiful|wet|windy|snowy|cold|hot)\s+|"
    r"\b(?:sworn|executed|notari[sz]ed|affirmed|solemni[sz]ed|cremated|interred|buried|baptised|baptized|christened|confirmed|wed|enrolled|conscripted|naturali[sz]ed|last seen)(?: by \w+)? (?:at|in)\s+|\b(?:[Aa]rriving|ARRIVING) (?:in |at )?|"
    r"\bborn\b[^;\n]{0,32}\b(?:in|at)\s+|\bborn\b[^?\n]{0,40}\?\s*\n[^\n]{0,32}\b[Ii]n\s+)$",
    re.I,
)
