"""Who logs in, by the lines of a log: accounts are called after their owners."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import is_english, read_classes, read_lexicon

from .capitals import name_evidence, words_of

_LINE = re.compile(
    r"(?i)\b(?:accepted|failed|publickey|password|session|login|logged|authenticated|authentication|user|peer|su|sudo|uid)\b[^\n]{0,40}?"
    r"\b(?:for|user|by)[ =]\"?(?P<who>(?-i:[^\W\d_][^\W_]{2,}(?:[._ -][^\W\d_]+)?))\"?(?= (?:from|by|on|logged|assigned|port|via|at)\b)"
)


# 203.0.113.4 - asanka [09/Apr/2026:18:12:56; /home/zeritu; C:\\Users\\Ann; <lindsay> ta; *** lindsay has quit
_ACCESS = re.compile(r"(?m)^[\da-fA-F.:]{7,45} \S+ (?P<who>[a-z][a-z.-]{1,24}) \[\d")
_HOME = re.compile(r"(?:/home/|/Users/|[A-Z]:\\Users\\)(?P<who>[A-Za-z][A-Za-z._-]{2,24})(?![\w@])")
_CHANNEL = re.compile(
    r"(?m)^(?:\[?\d{1,2}:\d{2}(?::\d{2})?\]? )?(?:<[@+~&%]?(?P<who>[A-Za-z][A-Za-z]{2,18})> \S|"
    r"(?:\*{2,3}|-!-|-->|<--) (?P<joined>[A-Za-z][A-Za-z]{2,18}) (?:\([^)\n]{3,60}\) |\[[^\]\n]{3,60}\] )?(?:has )?(?:joined|left|quit|parted|is now))"
)
# u/niamh on a board; // TODO(anoop): ...; anoop commented: a task's owner and who writes on it.
_MEMBER = re.compile(r"(?<![\w/])/?u/(?P<who>[A-Za-z][A-Za-z_-]{2,20})(?![\w/])")
_TASK = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|NOTE|REVIEW)\((?P<who>[a-z][a-z._-]{1,20})\)")
_WROTE = re.compile(
    r"(?m)^[ \t>*-]*@?(?P<who>[a-z][a-z._-]{1,20}(?: [a-z]{2,14})?) (?:commented|wrote|said|replied|posted|opened|closed|merged|reviewed|approved|"
    r"pushed|reacted|edited|changed|created|requested|reported|asked|answered|joined|uploaded|shared|pinned|renamed|assigned|committed)\b(?=[^\n]{0,48}$)"
)
_LEAST_IN_CHANNEL = 2
_PEER = re.compile(
    r"(?<![\w/.@-])(?P<who>[a-z]{3,18})/(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}):\d{2,5}"
)
_ACCOUNT = re.compile(r"[a-z]{2,}(?:[._-][a-z]{1,}){0,2}")


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Accounts that are no machine's and no everyday word."""
    lexicon = read_lexicon()
    for hit in _LINE.finditer(text):
        low = hit["who"].lower()
        words = words_of(low.replace(".", " ").replace("_", " "))
        if low in read_classes("nobodies.txt")["account"] or not words:
            continue
        if any(name_evidence(lexicon, word) or not is_english(word.lower) for word in words):
            yield Found(*hit.span("who"), "PERSON", 0.65, "logins", "who logs in")
    for hit in _WROTE.finditer(text):
        low = hit["who"].replace(" ", ".")
        words = words_of(low.replace(".", " "))
        named = all(name_evidence(lexicon, word) for word in words)
        if is_an_account(low) and (named or (len(words) == 1 and not is_english(low))):
            yield Found(*hit.span("who"), "PERSON", 0.65, "logins", "who writes on a task")
    for pattern in (_ACCESS, _HOME, _PEER, _MEMBER, _TASK):
        for hit in pattern.finditer(text):
            if is_an_account(hit["who"]):
                yield Found(*hit.span("who"), "PERSON", 0.65, "logins", "whose account it is")
    spoken = list(_CHANNEL.finditer(text))
    if len(spoken) >= _LEAST_IN_CHANNEL:
        for hit in spoken:
            side = "who" if hit["who"] else "joined"
            if is_an_account(hit[side]):
                yield Found(*hit.span(side), "PERSON", 0.65, "logins", "who is in a channel")


_NOT_PERSONS = frozenset(("shared", "public", "default", "user", "users", "app", "deploy", "runner", "web", "media", "bot", "server", "client"))  # fmt: skip


def is_an_account(said: str) -> bool:
    """Whether an account may be called after somebody: by a list of names, or no English word."""
    low = said.lower()
    if not _ACCOUNT.fullmatch(low):
        return False
    if low in read_classes("nobodies.txt")["account"] | _NOT_PERSONS or low.endswith("bot"):
        return False
    words = words_of(low.replace(".", " ").replace("_", " ").replace("-", " "))
    lexicon = read_lexicon()
    return any(name_evidence(lexicon, word) or not is_english(word.lower) for word in words)
