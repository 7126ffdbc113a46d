"""Who signs: initials under a note, and one name on a line of its own at a message's end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import read_classes, read_lexicon, read_surroundings

from .capitals import name_evidence, words_of

_INITIALS = r"(?P<who>(?-i:[A-ZÀ-ÖØ-Þ]{2,3}|(?:[A-ZÀ-ÖØ-Þ]\.){2,3}))"
_SIGNED = re.compile(
    rf"(?:\b(?:signed(?: off)?|initials?|initialled|passed(?: on)? to|handed(?: over)? to|agent|clerk|operator|"
    rf"approved by|checked by|seen by|taken by|entered by|typed by|logged by|completed by|witnessed by|counted by|done by|seen|received by|collected by|issued by|served by|read by|filled in by|filed by|action by|reviewed by|prepared by|requested by|handled by|noted by|recorded by|verified by|reported by|examined by|drafted by|written by|updated by|authori[sz]ed by|closed by|opened by|scanned by|packed by|picked by|measured by|assessed by|interviewed by|dispensed by|administered by|transcribed by|dispensed|approved|analyst|assessor|reviewer|author|examiner|interviewer|scribe|preparer|approver|adviser|advisor|asst|assistant|mgr|cashier|server|initialled by)"
    rf"[ \t]*[:.-]?[ \t]+|\b(?:support|agent|staff|nurse|clerk|helpdesk|operator|reception|duty) ?\()"
    rf"{_INITIALS}(?=[ \t]*(?:$|[\n,.;:)])| (?:on |at )?\d{{1,2}}(?:[:./ -]\d|(?:st|nd|rd|th)? (?-i:[A-Z])[a-z]+))",
    re.IGNORECASE,
)
# Who is to do something: GD to follow up.
_TO_DO = re.compile(
    r"(?:^|[\n;.:,•]|[-–] ?)[ \t]*(?P<who>[A-Z]{2}) (?:to|will) (?:follow|write|call|ring|phone|check|send|ask|chase|do|email|mail|book|bill|"
    r"update|speak|talk|draft|order|fix|review|contact|arrange|report|bring|look|find|get|pay|sign|visit|let|take|make|confirm)\b"
)
# A line of initials alone, or initials behind the last sentence of a note.
_ALONE = re.compile(rf"(?m)^[ \t>]*[-–—]?[ \t]*{_INITIALS}[ \t]*$")
# Several pairs of initials in one line: GG   BG   DG.
# (In a line of capitals all but the first may have been made small.)
_PAIR = r"(?:[A-ZÀ-Þ]{2,3}|[A-ZÀ-Þ][a-zß-ÿ])"
_SEVERAL = re.compile(rf"(?m)^[ \t]*{_PAIR}(?:(?: {{2,}}|\t+){_PAIR}){{1,5}}[ \t]*$")
# Behind a dash at a note's end: ... comes at 8:15. – MB
_DASHED = re.compile(rf"(?m)[^\n]{{12,}}[.!?)] ?[-–—] ?{_INITIALS}[ \t]*$")
_BOTH = re.compile(r"(?m)^[ \t]*(?P<one>[A-ZÀ-Þ]{2,3}) ?/ ?(?P<two>[A-ZÀ-Þ]{2,3})[ \t]*$")
_BEHIND = re.compile(rf"(?m)[.!?)] {_INITIALS}(?:, \d[^\n]{{0,20}})?[ \t]*$")
# Numbered rows of a study, each of somebody: 2  M.T.  1985-05-04
_SCREENED = re.compile(
    r"(?m)^[ \t]*[A-Z]{0,3}-?\d{1,4}[.)]?(?:[ \t]{1,4}|[,;|])(?P<who>[A-ZÀ-ÞĀ-Ž]{2,3}|(?:[A-ZÀ-ÞĀ-Ž]\.){2,3})(?:[ \t]+|[,;|])(?=\d{1,4}[-/.]\d{1,2}[-/.]\d|\d{1,2} [A-Z][a-z]{2})"
)
_LEAST_SCREENED = 2
_NAME = re.compile(r"(?m)^[ \t>]*(?P<who>[^\W\d_a-zß-ÿ][^\W\d_]+(?:[-'’][^\W\d_]+)?)[ \t]*$")
_CLOSING = re.compile(
    r"(?i)(?:best|regards|wishes|thanks|thank you|love|cheers|sincerely|faithfully|yours|xx?|ta|soon|care|warmly|bye)[ ,.!x]*$"
)
_SHORT_LINE = 52
_MOST_LINES_BELOW = 4


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Initials that sign, and a name alone where a message ends."""
    nobodies = read_classes("nobodies.txt")
    for hit in _SIGNED.finditer(text):
        if _flat(hit["who"]) not in nobodies["team"]:
            yield Found(*hit.span("who"), "PERSON", 0.7, "signatures", "initials that sign")
    for hit in _TO_DO.finditer(text):
        if _flat(hit["who"]) not in nobodies["team"] | nobodies["initials"]:
            yield Found(
                *hit.span("who"), "PERSON", 0.65, "signatures", "initials of who has to do it"
            )
    for pattern in (_ALONE, _BEHIND):
        for hit in pattern.finditer(text):
            shouted = text[max(0, hit.start() - 40) : hit.start()].isupper()
            nobody = nobodies["mark" if pattern is _ALONE else "initials"]
            if _flat(hit["who"]) in nobody or shouted or not _ends_here(text, hit.end()):
                continue
            if pattern is _ALONE and not _begins_here(text, hit.start()):
                continue
            yield Found(*hit.span("who"), "PERSON", 0.6, "signatures", "initials under a note")
    for hit in _DASHED.finditer(text):
        if _flat(hit["who"]) not in nobodies["initials"] and _ends_here(text, hit.end()):
            yield Found(*hit.span("who"), "PERSON", 0.6, "signatures", "initials under a note")
    screened = list(_SCREENED.finditer(text))
    for hit in screened if len(screened) >= _LEAST_SCREENED else ():
        yield Found(*hit.span("who"), "PERSON", 0.65, "signatures", "initials of who is studied")
    for hit in _SEVERAL.finditer(text):
        initials = list(re.finditer(_PAIR, hit.group()))
        if _begins_here(text, hit.start()) and not any(
            each.group().lower() in nobodies["initials"] for each in initials
        ):
            for each in initials:
                start = hit.start() + each.start()
                yield Found(start, start + len(each.group()), "PERSON", 0.6, "signatures",
                            "initials under a note")  # fmt: skip
    for hit in _BOTH.finditer(text):
        if _ends_here(text, hit.end()):
            for side in ("one", "two"):
                yield Found(*hit.span(side), "PERSON", 0.6, "signatures", "initials under a note")
    for hit in _NAME.finditer(text):
        if (
            _may_sign(hit["who"])
            and _begins_here(text, hit.start())
            and _ends_here(text, hit.end())
        ):
            yield Found(*hit.span("who"), "PERSON", 0.6, "signatures", "a name under a message")


def _flat(initials: str) -> str:
    return initials.replace(".", "").lower()


def _may_sign(said: str) -> bool:
    low, lexicon = said.lower(), read_lexicon()
    if _CLOSING.fullmatch(low) or low in {"kind", "many", "warm", "all"}:
        return False
    around = read_surroundings()
    if low in around["other_label"] | around["name_label"] | around["event"]:
        return False
    return bool(name_evidence(lexicon, words_of(said)[0])) and low not in {"may", "will", "march"}


def _begins_here(text: str, start: int) -> bool:
    """Whether a blank line or a closing stands over a line, and something before that."""
    above = text[:start].rstrip(" \t").split("\n")
    if len(above) < 2:
        return False
    line = above[-2].strip(" >\t")
    return bool(_CLOSING.search(line)) or (not line and any(each.strip() for each in above[:-2]))


def _ends_here(text: str, end: int) -> bool:
    """Whether only a few short lines follow before a blank one, a reply or the text's end."""
    below = text[end:].lstrip(" \t").split("\n")[1:]
    for count, line in enumerate(below):
        if not line.strip(" >\t") or re.match(r"[ \t>]*(?:-{3,}|_{3,}|On |From:|>)", line):
            return True
        if count >= _MOST_LINES_BELOW or len(line) > _SHORT_LINE or line.rstrip().endswith(":"):
            return False
    return True
