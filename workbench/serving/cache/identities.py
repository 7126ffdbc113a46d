"""What stands behind a model's name: when that changes, what was answered before is not known.

The names of a gateway stay while weights, templates and settings under them change.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Callable, Mapping

from workbench.core import settings
from workbench.core.errors import NotFoundError, WorkbenchError
from workbench.core.plain import to_plain
from workbench.models.routing.standing import may_move
from workbench.models.virtual import find_virtual, is_virtual

log = logging.getLogger(__name__)

Elsewhere = Callable[[str], str | None]


class Identities:
    """The identity of each model that was asked for, read anew when ``workbench.toml`` changes.

    Args:
        elsewhere: For a model of an upstream, what it is known by there and where that is;
            None for a model here.
    """

    def __init__(self, elsewhere: Elsewhere = lambda model: None) -> None:
        self._elsewhere = elsewhere
        self._known: dict[str, tuple[str, float | None]] = {}
        self._stamp: object = None

    def __call__(self, model: str) -> tuple[str, float | None]:
        """See ``answers.Identify``."""
        stamp = _settings_stamp()
        if stamp != self._stamp:
            self._known.clear()
            self._stamp = stamp
        found = self._known.get(model)
        if found is None:
            found = self._find(model)
            if not moves(model):
                self._known[model] = found
        return found

    def forget(self) -> None:
        """Read everything anew, as when a model's files were replaced."""
        self._known.clear()

    def _of_virtual(self, model: str) -> str:
        """How it is made, and what stands behind each of its members."""
        made = find_virtual(model)
        told = [repr(made), *(self(member)[0] for member in made.members)]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def _find(self, model: str) -> tuple[str, float | None]:
        remote = self._elsewhere(model)
        if remote is not None:
            return remote, None
        try:
            if is_virtual(model):
                return self._of_virtual(model), None
            return describe_model(model)
        except WorkbenchError as error:
            log.debug("the identity of %s is its name alone: %s", model, error)
            return model, None


def moves(model: str) -> bool:
    """Whether other weights may stand behind a name at any moment: a label, or one in it."""
    if "/" not in model:
        return may_move(model)
    if not is_virtual(model):
        return False
    made = find_virtual(model)
    return getattr(made, "moves", False) or any(map(moves, made.members))


def describe_model(model: str) -> tuple[str, float | None]:
    """The identity of a model here and its own temperature.

    Raises:
        NotFoundError: There is none.
        WorkbenchError: Its settings are wrong.
    """
    import workbench
    from workbench.models import adapters, catalogue
    from workbench.models.loading import choose_engine
    from workbench.models.model_settings import read_settings

    base = model.partition(":")[0]
    entry = catalogue.find(base)
    chosen = read_settings(entry.name)
    sampling = chosen.sampling_defaults(entry.sampling)
    source = entry.sources[0]
    adapter = None
    if base != model:
        with contextlib.suppress(NotFoundError):  # then nobody answers for it either
            found = adapters.resolve(model, verify=False)
            adapter = found.full_name, dict(found.record.files)
    told: Mapping[str, object] = {
        "model": model if adapter is None else base,
        "adapter": adapter,
        "files": [(file.name, file.sha256, file.size_bytes) for file in source.files],
        "changed": _changed(source),
        "engine": choose_engine(entry, chosen.engine),
        "settings": to_plain(chosen),
        "sampling": to_plain(sampling),
        "system": entry.system,
        "workbench": workbench.__version__,
    }
    canonical = json.dumps(told, sort_keys=True, default=str).encode()
    return hashlib.sha256(canonical).hexdigest(), sampling.temperature


def _changed(source: object) -> list[tuple[str, int]]:
    """When the user's own files were last written: no sha256 is kept of them."""
    from pathlib import Path

    if getattr(source, "scheme", None) != "file":
        return []
    folder = Path(source.parts["folder"])  # type: ignore[attr-defined]
    paths = [folder / file.name for file in source.files]  # type: ignore[attr-defined]
    return [(path.name, path.stat().st_mtime_ns) for path in paths if path.exists()]


def _settings_stamp() -> object:
    path = settings.find_file()
    return None if path is None else (path, path.stat().st_mtime_ns)
