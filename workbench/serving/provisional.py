"""Stand-ins for the parts that other rooms bring: one key, one loaded model."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from workbench.core.errors import AccessError


class OneKey:
    """A principal and the only one."""

    def __init__(self, key: str) -> None:
        self._key = key

    def verify(self, key: str | None) -> OneKey:
        if key != self._key:
            raise AccessError(
                "the key is not known", hint="Authorization: Bearer KEY", reason="unknown"
            )
        return self

    def may_use(self, model: str) -> bool:
        return True


class OneAtATime:
    """A pool without a budget."""

    def __init__(self) -> None:
        self._models: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(2)

    def ask(self, name: str, **wishes: Any) -> Future[Any]:
        return self._threads.submit(self._load, name)

    def _load(self, name: str) -> Any:
        from workbench.models.loading import load

        with self._lock:
            if name not in self._models:
                self._models[name] = load(name)
            return Lent(self._models[name])

    def close(self) -> None:
        self._threads.shutdown()
        for model in self._models.values():
            model.close()


class Lent:
    """A loan."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def give_back(self, *, tokens: int = 0) -> None:
        """Nothing is counted."""
