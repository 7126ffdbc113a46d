"""What each address of the server needs, by the handler that would answer it.

An allow-list: a handler that is not named here, of an extension say, is reached by nobody. It goes
by the handler and the arguments that it is given, not by the address, which two programs may read
in two ways.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.core.errors import InputError
from workbench.identity.spaces import check_space

from .doorkeeper import Want

_SAFE = ("GET", "HEAD", "OPTIONS")
_SERVER, _LAB, _OURS = "jupyter_server", "jupyterlab_server", "workbench.knowledge.live.lab"


@dataclass(frozen=True)
class Need:
    """``kind`` is ``open`` (anybody), ``signed`` (who signed in; and all of ``wants``), ``run``
    (who may run code), ``list`` (as ``run``, and others find nothing there), ``quiet`` (a socket
    that says nothing), or ``none`` (nobody)."""

    kind: Literal["open", "signed", "run", "list", "quiet", "none"]
    wants: tuple[Want, ...] = field(default=())


OPEN, SIGNED, RUN, LIST, QUIET, NONE = (
    Need(kind) for kind in ("open", "signed", "run", "list", "quiet", "none")
)
_Rule = Callable[[str, str], Need]


def space_of_path(path: str) -> str:
    """The space of a path as Jupyter has it. Raises InputError if it has not the one form."""
    return check_space("/" + path.strip("/"))


def _always(need: Need) -> _Rule:
    return lambda method, path: need


def _reading(then: Need = SIGNED) -> _Rule:
    return lambda method, path: then if method in _SAFE else NONE


def _listing(method: str, path: str) -> Need:
    return LIST if method in _SAFE else RUN


def _contents(method: str, path: str) -> Need:
    space = space_of_path(path)
    if method in _SAFE:
        return Need("signed", (Want("read", space, "see"),))
    reach: Literal["here", "move"] = "move" if method in ("PATCH", "DELETE") else "here"
    return Need("signed", (Want("edit", space, reach),))


def _checkpoints(method: str, path: str) -> Need:
    verb = "read" if method in _SAFE else "edit"
    return Need("signed", (Want(verb, space_of_path(path)),))


def _file(method: str, path: str) -> Need:
    return Need("signed", (Want("read", space_of_path(path)),)) if method in _SAFE else NONE


RULES: dict[str, _Rule] = {
    f"{_OURS}.provider_door.ProviderDoor": _reading(OPEN),
    f"{_OURS}.signing_in.SignInPage": _always(OPEN),
    f"{_OURS}.signing_in.SignOutPage": _always(OPEN),
    f"{_OURS}.rooms.RoomSocket": _always(SIGNED),  # asks for itself, at each message
    f"{_OURS}.rooms.EverybodySocket": _always(SIGNED),
    f"{_OURS}.sessions.SessionAnswer": _always(SIGNED),  # likewise
    f"{_OURS}.sessions.RightsAnswer": _reading(),
    f"{_OURS}.sessions.ProposeAnswer": _always(SIGNED),  # likewise
    f"{_OURS}.own_settings.OwnSettings": _always(SIGNED),
    f"{_OURS}.own_settings.OwnWorkspaces": _always(SIGNED),
    f"{_OURS}.own_settings.OwnTranslations": _reading(),
    f"{_SERVER}.base.handlers.FileFindHandler": _reading(OPEN),  # files of programs
    f"{_SERVER}.base.handlers.PublicStaticFileHandler": _reading(OPEN),
    f"{_SERVER}.base.handlers.TrailingSlashHandler": _reading(),
    f"{_SERVER}.base.handlers.RedirectWithParams": _reading(),
    f"{_SERVER}.base.handlers.Template404": _reading(),
    f"{_SERVER}.base.handlers.APIVersionHandler": _reading(),
    f"{_SERVER}.services.api.handlers.APISpecHandler": _reading(),
    f"{_SERVER}.services.api.handlers.APIStatusHandler": _reading(),
    f"{_SERVER}.services.api.handlers.IdentityHandler": _reading(),
    f"{_SERVER}.services.config.handlers.ConfigHandler": _reading(),
    f"{_SERVER}.services.security.handlers.CSPReportHandler": _always(SIGNED),
    f"{_SERVER}.services.contents.handlers.ContentsHandler": _contents,
    f"{_SERVER}.services.contents.handlers.CheckpointsHandler": _checkpoints,
    f"{_SERVER}.services.contents.handlers.ModifyCheckpointsHandler": _checkpoints,
    f"{_SERVER}.services.contents.handlers.TrustNotebooksHandler": _always(RUN),
    f"{_SERVER}.files.handlers.FilesHandler": _file,
    f"{_SERVER}.services.events.handlers.SubscribeWebsocket": _always(QUIET),
    f"{_SERVER}.services.kernels.handlers.MainKernelHandler": _listing,
    f"{_SERVER}.services.kernels.handlers.KernelHandler": _always(RUN),
    f"{_SERVER}.services.kernels.handlers.KernelActionHandler": _always(RUN),
    f"{_SERVER}.services.kernels.websocket.KernelWebsocketHandler": _always(RUN),
    f"{_SERVER}.services.kernelspecs.handlers.MainKernelSpecHandler": _reading(),
    f"{_SERVER}.services.kernelspecs.handlers.KernelSpecHandler": _reading(),
    f"{_SERVER}.kernelspecs.handlers.KernelSpecResourceHandler": _reading(),
    f"{_SERVER}.services.sessions.handlers.SessionRootHandler": _listing,
    f"{_SERVER}.services.sessions.handlers.SessionHandler": _always(RUN),
    f"{_SERVER}_terminals.api_handlers.TerminalRootHandler": _listing,
    f"{_SERVER}_terminals.api_handlers.TerminalHandler": _always(RUN),
    f"{_SERVER}_terminals.handlers.TermSocket": _always(RUN),
    f"{_OURS}.lab_page.LabPage": _reading(),
    f"{_OURS}.lab_page.MissingPage": _reading(),
    f"{_LAB}.themes_handler.ThemesHandler": _reading(),
    f"{_LAB}.licenses_handler.LicensesHandler": _reading(),
}


def name_of(handler: type) -> str:
    """The name by which a handler stands in ``RULES``."""
    return f"{handler.__module__}.{handler.__qualname__}"


def need_of(handler: type, method: str, arguments: Mapping[str, Any]) -> Need:
    """What a request needs.

    Args:
        handler: The class that would answer.
        method: Of HTTP, in capitals.
        arguments: What its method would be called with; ``path`` is the path.

    Raises:
        InputError: The path is none, or could be read in two ways.
    """
    rule = RULES.get(name_of(handler))
    if rule is None:
        return NONE
    return rule(method, arguments.get("path") or "")


def wants_of_body(handler: type, method: str, body: Any) -> tuple[Want, ...]:
    """What a request wants beyond its address: other paths that stand in its body.

    Raises:
        InputError: A path is none.
    """
    if name_of(handler) != f"{_SERVER}.services.contents.handlers.ContentsHandler":
        return ()
    if not isinstance(body, dict):
        return ()
    wants = []
    for key, verb, reach in (("path", "edit", "move"), ("copy_from", "read", "all")):
        path = body.get(key)
        if path is None or (key == "path" and method not in ("PATCH", "PUT")):
            continue
        if not isinstance(path, str):
            raise InputError(f"{key} in the body is no text")
        if key == "path" and method == "PUT":
            reach = "here"
        wants.append(Want(verb, space_of_path(path), reach))  # type: ignore[arg-type]
    return tuple(wants)
