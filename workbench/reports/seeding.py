"""Seeds that also reach a library which is imported after the seeding.

``core.seeds`` seeds what is loaded. A report's kernel may be forked with torch already loaded, or
start cold and import torch three cells later: both must draw the same numbers.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

from ..core.seeds import seed_everything

SEEDED_MODULES = ("numpy", "torch", "mlx.core")


class _SeedingLoader(importlib.abc.Loader):
    """Loads a module as its own loader would, then seeds it."""

    def __init__(self, loader: importlib.abc.Loader, seed: int) -> None:
        self._loader, self._seed = loader, seed

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec is not None:
            # The module must find its own loader: resources and pickles ask for it.
            spec.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        _seed_one(module.__name__, self._seed)


class _SeedingFinder(importlib.abc.MetaPathFinder):
    """Stands first on the path and looks at three names only."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in SEEDED_MODULES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _SeedingLoader(spec.loader, self.seed)
        return spec


def seed_now_and_later(seed: int) -> list[str]:
    """Seed each loaded library now, and numpy, torch and mlx when they are imported.

    Returns:
        The libraries that were seeded at once.
    """
    sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, _SeedingFinder)]
    if any(name not in sys.modules for name in SEEDED_MODULES):
        sys.meta_path.insert(0, _SeedingFinder(seed))
    return seed_everything(seed)


def _seed_one(name: str, seed: int) -> None:
    # Only the library that was just loaded: seeding all again would set the others back.
    module = sys.modules[name]
    if name == "numpy":
        module.random.seed(seed % 2**32)
    elif name == "torch":
        module.manual_seed(seed)
    else:
        module.random.seed(seed)
