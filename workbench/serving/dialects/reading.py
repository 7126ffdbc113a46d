"""From a request's bytes to a typed struct, or to an error that names the field at fault."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from workbench.core.errors import CapabilityError, InputError
from workbench.core.near_names import meant, near_names
from workbench.serving.dialects.allowed import choices_at, words_at

T = TypeVar("T")
HEADER = "x-workbench-"
_SHOWN = 60  # characters of a value that an error repeats
_MOST_STOPS = 64
_DEEPEST = 64  # levels of what is handed on as it came: schemas, arguments, metadata

Temperature = Annotated[float, Meta(ge=0, le=2)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Choices = Annotated[int, Meta(ge=1, le=128)]
Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Alternatives = Annotated[int, Meta(ge=0, le=20)]


class Options(Struct, forbid_unknown_fields=True):
    """The gateway's own wishes: in the body as ``workbench``, or in headers ``X-Workbench-...``.

    ``keep_alive_s``: how long the model stays loaded afterwards (-1: until its room is needed).
    ``priority``: before lower ones in the queue. ``cache``: ``off``, ``on``, ``exact``,
    ``semantic`` or ``refresh``. ``prefer``: what counts when the gateway chooses the model.
    ``strict_routing``: an error rather than another model than the one named. ``swap``: whether
    another model may be unloaded for it. ``timeout_s``: give up after that.
    """

    keep_alive_s: Annotated[float, Meta(ge=-1)] | None = None
    priority: Annotated[int, Meta(ge=-100, le=100)] | None = None
    cache: Literal["off", "on", "exact", "semantic", "refresh"] | None = None
    prefer: Literal["quality", "speed", "cost"] | None = None
    strict_routing: bool | None = None
    swap: bool | None = None
    timeout_s: Annotated[float, Meta(gt=0)] | None = None


def decode(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The struct of a request's body.

    Raises:
        InputError: The body is no JSON, or a field is missing, unknown, ill-typed or out of range;
            the message says which, what was found and what is allowed.
    """
    try:
        try:
            return decoder.decode(body)
        except msgspec.ValidationError as error:  # which may come before the body's end is read
            raise explain(str(error), msgspec.json.decode(body), decoder.type) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"the body is no valid JSON: {error}", hint="send a JSON object in UTF-8"
        ) from None
    except RecursionError:
        raise InputError("the body is nested too deeply") from None


def explain(said: str, body: Any, struct: Any) -> InputError:
    """What msgspec said of a value that is not as the struct has it, in words for its sender."""
    words, _, path = said.partition(" - at `$")
    path = path.rstrip("`").lstrip(".")
    words = words.replace("`", "")
    if unknown := re.fullmatch(r"Object contains unknown field (.+)", words):
        name = f"{path}.{unknown[1]}" if path else unknown[1]
        fields = msgspec.structs.fields(struct) if not path else ()
        hint = _instead_of(unknown[1], fields, body)
        return InputError(f"there is no field {name!r}", hint=hint, parameter=name)
    if missing := re.fullmatch(r"Object missing required field (.+)", words):
        name = f"{path}.{missing[1]}" if path else missing[1]
        return InputError(f"{name} is missing", parameter=name)
    found = _show(_find(body, path))
    if words.startswith("Invalid"):
        choices = choices_at(struct, path)
        hint = f"allowed: {', '.join(map(_show, choices))}" if choices else ""
        return InputError(
            f"{path} is {found}, which is not allowed here", hint=hint, parameter=path
        )
    allowed = words_at(struct, path) or words.removeprefix("Expected ").partition(", got ")[0]
    return InputError(
        f"{path or 'the body'} is {found}; it must be {allowed}", parameter=path or None
    )


def _instead_of(unknown: str, fields: Sequence[Any], body: Any) -> str:
    """What to do about an unknown field. Where one that is needed is missing, that comes first:
    ``prompt`` in place of ``messages`` is no slip for a longer name that begins with it."""
    given = body if isinstance(body, dict) else {}
    missing = [each.name for each in fields if each.required and each.encode_name not in given]
    near = near_names(unknown, missing or [each.name for each in fields])
    if near:
        return meant(near)
    if missing:
        return f"leave it out, and send what is missing: {', '.join(missing)}"
    return "remove it"


def _find(value: Any, path: str) -> Any:
    """The part of a value at msgspec's path, e.g. ``messages[0].content``."""
    for name, place in re.findall(r"([^.\[\]]+)|\[(\d+|\.\.\.)\]", path):
        if place and isinstance(value, list) and place.isdigit():
            value = value[int(place)]
        elif name and isinstance(value, dict) and name in value:
            value = value[name]
        else:  # into a mapping, whose key msgspec does not tell
            return value
    return value


def _show(value: Any) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except RecursionError:
        return "something nested very deeply"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def check_depth(value: Any, name: str) -> None:
    """Refuse a value that is nested so deeply that code which walks it would run out of stack.

    Raises:
        InputError: It is.
    """
    level = [value]
    for _ in range(_DEEPEST):
        if not level:
            return
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, (dict, list))
        ]
    raise InputError(f"{name} is nested more than {_DEEPEST} levels deep", parameter=name)


class Refused(Struct, frozen=True):
    """A known field that is not done: which values ask for nothing, and why others are refused."""

    why: str
    neutral: tuple[Any, ...] = ()
    hint: str = "leave it out"


def refuse(request: Any, refused: Mapping[str, Refused]) -> None:
    """Raise CapabilityError if a field asks for what is not done."""
    for name, row in refused.items():
        value = getattr(request, name)
        if value is None or value in row.neutral or value == {} or value == []:
            continue
        raise CapabilityError(f"{name} is {_show(value)}: {row.why}", hint=row.hint, parameter=name)


def read_options(given: Options | None, headers: Mapping[str, str]) -> dict[str, Any]:
    """The gateway's options; what the body says is stronger than a header."""
    told = {
        name[len(HEADER) :].replace("-", "_"): value
        for name, value in headers.items()
        if name.startswith(HEADER)
    }
    options: dict[str, Any] = {}
    if told:
        try:
            read = msgspec.convert(told, Options, strict=False)
        except msgspec.ValidationError as error:
            fault = explain(str(error), told, Options)
            name = f"header {HEADER}{str(fault.context['parameter']).replace('_', '-')}"
            raise InputError(f"{name}: {fault.message}", hint=fault.hint, parameter=name) from None
        options = _set_fields(read)
    return {**options, **_set_fields(given)} if given is not None else options


def _set_fields(options: Options) -> dict[str, Any]:
    return {
        name: value
        for name in options.__struct_fields__
        if (value := getattr(options, name)) is not None
    }


def check_stream_options(options: Any, stream: bool) -> bool:
    """Whether a stream is to tell its usage.

    Raises:
        InputError: There are options for a stream, and no stream.
    """
    if options is None:
        return False
    if not stream:
        raise InputError(
            "stream_options are given, and stream is not true", parameter="stream_options"
        )
    return bool(options.include_usage)


_SAMPLING = ("temperature", "top_p", "top_k", "min_p", "repeat_penalty")


def read_sampling(request: Any) -> dict[str, Any]:
    """The sampling that OpenAI's two older interfaces name alike."""
    sampling = {name: value for name in _SAMPLING if (value := getattr(request, name)) is not None}
    if request.seed is not None:
        sampling["seed"] = request.seed & 0xFFFFFFFF  # theirs has 64 bits and a sign
    if request.stop:
        sampling["stop"] = read_stops(request.stop, "stop")
    return sampling


def read_stops(stops: str | Sequence[str], name: str) -> tuple[str, ...]:
    """The texts that end an answer."""
    checked = (stops,) if isinstance(stops, str) else tuple(stops)
    if not all(checked):
        raise InputError(f"{name} has an empty text", hint="leave it out", parameter=name)
    if len(checked) > _MOST_STOPS:
        raise InputError(
            f"{name} has {len(checked)} texts; allowed are {_MOST_STOPS}", parameter=name
        )
    return checked
