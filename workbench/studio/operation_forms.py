"""A form for an operation: fields made from its signature, a button, its progress, its result.

What a page asks for is an operation with parameters, and nothing else: the form has no logic of its
own, so the same can be typed on the command line.
"""

from __future__ import annotations

import asyncio
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from workbench.core import operations
from workbench.core.errors import InputError, NotFoundError, WorkbenchError
from workbench.core.hints import rename_arguments
from workbench.core.optional import require
from workbench.core.schema import Parameter
from workbench.studio.pages import trouble
from workbench.studio.tables import heading
from workbench.studio.watching import Watch

_NOT_CHOSEN = "(its own choice)"
# ipywidgets' page holds back what is typed while an earlier letter is on its way, and lets a press
# of the button overtake it: who types fast and presses Enter would be answered for half a word.
_SETTLES_S = 0.2
OLD_NOTE = (
    '<p class="wb-old-note" role="status">The form has changed since: what stands here belongs to '
    "what was asked before.</p>"
)


@dataclass(frozen=True)
class Field:
    """One parameter of a form.

    Args:
        name: Of the parameter.
        label: What stands at the field; by default the name in words.
        value: What it holds at first; by default the parameter's own.
        choices: What may be chosen where the type does not say it: texts, or pairs of what is
            shown and what is meant.
        long: A field of several lines.
        hint: What stands in it while it is empty.
        suggested: Texts to choose from in a field that takes any text.
    """

    name: str
    label: str = ""
    value: Any = None
    choices: tuple[Any, ...] = ()
    long: bool = False
    hint: str = ""
    suggested: tuple[str, ...] | None = None


class OperationForm:
    """The form as a widget (``widget``). One run at a time; ``latest`` is the last that was begun.

    Whatever is shown belongs to one press of the button: the next press, also one that is refused,
    takes it away, and while the fields say something else it is marked as old (``is_old``).

    Args:
        name: The operation.
        fields: The parameters that are shown; the others keep their defaults.
        button: What the button says.
        on_result: Called in the run's thread with what the operation gave.
        on_ask: Called at each press of the button, before anything else: what an earlier one left
            elsewhere on the page must go.
        on_old: Called when what is shown becomes old, or is what the fields say again.
        given: Parameters that the page gives, and no field; call ``compare`` when they change.
        draw: Draws what the operation gave, as a bundle; by default as a notebook shows it.
    """

    def __init__(
        self,
        name: str,
        fields: Sequence[Field],
        *,
        button: str,
        on_result: Callable[[Any], None] | None = None,
        on_ask: Callable[[], None] | None = None,
        on_old: Callable[[], None] | None = None,
        given: Callable[[], dict[str, Any]] | None = None,
        draw: Callable[[Any], dict[str, Any]] | None = None,
    ) -> None:
        widgets = require("ipywidgets", extra="studio")
        self.operation = operations.find(name)
        self.latest: Watch | None = None
        self.is_old = False
        self._asked: dict[str, Any] | None = None
        self._on_result, self._on_ask, self._on_old = on_result, on_ask, on_old
        self._given, self._draw = given or dict, draw
        known = {parameter.name: parameter for parameter in self.operation.parameters}
        for field in fields:
            if field.name not in known:
                raise InputError(f"{name} has no parameter {field.name!r}")
        self._parameters = [known[field.name] for field in fields]
        self.inputs = {field.name: _input(field, known[field.name], widgets) for field in fields}
        self.button = widgets.Button(description=button, tooltip=self.operation.title)
        self.button.add_class("wb-go")
        self.button.on_click(lambda _: self._press())
        for made in self.inputs.values():
            made.observe(lambda _: self.compare(), names="value")
        self._place = widgets.VBox()
        self._note = widgets.HTML()
        rows = widgets.Box(list(self.inputs.values()))
        rows.add_class("wb-inputs")
        self.widget = widgets.VBox([rows, self.button, self._note, self._place])
        self.widget.add_class("wb-form")

    def values(self) -> dict[str, Any]:
        """What is asked for: without fields that were left empty and need not be filled."""
        found = {}
        for parameter in self._parameters:
            value = self.inputs[parameter.name].value
            if value in ("", None) and not parameter.required:
                continue
            kinds = _kinds(parameter.annotation)
            if isinstance(value, str) and _is_list(parameter.annotation):
                parts = (part.strip() for part in value.split(","))
                value = [_as_number(part, kinds) for part in parts if part]
            elif isinstance(value, str):
                value = _as_number(value, kinds)
            found[parameter.name] = value
        return found | self._given()

    def _press(self) -> None:
        """Begin once the fields' last letters are here; at once where no page is in between."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.run()
        else:
            loop.call_later(_SETTLES_S, self.run)

    def run(self) -> None:
        """Begin, or say plainly why not."""
        if self.latest is not None and not self.latest.done:
            return
        widgets = require("ipywidgets", extra="studio")
        self._asked = self._said()
        self.compare()
        if self._on_ask is not None:
            self._on_ask()
        try:
            values = self.operation.validate(self.values())
        except WorkbenchError as error:
            hint = error.hint and self.in_fields(error.hint)
            self._place.children = (widgets.HTML(trouble(error.message, hint)),)
            return
        self.button.add_class("wb-waits")  # disabled, it would lose the reader's focus
        self.latest = Watch(
            self.operation, values, on_end=self._end, reword_hint=self.in_fields, draw=self._draw
        )
        self._place.children = (self.latest.widget,)
        self.latest.start()

    def in_fields(self, hint: str) -> str:
        """A hint in the words of this form, where it names arguments of Python's.

        ``min_rows=12`` becomes what to write into the field of that label; of a parameter without
        a field it is said where it can be given.
        """
        known = {parameter.name for parameter in self.operation.parameters}

        def said(name: str, value: str | None) -> str | None:
            if name in self.inputs:
                label = f"“{self.inputs[name].description}”"
                return label if value is None else f"{value} in {label}"
            flag = f"--{name.replace('_', '-')} {value or ''}".rstrip()
            return f"{flag} on the command line" if name in known else None

        return rename_arguments(hint, said)

    def follow(self, other: OperationForm) -> None:
        """Take what is put into another form's field of the same name and label.

        Only what both may hold: a choice that this one does not have is left.
        """
        for name, made in self.inputs.items():
            theirs = other.inputs.get(name)
            if theirs is not None and theirs.description == made.description:
                theirs.observe(partial(_take, made), names="value")

    def _end(self, watch: Watch) -> None:
        try:
            if self._on_result is not None and watch.error is None:
                self._on_result(watch.outcome)
        finally:
            self.button.remove_class("wb-waits")

    def _said(self) -> dict[str, Any]:
        return {name: made.value for name, made in self.inputs.items()} | self._given()

    def compare(self) -> None:
        """Mark what is shown as old, or not, by what the fields say now."""
        is_old = self._asked is not None and self._asked != self._said()
        if is_old == self.is_old:
            return
        self.is_old = is_old
        self._note.value = OLD_NOTE if is_old else ""
        (self._place.add_class if is_old else self._place.remove_class)("wb-old")
        if self._on_old is not None:
            self._on_old()


def form_tabs(
    wanted: Iterable[tuple[str, str, str, Sequence[Field]]],
    *,
    follow: OperationForm | None = None,
) -> Any:
    """Forms as tabs: title, operation, button and fields of each.

    An operation of a part that is not installed has no tab; None if none has one.

    Args:
        wanted: The forms.
        follow: Where a field is labelled as one of this form, it takes what that one is given.
    """
    forms = []
    for title, name, button, fields in wanted:
        try:
            forms.append((title, OperationForm(name, fields, button=button)))
        except NotFoundError:
            continue
    if not forms:
        return None
    for _, form in forms:
        if follow is not None:
            form.follow(follow)
    return tabs_of(forms)


def tabs_of(forms: Sequence[tuple[str, OperationForm]]) -> Any:
    """Forms as tabs, each with its title."""
    widgets = require("ipywidgets", extra="studio")
    tabs = widgets.Tab([form.widget for _, form in forms], titles=[title for title, _ in forms])
    tabs.add_class("wb-tabs")
    return tabs


def _as_number(text: str, kinds: set[Any]) -> Any:
    """What was typed, as a number where one is wanted; as it stands where it is none, for the
    operation to say so."""
    wanted = next((kind for kind in (float, int) if kind in kinds and str not in kinds), None)
    if wanted is None:
        return text
    try:
        return wanted(text)
    except ValueError:
        return text


def _take(made: Any, change: dict[str, Any]) -> None:
    options = getattr(made, "options", None)
    if options is None or change["new"] in [value for _, value in options]:
        made.value = change["new"]


def _input(field: Field, parameter: Parameter, widgets: Any) -> Any:
    label = field.label or heading(field.name)
    default = None if parameter.required else parameter.default
    value = default if field.value is None else field.value
    told = {"description": label, "tooltip": parameter.help}
    choices = field.choices or _choices(parameter.annotation)
    kinds = _kinds(parameter.annotation)
    if choices:
        options = [each if isinstance(each, tuple) else (str(each), each) for each in choices]
        if default is None and not parameter.required and field.value is None:
            options.insert(0, (_NOT_CHOSEN, ""))
        made = widgets.Dropdown(options=options, value="" if value is None else value, **told)
    elif bool in kinds:
        made = widgets.Checkbox(value=bool(value), indent=False, **told)
    elif int in kinds and (value is not None or parameter.required):
        made = widgets.IntText(value=0 if value is None else value, **told)
    elif field.suggested is not None:
        made = widgets.Combobox(
            value=value or "", options=field.suggested, placeholder=field.hint, **told
        )
    elif field.long:
        made = widgets.Textarea(value=value or "", rows=3, placeholder=field.hint, **told)
    else:
        said = f"{value:g}" if isinstance(value, float) else value or ""
        made = widgets.Text(value=said, placeholder=field.hint, **told)
    made.add_class("wb-long" if field.long else "wb-short")
    return made


def _choices(annotation: Any) -> tuple[Any, ...]:
    """The values that a type allows one by one, if it does."""
    if typing.get_origin(annotation) is Literal:
        return typing.get_args(annotation)
    return tuple(value for part in typing.get_args(annotation) for value in _choices(part))


def _is_list(annotation: Any) -> bool:
    """Whether several values may be given; in a field they are written with commas."""
    parts = (annotation, *typing.get_args(annotation))
    return any(typing.get_origin(part) is list for part in parts)


def _kinds(annotation: Any) -> set[Any]:
    """The plain types that an annotation is made of."""
    parts = typing.get_args(annotation)
    return {annotation} if not parts else {kind for part in parts for kind in _kinds(part)}
