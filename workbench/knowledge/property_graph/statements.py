"""What may be asked: one statement of Cypher that reads.

That nothing is changed is the engine's doing (ladybug opens the file for reading, a server's
transaction is rolled back). But engines read and write *other* things even then: ladybug 0.22 in
read-only mode copies to files, loads from them and fetches extensions, and Neo4j's LOAD CSV reads
addresses. So a statement is also looked at before it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import AccessError, InputError, NotFoundError, list_names

from .protocol import Schema

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<quoted>`(?:[^`]|``)*`)
  | (?P<parameter>\$(?:\w+|`[^`]*`))
  | (?P<word>[^\W\d]\w*)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\[uU][0-9a-fA-F]{1,8}")
# What Neo4j's own library offers as functions, and reads or runs texts.
_CALLS_OUT = re.compile(r"(?i)(?:apoc\s*\.\s*(?:cypher|load)|genai)\s*\.")
_BEGINS = ("MATCH", "OPTIONAL", "WITH", "UNWIND", "RETURN", "CALL")
_CHANGES = frozenset((
    "CREATE", "MERGE", "SET", "DELETE", "REMOVE", "DROP", "ALTER", "FOREACH", "DETACH", "INSERT",
    "GRANT", "REVOKE", "DENY",
))  # fmt: skip
_REACHES = frozenset((
    "COPY", "LOAD", "EXPORT", "IMPORT", "INSTALL", "UNINSTALL", "UPDATE", "ATTACH", "USE",
    "CHECKPOINT", "BEGIN", "COMMIT", "ROLLBACK", "TRANSACTIONS", "EXTENSION", "PROJECT",
))  # fmt: skip
_OPENING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Token:
    """A piece of a statement; ``kind`` is a group of the pattern above."""

    kind: str
    text: str
    at: int


def check_statement(cypher: str, parameters: Mapping[str, Any], schema: Schema) -> str:
    """The statement as it is sent: without a semicolon at its end.

    Raises:
        AccessError: It would change something, or reach out of the graph.
        InputError: It is not one statement, or a parameter is missing or left over.
        NotFoundError: It names a label or a relation that is not there.
    """
    tokens = list(_tokens(cypher))
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    if not tokens:
        raise InputError("the query is empty", hint="MATCH (e:Entity) RETURN e.name LIMIT 10")
    if any(each.text == ";" for each in tokens):
        raise InputError("that is more than one statement", hint="ask one at a time")
    _check_words(cypher, tokens)
    _check_parameters(tokens, parameters)
    _check_names(tokens, schema)
    last = tokens[-1]
    return cypher[: last.at + len(last.text)]


def quoted(name: str) -> str:
    """A name of a label, a relation or a property as Cypher has it, whatever stands in it."""
    return "`" + name.replace("`", "``") + "`"


def _tokens(cypher: str) -> Iterator[Token]:
    if "\0" in cypher:
        raise InputError("the query has a NUL in it", hint="values go into parameters: $name")
    if escaped := _ESCAPE.search(cypher):
        # Neo4j reads them before all else: one can be a quote, or a letter of a clause.
        raise InputError(
            f"the query has the escape {escaped[0]} in it",
            hint="write the letter itself, or put the text into a parameter",
        )
    for found in _TOKEN.finditer(cypher):
        kind = found.lastgroup or "mark"
        if kind == "mark" and found[0] in "'\"`":
            raise InputError(
                f"what begins with {found[0]} at character {found.start() + 1} has no end",
                hint="a quote within a text is written \\'",
            )
        if kind == "mark" and cypher.startswith("/*", found.start()):
            raise InputError("a comment has no end", hint="*/")
        if kind != "space":
            yield Token(kind, found[0], found.start())


def _check_words(cypher: str, tokens: list[Token]) -> None:
    first = tokens[0].text.upper()
    for place, token in enumerate(tokens):
        word = token.text.upper()
        if token.kind != "word" or (place and tokens[place - 1].text in (".", ":", "|")):
            continue
        following = tokens[place + 1].text if place + 1 < len(tokens) else ""
        if following == ":" and place and tokens[place - 1].text in ("{", ","):
            continue  # a key of a map
        if word in _CHANGES:
            raise AccessError(
                f"{word} changes a graph, and this one is only read: it is made from documents",
                hint="change the documents, then workbench knowledge update NAME; "
                f"a name that is {word} is written `{token.text}`",
            )
        calls = word == "CALL" and following not in ("{", "(")
        calls = calls or _CALLS_OUT.match(cypher, token.at) is not None
        if word in _REACHES or calls:
            raise AccessError(
                f"{word} reaches beyond the graph, or into the engine",
                hint="workbench knowledge schema NAME shows labels, relations and properties; "
                f"a name that is {word} is written `{token.text}`",
            )
    if first not in _BEGINS:
        raise InputError(
            f"a query begins with {', '.join(_BEGINS[:-1])}, not with {tokens[0].text!r}",
            hint="MATCH (e:Entity)-[f]->(o:Entity) RETURN e.name, f.relation, o.name LIMIT 10",
        )


def _check_parameters(tokens: list[Token], parameters: Mapping[str, Any]) -> None:
    """Ladybug takes a parameter that was not given for null, and servers one too many for none."""
    asked = {each.text[1:].strip("`") for each in tokens if each.kind == "parameter"}
    missing, left = sorted(asked - set(parameters)), sorted(set(parameters) - asked)
    if missing:
        raise InputError(
            f"no value is given for {list_names(['$' + each for each in missing])}",
            hint=f"--parameter {missing[0]}=VALUE",
        )
    if left:
        known = ", ".join(sorted("$" + each for each in asked)) or "none"
        raise InputError(
            f"the query has no ${left[0]}; its parameters: {known}",
            hint=f"write ${left[0]} where the value belongs, without quotes",
        )


def _check_names(tokens: list[Token], schema: Schema) -> None:
    """Labels and relations that are not there: a server would give nothing, without a word."""
    for sort, token in _pattern_names(tokens):
        name = token.text
        if token.kind == "quoted":
            name = name[1:-1].replace("``", "`")
        known = schema.labels if sort == "label" else schema.relations
        if name not in known:
            raise NotFoundError.among(sort, name, known, hint="workbench knowledge schema NAME")


def _pattern_names(tokens: list[Token]) -> Iterable[tuple[str, Token]]:
    """The names after a colon in round brackets and, after a dash, in square ones."""
    open_: list[str] = []
    naming = named = False  # whether a name comes now, or came just now and may be followed by |
    for place, token in enumerate(tokens):
        before = tokens[place - 1].text if place else ""
        sort = {"(": "label", "-[": "relation"}.get(open_[-1] if open_ else "")
        if token.text in _OPENING:
            open_.append(token.text if token.text != "[" or before != "-" else "-[")
        elif open_ and token.text == _OPENING[open_[-1][-1]]:
            open_.pop()
        if token.kind in ("word", "quoted") and naming and sort:
            yield sort, token
            naming, named = False, True
        else:
            starts = token.text == ":" and sort is not None
            naming = (
                starts or (token.text in ("|", "&") and named) or (token.text == "!" and naming)
            )
            named = False
