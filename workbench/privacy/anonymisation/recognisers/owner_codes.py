"""Codes whose own letters say that somebody is numbered: EMP-0936, CUST005031, PT-290334."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading

_CODE = re.compile(
    r"(?<![\w/.-])(?:EMP|EMPL|HR|STAFF|STF|CUST|CST|CLT|CLIENT|CLI|PT|PAT|PTNT|MRN|TEN|TNT|VOL|LIB|MEM|MBR|MEMB|STU|STUD|"
    r"PUP|PUPIL|USR|USER|UID|DON|DNR|RES|GUEST|GST|PAX|APP|APPL|SUB|SUBJ|PID|CAND|BEN)[-/# ]?\d{3,9}[A-Z]?(?![\w]|[-/.]\d)"
)
# Behind these it is a place on a shelf, a form or a part.
_THING = re.compile(
    r"(?i)\b(?:form|part|model|version|room|shelf|sku|item|isbn|order|invoice|ticket|batch|serial|device|printer|server|"
    r"table|chapter|section|page|route|bus|flight|gate|platform|app)\W{0,3}(?:no\.?|number|#)?\W{0,2}$"
)


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Such codes, unless a thing's word leads to them."""
    for hit in _CODE.finditer(text):
        if not _THING.search(text, max(0, hit.start() - 28), hit.start()):
            yield Found(
                hit.start(), hit.end(), "ID", 0.6, "owner_codes", "its letters name an owner"
            )
