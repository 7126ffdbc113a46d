"""Write docs/reference/ from the registries: operations, settings, errors and HTTP requests.

python tools/reference.py           # writes them
python tools/reference.py --check   # says which differ, and ends with 1 if one does
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from typing import Any

import msgspec
from generated import write_or_check

from workbench.core import errors, settings
from workbench.core.operations import Operation, load_room, rooms
from workbench.serving.openapi_routes import ROUTES, Described

NOTE = "<!-- Made by tools/reference.py from the code; `make generate` writes it anew. -->"


def own_operations() -> list[Operation]:
    """The operations of the rooms of this repository, without those of installed plugins."""
    ours = [room for room, module in rooms().items() if module.startswith("workbench.")]
    return [operation for room in ours for operation in load_room(room)]


def type_words(schema: dict[str, Any]) -> str:
    """What a value may be, in the words of its JSON schema."""
    if "anyOf" in schema:
        parts = [type_words(part) for part in schema["anyOf"] if part.get("type") != "null"]
        return " or ".join(parts)
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    words = {
        "string": "path" if schema.get("format") == "path" else "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "yes or no",
        "object": "object",
        "array": "list",
    }.get(schema.get("type", ""), "any")
    if schema.get("items"):
        words = f"list of {type_words(schema['items'])}"
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = [f"{sign} {schema[key]:g}" for key, sign in bounds.items() if key in schema]
    return " ".join([words, *limits])


def operation_page(operation: Operation) -> str:
    """One operation: its command, what it does and its parameters."""
    gives = f" Gives: {operation.produces}." if operation.produces else ""
    lines = [
        f"### `{operation.name}`",
        "",
        f"**{operation.title}** (`{operation.command}`).{gives}",
        "",
    ]
    lines += [operation.help, ""]
    properties = operation.schema().get("properties", {})
    if operation.parameters:
        lines += ["| parameter | value | default | |", "|---|---|---|---|"]
    for parameter in operation.parameters:
        default = "required" if parameter.required else f"`{parameter.default!r}`"
        cells = (f"`{parameter.name}`", type_words(properties[parameter.name]), default)
        lines.append(f"| {' | '.join(cells)} | {parameter.help} |")
    return "\n".join(lines).rstrip() + "\n"


def operations_page() -> str:
    """Every operation by room."""
    parts = [
        f"{NOTE}\n# Operations\n\nEach is a Python function, a command, a form and a job's step. "
        "`workbench ROOM VERB --help` says the same.\n"
    ]
    room = ""
    for operation in own_operations():
        if operation.room != room:
            room = operation.room
            parts.append(f"## {room}\n")
        parts.append(operation_page(operation))
    return "\n".join(parts)


_WORDS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "Path": "path",
    "tuple[str, ...]": "list of texts",
    "Mapping[str, str]": "table of texts",
    "Mapping[str, tuple[str, ...]]": "table of lists of texts",
    "tuple[Rule, ...]": "see below",
    "dict[str, Any]": "table of the sampling's settings",
    "Preference": "`quality`, `speed` or `cost`",
}


def tables() -> dict[str, tuple[str, tuple[type, ...]]]:
    """The tables of ``workbench.toml`` by their heads: what each is for, what may stand in it."""
    from workbench.models.ensembles.settings import KINDS
    from workbench.models.model_settings import ModelSettings
    from workbench.models.routing.settings import RoutingSettings, Rule
    from workbench.serving.settings import Price, ServingSettings, UpstreamSettings

    kinds = ", ".join(f"`{kind}`" for kind in KINDS)
    return {
        "models.NAME": ("One model, known or your own.", (ModelSettings,)),
        "serving": ("The gateway.", (ServingSettings,)),
        "upstreams.NAME": ("", (UpstreamSettings,)),
        "prices.NAME": ("The last word on a price: `[models.NAME]` may say it too.", (Price,)),
        "routing": ('What `model: "auto"` stands for.', (RoutingSettings,)),
        "[routing.rules]": ("", (Rule,)),
        "ensembles.NAME": (
            f"A model made of others; `kind` says which: {kinds}.",
            tuple(KINDS.values()),
        ),
        "fallback": (
            "For a model, the models that answer in its place when it cannot, in their order: "
            '`"smollm2-135m" = ["far/llama", "ensemble/vote"]`.',
            (),
        ),
    }


def tables_section() -> list[str]:
    """A part for each table."""
    lines = ["", "## Tables of workbench.toml", ""]
    lines.append("Each belongs to a room, which checks it as a whole and names what is wrong.")
    for head, (about, kinds) in tables().items():
        lines += ["", f"### `[{head}]`", "", about] if about else ["", f"### `[{head}]`"]
        for kind in kinds:
            told = " ".join((inspect.getdoc(kind) or "").replace("``", "`").split())
            lines += ["", f"**{kind.__name__}.** {told}" if len(kinds) > 1 else told, ""]
            lines += ["| key | value | default |", "|---|---|---|"]
            own_tables = {name.partition(".")[0] for name in tables()}
            for field in dataclasses.fields(kind):
                if kind.__name__ == "ServingSettings" and field.name in own_tables:
                    continue  # a table of its own
                default = _default_words(field)
                if field.name == "name":
                    if kind.__name__ != "Rule":
                        continue  # stands in the head
                    default = "`rule` and its number"
                value = _WORDS[str(field.type).removesuffix(" | None")]
                lines.append(f"| `{field.name}` | {value} | {default} |")
    return lines


def _default_words(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return "" if field.default in (None, ()) else f"`{json.dumps(field.default)}`"
    return "" if field.default_factory is not dataclasses.MISSING else "required"


def settings_page() -> str:
    """Every setting with its default, and the tables of rooms."""
    lines = [
        NOTE,
        "# Settings",
        "",
        "An argument (`workbench --set NAME VALUE`) is stronger than the environment, that than "
        "the nearest `workbench.toml`, that than the default. `workbench config show` prints each "
        "value with its source.",
        "",
        "| name | variable | value | default | |",
        "|---|---|---|---|---|",
    ]
    for name, setting in settings.declared().items():
        if callable(setting.default):
            default = (inspect.getdoc(setting.default) or "").rstrip(".").lower()
        else:
            default = f"`{json.dumps(setting.default, default=str)}`"
        kind = settings.describe(setting)
        lines.append(f"| `{name}` | `{setting.variable}` | {kind} | {default} | {setting.help} |")
    lines += tables_section()
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    """The tree of errors, and a line with a link for each."""
    tree = re.search(r"( {4}WorkbenchError\n.*?)\n\n", errors.__doc__ or "", re.S)
    assert tree is not None
    lines = [
        NOTE,
        "# Errors",
        "",
        "```text",
        *(line[4:] for line in tree[1].splitlines()),
        "```",
        "",
        "| code | class | exit status | |",
        "|---|---|---|---|",
    ]
    for cls in errors.all_errors():
        if cls.__module__ == errors.__name__:
            told = (inspect.getdoc(cls) or "").splitlines()[0]
            link = f"[`{cls.code}`](../errors/{cls.code}.md)"
            lines.append(f"| {link} | `{cls.__name__}` | {cls.exit_status} | {told} |")
    return "\n".join(lines) + "\n"


def requests_page() -> str:
    """Every field of every request to the gateway, by what it does."""
    lines = [
        NOTE,
        "# Fields of requests",
        "",
        "What the gateway does with each field that it knows. One that it does not know is refused "
        "by name. `null` asks for nothing, anywhere. `/openapi.json` says the same to programs, "
        "with every field's type and bounds.",
    ]
    for route in ROUTES:
        if route.request is not None:
            lines += ["", *request_section(route)]
    return "\n".join(lines) + "\n"


def request_section(route: Described) -> list[str]:
    """The fields of one route's requests."""
    assert route.request is not None
    fields = msgspec.structs.fields(route.request)
    names = [field.name for field in fields]
    told = set(route.refused) | set(route.no_effect)
    honoured = [f"`{name}`" for name in names if name not in told]
    needed = ", ".join(f"`{field.name}`" for field in fields if field.required)
    about = (inspect.getdoc(route.request) or "").splitlines()[0]
    lines = [f"## `{route.method} {route.path}`", "", about, ""]
    lines += [f"**Honoured** (needed: {needed}): {', '.join(sorted(honoured))}."]
    if route.no_effect:
        lines += ["", "| taken without effect | because |", "|---|---|"]
        lines += [f"| `{name}` | {why} |" for name, why in sorted(route.no_effect.items())]
    if route.refused:
        lines += ["", "| refused | unless it is | because | instead |", "|---|---|---|---|"]
    for name, row in sorted(route.refused.items()):
        neutral = " or ".join(f"`{json.dumps(value)}`" for value in row.neutral) or "empty"
        lines.append(f"| `{name}` | {neutral} | {row.why} | {row.hint} |")
    return lines


def render() -> dict[str, str]:
    """Each page by its path in the repository."""
    return {
        "docs/reference/operations.md": operations_page(),
        "docs/reference/settings.md": settings_page(),
        "docs/reference/errors.md": errors_page(),
        "docs/reference/requests.md": requests_page(),
    }


if __name__ == "__main__":
    write_or_check(render())
