"""Look at a built site as a reader without a network: links that lead nowhere, loads from outside.

    python tools/docs_check.py site

An ordinary ``<a href>`` to the web is fine. Whatever a page *loads* (scripts, styles, pictures,
fonts, frames) has to lie in the site.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

LOADING_ATTRIBUTES = {"src", "srcset", "poster", "data", "background", "xlink:href", "imagesrcset"}
LOADING_HREF = {"image", "use", "feimage"}
# `rel` words of <link> after which a browser asks for the address by itself.
LOADING_RELS = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "manifest",
                "dns-prefetch", "preconnect", "apple-touch-icon", "mask-icon"}  # fmt: skip
# An address of a srcset goes up to white space, and may have commas inside.
SRCSET = re.compile(r"([^\s,]\S*[^\s,])(?:\s+[\d.]+[wxh])*\s*(?:,|$)")
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.S)
CSS_LOAD = re.compile(r"""@import\s+["']([^"']+)["']|url\(\s*["']?([^"')]+?)["']?\s*\)""", re.I)
# A script's own way to load: import "...", importScripts("..."), fetch("..."), x.src = "...".
SCRIPT_LOAD = re.compile(
    r"""(?:\bimport\s*\(?|\bfrom|importScripts\(|\bfetch\(|\.open\(\s*["']\w+["']\s*,|\.src\s*=)"""
    r"""\s*["'`]((?:https?:)?//[^"'`]+)""",
    re.I,
)


@dataclass
class Page:
    """What a page names: the places in it, where its links lead, what it loads."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Fills a page from its HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._inside = tag
        self.page.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        for name, value in given.items():
            if name in LOADING_ATTRIBUTES and not (name == "data" and tag != "object"):
                several = SRCSET.findall(value) if "srcset" in name else value.split()[:1]
                self.page.loads += several
        self.page.loads += css_loads(given.get("style", ""))
        if "href" in given:
            self._href(tag, given)
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.page.links += re.findall(r"url=(\S+)", given.get("content", ""), re.I)

    def _href(self, tag: str, given: dict[str, str]) -> None:
        loads = tag in LOADING_HREF or (
            tag == "link" and LOADING_RELS & set(given.get("rel", "").lower().split())
        )
        if tag == "base" or loads:
            self.page.loads.append(given["href"])
        else:
            self.page.links.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.page.loads += css_loads(data)
        elif self._inside == "script":
            self.page.loads += SCRIPT_LOAD.findall(data)


def css_loads(text: str) -> list[str]:
    """What a style sheet loads."""
    return [a or b for a, b in CSS_LOAD.findall(CSS_COMMENT.sub("", text))]


def read_page(text: str) -> Page:
    """Read one page."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.page


def is_outside(address: str) -> bool:
    """Whether an address leaves the site: another scheme than ``data:``, or a host."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in ("", "data", "blob", "about", "javascript")


def link_fault(site: Path, path: Path, link: str, pages: dict[Path, Page]) -> str | None:
    """What is wrong with a link of the page at ``path``, if it stays in the site."""
    if is_outside(link) or urlsplit(link).scheme:
        return None
    address, fragment = urldefrag(link)
    wanted = unquote(urlsplit(address).path)
    base = site if wanted.startswith("/") else path.parent
    target = (base / wanted.lstrip("/")).resolve() if wanted else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return f"leads nowhere: {link}"
    if fragment and target in pages and unquote(fragment) not in pages[target].anchors:
        return f"no such place in the page: {link}"
    return None


def site_faults(site: Path) -> list[str]:
    """Every fault of a site, one a line, with the page that it is in."""
    site = site.resolve()
    pages = {path: read_page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    found = [] if pages else [f"no page in {site}"]
    for path, page in pages.items():
        name = path.relative_to(site)
        for load in page.loads:
            if is_outside(load):
                found.append(f"{name}: loads from outside: {load}")
            elif fault := link_fault(site, path, load, {}):
                found.append(f"{name}: loads what is not there: {fault}")
        faults = [link_fault(site, path, link, pages) for link in dict.fromkeys(page.links)]
        found += [f"{name}: {fault}" for fault in faults if fault]
    for path in sorted([*site.rglob("*.css"), *site.rglob("*.js"), *site.rglob("*.svg")]):
        text = path.read_text("utf-8")
        loads = SCRIPT_LOAD.findall(text) if path.suffix == ".js" else css_loads(text)
        outside = [load for load in loads if is_outside(load)]
        found += [f"{path.relative_to(site)}: loads from outside: {load}" for load in outside]
    return found


if __name__ == "__main__":
    faults = site_faults(Path(sys.argv[1]))
    print("\n".join(faults) or "every link leads somewhere, and nothing is loaded from outside")
    sys.exit(1 if faults else 0)
