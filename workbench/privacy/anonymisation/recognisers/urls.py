"""Pages of persons: any address of the web, unless its host is known to be a public one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import is_english, read_lexicon

_ENDINGS = "com|org|net|info|io|me|dev|blog|name|page|site|online|app|co|uk|de|fr|es|it|nl|eu|ch|at|se|no|dk|fi|pl|in|cn|jp|br|au|ca|us|ng|ke|za"
_URL = re.compile(
    r"(?<![\w@.])(?:https?://(?:[\w.-]+)(?::\d+)?(?:/[^\s<>\"'\])}]*)?|www\.[\w.-]+(?:/[^\s<>\"'\])}]*)?|"
    rf"(?:[a-z0-9-]+\.)+(?:{_ENDINGS})\b(?:/[^\s<>\"'\])}}]*)?)",
    re.IGNORECASE,
)
# What belongs to states, schools, standards and the world's large public sites.
_PUBLIC = re.compile(
    r"(?:^|\.)(?:gov|mil|edu|int)(?:\.[a-z]{2})?$|\.(?:ac|nhs|police)\.[a-z]{2}$|gouv\.fr$|europa\.eu$|bund\.de$|"
    r"(?:^|\.)(?:who|un|oecd|nato|imf|worldbank|iso|ietf|rfc-editor|w3|ieee|acm|itu|unicode|icann|iana|arxiv|doi|"
    r"wikipedia|wikimedia|wikidata|archive|python|pypi|npmjs|debian|ubuntu|kernel|apache|mozilla|gnu|r-project|"
    r"postgresql|sqlite|stackoverflow|stackexchange|google|bing|microsoft|apple|amazon|openstreetmap|bbc|reuters|"
    r"nytimes|theguardian|nature|science|pubmed|cochrane|redcross|icrc|unicef|fifa|olympics)\.[a-z.]{2,6}$",
    re.IGNORECASE,
)
# Words of addresses that are services' and nobody's page: status., mx., /faq, /terms.
_SERVICE = frozenset(
    ("api", "app", "apps", "assets", "auth", "cdn", "ci", "dev", "dns", "docs", "download", "downloads", "faq", "faqs", "ftp", "git",
     "help", "imap", "img", "intranet", "legal", "login", "mail", "media", "mx", "news", "ns", "portal", "privacy", "proxy", "redirect", "relay",
     "returns", "rss", "sftp", "shop", "smtp", "ssh", "sso", "static", "status", "store", "support", "terms", "unsubscribe", "updates", "vpn", "webmail",
     "wiki", "index", "html", "htm", "php")
)  # fmt: skip
_PERSONS_PATH = re.compile(
    r"/(?:~|@|(?:in|u|user|users|people|person|profile|profiles|member|members|author|staff|team|cv)/)",
    re.I,
)
_CODE = re.compile(r"\.(?:py|js|md|sh|rs|go|ts|ps|pl|me|in|io|app)$", re.IGNORECASE)


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Addresses with or without a scheme; one without needs a path or a name's ending."""
    for hit in _URL.finditer(text):
        said = hit.group().rstrip(".,;:!?")
        host = re.sub(r"^https?://", "", said, flags=re.IGNORECASE).split("/")[0].split(":")[0]
        plain = not re.match(r"https?://|www\.", said, re.IGNORECASE) and "/" not in said
        if text[hit.end() : hit.end() + 1] == "@" or _PUBLIC.search(host):
            continue
        if plain and (_CODE.search(host) or host[:1].isupper()):
            continue
        if _is_of_a_service(said, host):
            continue
        yield Found(hit.start(), hit.start() + len(said), "URL", 0.7, "urls", "no public page")


def _is_of_a_service(said: str, host: str) -> bool:
    """Whether all words of an address are a service's or English, and none is on a list of names.

    The last two labels of a host say whose it is; alone, without a path, they stay a find.
    """
    if _PERSONS_PATH.search(said):
        return False
    first = [label for label in host.lower().split(".")[:-2] if label != "www"]
    path = said.partition(host)[2].lower()
    if (
        re.search(r"\.org\.[a-z]{2}$", host) and path
    ):  # a body of a country: its page, if it is called so
        first = []
    words = re.findall(r"[^\W\d_]{2,}", " ".join(first) + " " + path)
    lexicon = read_lexicon()
    return bool(words) and all(
        word in _SERVICE or (is_english(word) and not lexicon.is_name(word)) for word in words
    )
