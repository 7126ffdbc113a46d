"""How the gateway talks in a terminal."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_bytes, format_count
from workbench.cli.serving_keys import (
    show_keys_add,
    show_keys_limits,
    show_keys_list,
    show_keys_revoke,
    show_keys_show,
    show_users_add,
    show_users_disable,
    show_users_list,
    show_users_role,
)
from workbench.cli.serving_running import (
    show_models_list,
    show_models_load,
    show_models_pin,
    show_models_unload,
    show_models_unpin,
    show_status,
)
from workbench.cli.serving_usage import show_usage, show_usage_export
from workbench.core import events

__all__ = [
    "listen_serve",
    "show_keys_add",
    "show_keys_limits",
    "show_keys_list",
    "show_keys_revoke",
    "show_keys_show",
    "show_models_list",
    "show_models_load",
    "show_models_pin",
    "show_models_unload",
    "show_models_unpin",
    "show_serve",
    "show_status",
    "show_usage",
    "show_usage_export",
    "show_users_add",
    "show_users_disable",
    "show_users_list",
    "show_users_role",
]

if TYPE_CHECKING:
    from workbench.serving.operations import ServedGateway


@contextmanager
def listen_serve() -> Iterator[None]:
    """Say where the gateway is and how it is used, and when it is ready."""

    def tell(event: events.Event) -> None:
        if event.kind == "serving.listening":
            url, key_file = event.data["url"], shlex.quote(event.data["key_file"])
            click.echo(f"the gateway listens on {url}; its owner's key is in {key_file}")
            click.echo(f'  curl {url}/v1/models -H "Authorization: Bearer $(cat {key_file})"')
            click.echo(f'  OPENAI_BASE_URL={url}/v1 OPENAI_API_KEY="$(cat {key_file})" ...')
        elif event.kind == "serving.ready":
            click.echo("ready; Ctrl-C ends it")
        elif event.kind == "serving.ending":
            answers, drain_s = event.data["answers"], event.data["drain_s"]
            words = "1 answer" if answers == 1 else f"{answers} answers"
            waiting = f"waiting for {words}, up to {drain_s:g} s; again cuts off"
            click.echo(f"ending: {waiting if answers else 'no answer is in work'}")
        sys.stdout.flush()

    with (
        events.listening(tell, "serving"),
        events.listening(_tell_model, "models"),
        events.listening(_tell_alert, "alert.notice"),
    ):
        yield


def _tell_model(event: events.Event) -> None:
    """Say what a first request waits for: a model that is fetched, and each that is loaded."""
    if event.kind == "models.fetching":
        name, size = event.data["name"], format_bytes(event.data["size_bytes"])
        ahead = f"`workbench models pull {name}` has it here ahead"
        click.echo(f"fetching {name} ({size}), which is not here yet; {ahead}")
    elif event.kind == "models.loaded":
        took_s = event.data["load_s"]
        click.echo(f"loaded {event.data['name']} into {event.data['engine']} in {took_s:.1f} s")
    sys.stdout.flush()


def _tell_alert(event: events.Event) -> None:
    """Say what fires, still fires or is over: for whoever has no other way to be told."""
    for line in event.data["text"].splitlines():
        click.echo(f"alert ({event.data['severity']}): {line}", err=True)


def show_serve(served: ServedGateway) -> None:
    """The end."""
    click.echo(f"ended after {format_count(served.requests, 'request')}")
