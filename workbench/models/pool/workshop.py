"""Where models are loaded and closed: threads of the pool's own, so that no caller waits."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.core import events
from workbench.core.cancellation import CancelToken, current_token
from workbench.core.errors import EngineError, WorkbenchError
from workbench.models import footprints
from workbench.models.pool.describing import Description
from workbench.models.pool.lines import Resident

if TYPE_CHECKING:
    from workbench.models.model import Model

log = logging.getLogger(__name__)
T = TypeVar("T")


class Workshop:
    """Runs work with the settings that held where the pool was made."""

    def __init__(self) -> None:
        self._context = contextvars.copy_context()
        self._token = CancelToken()
        self._context.run(current_token.set, self._token)  # the maker's end is not the pool's
        self._threads: set[threading.Thread] = set()

    def run(self, call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call in this thread, with the pool's settings."""
        return self._context.copy().run(call, *args, **kwargs)

    def start(self, call: Callable[..., None], *args: Any) -> None:
        """Call in a thread of its own."""

        def work() -> None:
            try:
                self.run(call, *args)
            finally:
                self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=work, daemon=True, name="model-pool-load")
        self._threads.add(thread)
        thread.start()

    def cancel(self, reason: str) -> None:
        """Stop the loads."""
        self._token.cancel(reason)

    def join(self) -> None:
        """Wait for everything that was started."""
        for thread in list(self._threads):
            if thread is not threading.current_thread():
                thread.join()

    def load(self, resident: Resident, known: Description, *, name: str) -> tuple[Model, int]:
        """Load a model, by ``name`` with an adapter that it must have, and measure it.

        Raises:
            WorkbenchError: It could not be loaded; any other fault becomes an EngineError.
        """
        from workbench.models.loading import load

        started_s = time.monotonic()
        model: Model | None = None
        try:
            model = load(
                name,
                engine=resident.key.engine,
                isolated=True,
                max_threads=resident.threads,
                parallel=resident.needs.parallel,
                context_tokens=known.context_tokens,
            )
            taken = model.memory_bytes()
        except WorkbenchError:
            if model is not None:
                model.close()
            raise
        except Exception as error:  # whatever an engine's library raises, the pool must go on
            log.exception("loading %s failed", resident.key)
            raise EngineError(
                f"{resident.key} could not be loaded: {type(error).__name__}: {error}",
                hint="workbench models pull " + resident.key.name,
            ) from error
        load_s = time.monotonic() - started_s
        _keep(
            footprints.save_footprint,
            _footprint(resident, known, peak_bytes=taken, load_s=load_s),
        )
        return model, taken

    def unload(
        self,
        model: Model | None,
        resident: Resident,
        known: Description,
        tokens_per_s: float | None,
        reason: str,
    ) -> None:
        """Close a model, keep what was learnt of it, and tell."""
        if model is None:
            return
        try:
            model.close()
        except Exception:  # the memory of a process that is gone is free, whatever it says
            log.exception("closing %s failed", resident.key)
        _keep(
            footprints.update_footprint,
            _footprint(
                resident,
                known,
                peak_bytes=resident.most_bytes,
                load_s=resident.needs.load_s,
                tokens_per_s=tokens_per_s,
            ),
        )
        figures = {**_figures(resident), "reason": reason}
        if reason in ("evicted", "over-budget"):
            events.emit("models.evicted", **figures)
        events.emit("models.unloaded", **figures)

    def tell_loaded(self, resident: Resident) -> None:
        """Tell that a model is ready."""
        events.emit("models.loaded", **_figures(resident))


def _keep(write: Callable[[footprints.Footprint], object], footprint: footprints.Footprint) -> None:
    try:
        write(footprint)
    except Exception as error:  # noqa: BLE001 - a full disk must not cost the model
        log.warning("the footprint of %s was not kept: %s", footprint.name, error)


def _footprint(
    resident: Resident,
    known: Description,
    *,
    peak_bytes: int,
    load_s: float,
    tokens_per_s: float | None = None,
) -> footprints.Footprint:
    return footprints.Footprint(
        name=known.base,
        engine=resident.key.engine,
        context_tokens=known.context_tokens,
        parallel=resident.needs.parallel,
        resident_bytes=resident.measured_bytes or peak_bytes,
        peak_bytes=peak_bytes,
        load_s=load_s,
        tokens_per_s=tokens_per_s,
        loans=resident.grants,
        weights=known.weights,
    )


def _figures(resident: Resident) -> dict[str, Any]:
    return {
        "name": resident.key.name,
        "engine": resident.key.engine,
        "resident_bytes": resident.measured_bytes,
        "reckoned_bytes": resident.needs.bytes,
        "load_s": resident.needs.load_s,
        "threads": resident.threads,
        "grants": resident.grants,
    }
