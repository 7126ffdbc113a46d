"""The OpenAPI document, made from the structs that read requests and write answers."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from workbench.serving.openapi_routes import EVENTS, JSON, ROUTES, Described

_HERE = re.compile(r"workbench\.serving\.(?:dialects\.)?")
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}]
_ABOUT = """
One door to the models of this machine and to upstreams, in OpenAI's and Anthropic's words.

Each field of a request says under `x-workbench` whether it is `honoured`, has `no effect`, or is
`refused` unless it asks for nothing. A field that is not listed is refused by name.
"""


def build(routes: Iterable[Described] = ROUTES) -> dict[str, Any]:
    """The document of some routes.

    Args:
        routes: By default all that there are.
    """
    from workbench import __version__

    described = list(routes)
    types = _types(described)
    refs, components = msgspec.json.schema_components(
        types, ref_template="#/components/schemas/{name}"
    )
    named = dict(zip(types, refs, strict=True))
    paths: dict[str, Any] = {}
    for route in described:
        operation = _operation(route, named)
        if route.query is not None:
            operation["parameters"] = _parameters(components, named[route.query])
        paths.setdefault(route.path, {})[route.method.lower()] = operation
        if route.request is not None:
            _say_use(components[_name_of(named[route.request])], route)
    document = {
        "openapi": "3.2.0",
        "info": {"title": "Workbench", "version": __version__, "description": _ABOUT.strip()},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
    }
    renamed = _HERE.sub("", msgspec.json.encode(document).decode())
    told: dict[str, Any] = msgspec.json.decode(renamed)
    return told


@functools.cache
def document() -> bytes:
    """The document of all routes, as it is served."""
    return msgspec.json.encode(build())


def _types(routes: Iterable[Described]) -> list[Any]:
    found: dict[Any, None] = {}
    for route in routes:
        for each in (route.request, route.answer, route.event, route.error, route.query):
            if each is not None and not isinstance(each, tuple):
                found[each] = None
    return list(found)


def _operation(route: Described, named: Mapping[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"operationId": route.name, "summary": route.summary}
    if route.request is not None:
        content = {JSON: {"schema": named[route.request]}}
        needed = any(each.required for each in msgspec.structs.fields(route.request))
        found["requestBody"] = {"required": needed, "content": content}
    parameters = re.findall(r"\{(\w+)\}", route.path)
    if parameters:
        found["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in parameters
        ]
    found["responses"] = _responses(route, named)
    found["security"] = [] if route.public else _SECURITY
    if not route.public:
        found["x-workbench-scope"] = route.scope
    return found


def _name_of(ref: Mapping[str, str]) -> str:
    return ref["$ref"].rpartition("/")[2]


def _parameters(components: Mapping[str, Any], ref: Mapping[str, str]) -> list[dict[str, Any]]:
    """The parameters of a URL's query, from the struct that they are read into."""
    properties = components[_name_of(ref)]["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def _responses(route: Described, named: Mapping[Any, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    if route.success is not None:
        schema = named[route.answer] if route.answer is not None else {}
        content: dict[str, Any] = {route.media: {"schema": schema}}
        if route.event is not None:
            content[EVENTS] = {"itemSchema": _events(route, named)}
        responses[str(route.success)] = {"description": "What was asked for.", "content": content}
    faults = {**route.faults, 421: "The `Host` header names none of the gateway's hosts."}
    for status, words in sorted(faults.items()):
        # A request whose host is not ours goes no further than the guard, which speaks one way.
        error = named[route.error] if status != 421 else {"type": "object"}
        told: dict[str, Any] = {"description": words, "content": {JSON: {"schema": error}}}
        if status == 429:
            wait = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
            told["headers"] = {"Retry-After": wait}
        responses[str(status)] = told
    return responses


def _events(route: Described, named: Mapping[Any, Any]) -> dict[str, Any]:
    """One event of a stream: its name where it has one, and the JSON in its data."""
    if isinstance(route.event, tuple):
        name: dict[str, Any] = {"enum": list(route.event)}
        data = _json_text({"type": "object", "required": ["type"]})
        properties = {"event": name, "data": data}
        return {"type": "object", "required": ["event", "data"], "properties": properties}
    parts = {"anyOf": [named[route.event], named[route.error]]}
    data = {"anyOf": [{"const": "[DONE]"}, _json_text(parts)]}
    return {"type": "object", "required": ["data"], "properties": {"data": data}}


def _json_text(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "string", "contentMediaType": JSON, "contentSchema": schema}


def _say_use(schema: dict[str, Any], route: Described) -> None:
    """Say of each field of a request whether it does anything."""
    for name, part in schema["properties"].items():
        if name in route.refused:
            row = route.refused[name]
            part["x-workbench"] = "refused"
            part["description"] = f"Refused: {row.why}."
        elif name in route.no_effect:
            part["x-workbench"] = "no effect"
            part["description"] = f"No effect: {route.no_effect[name]}."
        else:
            part["x-workbench"] = "honoured"
