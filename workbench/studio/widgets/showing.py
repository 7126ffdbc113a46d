"""How a widget's value shows itself: alive, as HTML that stands still, or as a picture."""

from __future__ import annotations

import importlib.util
import os
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.optional import require
from workbench.reports.claims import RUNNER_VARIABLE

_PNG_SCALE = 2.0


class Shown(ABC):
    """Base of what widgets show. Frozen: a widget never changes what it was made of."""

    @abstractmethod
    def html(self) -> str:
        """All of it without a script."""

    @abstractmethod
    def svg(self) -> str:
        """A picture in the colours of the light theme."""

    @abstractmethod
    def live(self) -> Any:
        """A widget with a script, for a running kernel."""

    @abstractmethod
    def text(self) -> str:
        """The gist in words."""

    def choice(self, chosen: int) -> dict[str, Any]:
        """What ``to_svg`` is to be given so that it shows what the widget shows."""
        return {"target": chosen}

    def to_svg(self, **choice: Any) -> str:
        """The picture as SVG, in ink that follows the light or dark theme of who looks at it.

        Args:
            choice: What is shown: ``target=3`` of a saliency or a comparison, ``panel=2`` of a map.
        """
        from workbench.studio.widgets.drawing import in_both_themes

        return in_both_themes(self.svg(**choice))

    def to_png(self, *, scale: float = _PNG_SCALE, **choice: Any) -> bytes:
        """The picture as PNG on a light ground, ``scale`` pixels a point."""
        convert = require("vl_convert", extra="studio")
        made: bytes = convert.svg_to_png(self.svg(**choice), scale=scale)
        return made

    def save(self, path: str | Path, **choice: Any) -> Path:
        """Write the picture to a file: ``.svg`` or ``.png``.

        Raises:
            InputError: The name ends otherwise, or the folder is not there.
        """
        target = Path(path)
        if target.suffix.lower() not in (".svg", ".png"):
            raise InputError(f"{target.name!r} is no .svg and no .png")
        if not target.parent.is_dir():
            raise InputError(f"there is no folder {str(target.parent)!r}")
        if target.suffix.lower() == ".svg":
            target.write_text(self.to_svg(**choice), encoding="utf-8")
        else:
            target.write_bytes(self.to_png(**choice))
        return target

    def bundle(self) -> dict[str, Any]:
        """As a notebook shows it: alive where there is a kernel to talk to, else standing still."""
        still = {"text/html": self.html(), "text/plain": self.text()}
        if not can_live():
            return still
        return {**self.live()._repr_mimebundle_()[0], **still}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return self.bundle()


def can_live() -> bool:
    """Whether a widget can run: in a kernel, outside a report, with anywidget here."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return (
        hasattr(shell, "kernel")
        and not os.environ.get(RUNNER_VARIABLE)
        and importlib.util.find_spec("anywidget") is not None
    )
