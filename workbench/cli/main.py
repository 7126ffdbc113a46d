"""``workbench``: the rooms as groups of commands, and a few everyday verbs beside them."""

from __future__ import annotations

import importlib
import logging
import os
import re
import select
import sys
from collections.abc import Sequence
from typing import Any

import click

from workbench.core import settings
from workbench.core.errors import EngineError, NotFoundError, WorkbenchError
from workbench.core.near_names import near_names
from workbench.core.operations import Operation, load_room, rooms
from workbench.core.variables import unknown_variables

# Everyday verbs and rooms under another name: what a user would type first.
ALIASES = {"chat": "models.chat", "serve": "serving.serve"}
ROOM_ALIASES = {"report": "reports"}
_PAIR_MISSING = re.compile(r"Option '(\S+)' requires 2 arguments")
# What users of other tools type, where here it is called otherwise: what to know, and what to try.
_IN_MEMORY = "each process has models of its own in memory; the gateway says which are in its"
ELSEWHERE = {
    "models ps": (_IN_MEMORY, "workbench serving models list"),
    "models loaded": (_IN_MEMORY, "workbench serving models list"),
    "models load": (_IN_MEMORY, "workbench serving models load NAME"),
    "models unload": (_IN_MEMORY, "workbench serving models unload NAME"),
}
_CONTEXT_IN_PYTHON = re.compile(r"models\.load\('([^']*)', context_tokens=\.\.\.\)")
_ENGINE_IN_PYTHON = re.compile(r"models\.load\([^()]*, engine='(\w+)'\)")


class VerbGroup(click.Group):
    """What commands of one room stand behind some words: the verbs of a room, or of a group.

    Args:
        room: The room; its operations are loaded when they are asked for.
        group: The word behind the room, or none.
    """

    def __init__(self, room: str, *, group: str | None = None, **attributes: Any) -> None:
        super().__init__(name=group or room, **attributes)
        self.room = room
        self.typed = (group,) if group else ()

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The next words, each once."""
        return list(dict.fromkeys(operation.words[len(self.typed)] for operation in self._here()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of one verb, or the group of that name."""
        from workbench.cli.commands import command_of

        words = (*self.typed, cmd_name)
        for operation in self._here():
            if operation.words == words:
                return command_of(operation)
        verbs = [each.words[-1] for each in self._here() if each.words[:-1] == words]
        said = f"{cmd_name.capitalize()}: {', '.join(verbs)}."
        return VerbGroup(self.room, group=cmd_name, help=said) if verbs else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Name the near matches of a verb that is not there."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            place = " ".join((self.room, *self.typed))
            if f"{place} {args[0]}" in ELSEWHERE:
                said, hint = ELSEWHERE[f"{place} {args[0]}"]
                raise NotFoundError(f"no verb of {place} named {args[0]!r}; {said}", hint=hint)
            raise NotFoundError.among(
                f"verb of {place}",
                args[0],
                self.list_commands(ctx),
                hint=f"workbench {place} --help",
            )
        return super().resolve_command(ctx, args)

    def _here(self) -> list[Operation]:
        return [op for op in load_room(self.room) if op.words[: len(self.typed)] == self.typed]


class Workbench(click.Group):
    """All rooms and everyday verbs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The everyday verbs and the rooms."""
        return sorted({*ALIASES, *ROOM_ALIASES, *rooms()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A verb or a room."""
        if cmd_name in ALIASES:
            from workbench.cli.commands import command_of
            from workbench.core.operations import find

            return command_of(find(ALIASES[cmd_name]), name=cmd_name)
        room = ROOM_ALIASES.get(cmd_name, cmd_name)
        return VerbGroup(room, help=_room_help(room)) if room in rooms() else None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; end quietly when the reader of the output goes away, as `head` does."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            if not _output_is_gone():
                raise EngineError("a process that this one was talking to went away") from error
            ctx.exit(141)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Name the near matches of a room that is not there."""
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            raise NotFoundError.among(
                "command", args[0], self.list_commands(ctx), hint="workbench --help"
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List what there is without loading a room's operations."""
        everyday = [
            ("chat", "Ask a model"),
            ("report run", "Run notebooks as reports"),
            ("serve", "Open the gateway"),
        ]
        with formatter.section("Every day"):
            formatter.write_dl(everyday)
        with formatter.section("Rooms"):
            formatter.write_dl([(room, _room_help(room)) for room in rooms()])


def _room_help(room: str) -> str:
    """The first sentence of the room's docstring."""
    package = rooms()[room].rpartition(".")[0] or rooms()[room]
    if package == "workbench.core":
        return "Settings: what they are and where each comes from."
    text = (importlib.import_module(package).__doc__ or "").strip()
    return text.splitlines()[0] if text else ""


def _output_is_gone() -> bool:
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    if not poll.poll(0):
        return False
    # What is left in the buffer would fail once more when Python ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


@click.group(cls=Workbench, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="workbench")
@click.option("--home", metavar="DIR", help="Where models, runs and jobs are kept.")
@click.option(
    "--set", "chosen", nargs=2, multiple=True, metavar="NAME VALUE", help="Set a setting."
)
@click.pass_context
def workbench(ctx: click.Context, home: str | None, chosen: Sequence[tuple[str, str]]) -> None:
    """A private AI laboratory that runs on one laptop and lives in Jupyter."""
    given: dict[str, Any] = dict(chosen)
    if home is not None:
        given["home"] = home
    ctx.with_resource(settings.override("command line", **given))
    _warn_of_variables()
    logging.basicConfig(level=settings.get("log_level"), format="%(name)s: %(message)s")


def _warn_of_variables() -> None:
    """Say which variables are set for nothing: a misspelt one would be passed over in silence."""
    if not unknown_variables():
        return
    for room in rooms():  # only now that something is amiss: a room may know it
        load_room(room)
    for name, near in unknown_variables().items():
        meant = f"; did you mean {near}?" if near else "; workbench config show lists them"
        click.echo(f"warning: {name} is set, but there is no such setting{meant}", err=True)


def _as_typed(hint: str) -> str:
    """A hint as one follows it here: an option, or a line of the file, for what Python is told."""
    typed = _ENGINE_IN_PYTHON.sub(r"--engine \1", hint)
    return _CONTEXT_IN_PYTHON.sub(
        r"raise context_tokens under [models.\1] in workbench.toml", typed
    )


def _show_click_error(error: click.ClickException) -> None:
    """What click could not make sense of, in the form that all refusals have."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    said = _PAIR_MISSING.sub(r"option '\1' takes a name and a value", error.format_message())
    said = said.rstrip(".")
    if isinstance(error, click.NoSuchOption):
        near = " or ".join(near_names(error.option_name, error.possibilities or ()))
        said = f"no such option {error.option_name}" + (f"; did you mean {near}?" if near else "")
    click.echo(f"error: {said[:1].lower()}{said[1:]}", err=True)
    context = getattr(error, "ctx", None)
    if context is not None:
        click.echo(f"hint: {context.command_path} --help", err=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; our own errors end it without a traceback."""
    try:
        status = workbench.main(args=arguments, prog_name="workbench", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except WorkbenchError as error:
        click.echo(f"error: {error.message}", err=True)
        if error.hint:
            click.echo(f"hint: {_as_typed(error.hint)}", err=True)
        sys.exit(error.exit_status)
    except click.ClickException as error:
        _show_click_error(error)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
