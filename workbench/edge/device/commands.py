"""The runner's command line: ``python BUNDLE ask QUESTION``, or ``python edge.py ask QUESTION``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import boot
from .faults import Fault

if TYPE_CHECKING:
    from .starting import Started

_BEGUN_S = time.monotonic()


def main(arguments: Sequence[str] | None = None, *, here: Path | None = None) -> int:
    """Run one command; returns the exit status.

    Args:
        arguments: By default those of the process.
        here: What this runs out of: a bundle's file, or an installed version's folder.
    """
    here = here or Path(sys.path[0]).absolute()
    asked = _parser().parse_args(arguments)
    root = asked.root or (
        here.parents[1] if here.is_dir() else here.with_name(here.name + ".device")
    )
    try:
        result = _VERBS[asked.verb](asked, root.absolute(), here)
    except Fault as fault:
        return _fail(fault, asked.json)
    except MemoryError:  # the limit that the bundle states is kept by the system
        said = "it does not fit in the memory that its bundle may take"
        return _fail(Fault("memory", said, hint="make it with a larger --memory-mb"), asked.json)
    except KeyboardInterrupt:
        _warn("stopped")
        return 130
    if asked.json and result is not None:
        _write(json.dumps(_plain(result)))
    elif result is not None:
        _show(result)
    return 0


def _fail(fault: Fault, as_json: bool) -> int:
    if as_json:
        _write(json.dumps({"error": fault.plain()}))
    _warn(f"error: {fault.message}")
    if fault.hint:
        _warn(f"hint: {fault.hint}")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="edge", description="A model that answers offline.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, help, own in (
        ("ask", "one question, one answer", [("question", str)]),
        ("chat", "questions from the keyboard, a line each", []),
        ("serve", "a door on this machine, in the shape of OpenAI's", []),
        ("install", "put this bundle into a folder of its own", []),
        ("update", "bring it to the version that a source has", [("place", str)]),
        ("status", "what is in use, and how the machine is", []),
        ("check", "whether every byte of this bundle is as it was signed", []),
        ("record", "keep a file as a record, for later", [("file", Path)]),
        ("enrol", "take the name and secret from workbench edge enrol", [("file", Path)]),
        ("sync", "bring records to an address or a folder", [("place", str)]),
        ("health", "start, answer once, and say how that went", []),
    ):
        sub = verbs.add_parser(verb, help=help)
        for name, kind in own:
            sub.add_argument(name, type=kind)
        sub.add_argument("--root", type=Path, help="the device's folder")
        sub.add_argument("--json", action="store_true", help="print the result as JSON")
        _add_options(verb, sub)
    return parser


def _add_options(verb: str, sub: argparse.ArgumentParser) -> None:
    if verb in ("ask", "chat"):
        sub.add_argument("--max-tokens", type=int)
    if verb == "serve":
        sub.add_argument("--port", type=int, default=0)
        sub.add_argument("--key")
    if verb in ("install", "check", *boot.STARTING):
        sub.add_argument(
            "--key" if verb != "serve" else "--trusted", dest="trusted", action="append"
        )
    if verb == "update":
        sub.add_argument("--allow-older", action="store_true")
    if verb == "record":
        sub.add_argument("--kind", default="feedback")


def _folder(asked: argparse.Namespace, root: Path, here: Path) -> Path:
    """The version's folder that this is, or that is installed now out of this bundle."""
    if here.is_dir():
        return here
    from . import state, updating

    if not (root / boot.STATE).exists():
        keys = tuple(asked.trusted or ())
        updating.install(root, str(here), keys=keys, attempt=lambda folder, root: None)
    return state.folder_of(root, state.load(root).current)


def _begin(asked: argparse.Namespace, root: Path, here: Path) -> tuple[Started, Path]:
    """Start the version that is in use; one that is damaged makes way for the one before."""
    from . import state, updating
    from .starting import start

    folder = _folder(asked, root, here)
    try:
        started = start(folder, root, begun_s=_BEGUN_S)
    except Fault as fault:
        if fault.code != "integrity" or not state.fall_back(root, folder.name, fault.message):
            raise
        _warn(f"note: fell back to the version before: {fault.message}")
        before = state.folder_of(root, state.load(root).current)
        started = start(before, root, begun_s=_BEGUN_S)
    updating.confirm(root, started.folder.name)
    for note in started.notes:
        _warn(f"note: {note}")
    return started, root


def _ask(asked: argparse.Namespace, root: Path, here: Path) -> Any:
    from .limits import peak_bytes
    from .talking import Talk

    started, root = _begin(asked, root, here)
    talk = Talk(started, root)
    told: Callable[[str], object] = (lambda piece: None) if asked.json else _say
    answer = talk.answer(
        [{"role": "user", "content": asked.question}], max_tokens=asked.max_tokens, told=told
    )
    if not asked.json:
        _write("")
        return None
    return {
        **asdict(answer),
        "version": started.manifest.version,
        "start_s": started.start_s,
        "memory_bytes": peak_bytes(),
        "notes": started.notes,
    }


def _chat(asked: argparse.Namespace, root: Path, here: Path) -> None:
    from .talking import Talk

    started, root = _begin(asked, root, here)
    talk = Talk(started, root)
    if sys.stdin.isatty():
        _write(f"{started.manifest.name} {started.manifest.version}; an empty line ends it")
    while True:
        if sys.stdin.isatty():
            _say("> ")
        question = sys.stdin.readline().strip()
        if not question:
            return
        try:
            talk.ask(question, _say)
        except Fault as fault:  # the next question may go
            _warn(f"error: {fault.message}")
        _write("")


def _serve(asked: argparse.Namespace, root: Path, here: Path) -> None:
    from .door import Door
    from .talking import Talk

    started, root = _begin(asked, root, here)
    door = Door(Talk(started, root), port=asked.port, key=asked.key)
    _write(json.dumps({"address": door.address}) if asked.json else door.address)
    door.serve_forever()


def _health(asked: argparse.Namespace, root: Path, here: Path) -> Any:
    from .limits import peak_bytes
    from .starting import start

    started = start(_folder(asked, root, here), root, begun_s=_BEGUN_S)
    answer = started.engine.answer([{"role": "user", "content": "Hello"}], max_tokens=1)
    return {
        "version": started.manifest.version,
        "start_s": started.start_s,
        "first_s": answer.first_s,
        "memory_bytes": peak_bytes(),
    }


def _install(asked: argparse.Namespace, root: Path, here: Path) -> Any:
    from . import updating

    if here.is_dir():
        raise Fault("input", "this is installed already", hint="update PLACE")
    return updating.install(root, str(here), keys=tuple(asked.trusted or ()))


def _update(asked: argparse.Namespace, root: Path, here: Path) -> Any:
    from . import updating
    from .reporting import try_to_note_status

    try:
        return updating.update(root, asked.place, allow_older=asked.allow_older)
    finally:
        try_to_note_status(root)


def _status(asked: argparse.Namespace, root: Path, here: Path) -> Any:
    from .reporting import status_of

    return status_of(root)


def _check(asked: argparse.Namespace, root: Path, here: Path) -> Any:
    from .archive import Archive
    from .signatures import name_key

    if here.is_dir():
        from . import state
        from .assembling import check_folder

        manifest = state.manifest_of(root, here.name)
        check_folder(here, manifest)
        return {"version": manifest.version, "whole": True}
    with Archive(here) as archive:
        key = archive.check(tuple(asked.trusted or ()))
        return {
            "version": archive.head.manifest.version,
            "whole": True,
            "key": name_key(key),
            "trusted": bool(asked.trusted),
        }


def _record(asked: argparse.Namespace, root: Path, here: Path) -> Any:
    from .outbox import Outbox

    try:
        body = asked.file.read_bytes()
    except OSError as error:
        raise Fault("not-found", f"{asked.file} cannot be read: {error.strerror}") from None
    with Outbox(root) as outbox:
        return {"id": outbox.put(asked.kind, body)}


def _enrol(asked: argparse.Namespace, root: Path, here: Path) -> Any:
    from .sending import enrol

    return {"device": enrol(root, asked.file).device}


def _sync(asked: argparse.Namespace, root: Path, here: Path) -> Any:
    from .reporting import note_status
    from .sending import sync

    note_status(root)
    return sync(root, asked.place)


_VERBS: dict[str, Callable[[argparse.Namespace, Path, Path], Any]] = {
    "ask": _ask,
    "chat": _chat,
    "serve": _serve,
    "install": _install,
    "update": _update,
    "status": _status,
    "check": _check,
    "record": _record,
    "enrol": _enrol,
    "sync": _sync,
    "health": _health,
}


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _write(line: str) -> None:
    _say(line + "\n")


def _warn(line: str) -> None:
    sys.stderr.write(line + "\n")


def _plain(result: Any) -> Any:
    return asdict(result) if is_dataclass(result) and not isinstance(result, type) else result


def _show(result: Any) -> None:
    """A name and its value a line."""
    for name, value in _plain(result).items():
        if value not in (None, "", [], {}):
            _write(f"{name.replace('_', ' ')}: {value}")
