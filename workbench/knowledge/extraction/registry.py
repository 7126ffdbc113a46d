"""The extractors by name, made from the settings that a graph keeps of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.core.errors import NotFoundError

from .gazetteer import GazetteerExtractor
from .patterns import PatternExtractor
from .protocol import Extractor
from .tables import TableExtractor

DEFAULT = ("dependencies", "plain", "tables")
Maker = Callable[[dict[str, Any]], Extractor]
_makers: dict[str, Maker] = {}


def register_extractor(name: str, maker: Maker) -> None:
    """Make extractors of that name with ``maker``, which is given a graph's settings of it."""
    _makers[name] = maker


def make_extractor(name: str, settings: Mapping[str, Any] | None = None) -> Extractor:
    """An extractor.

    Raises:
        NotFoundError: There is none of that name.
    """
    if name not in _makers:
        raise NotFoundError.among("extractor", name, _makers, hint="leave --extractors out")
    return _makers[name](dict(settings or {}))


def settings_of(extractor: Extractor) -> dict[str, Any]:
    """What a graph keeps of an extractor, so that the next update makes the same one."""
    found: dict[str, Any] = getattr(extractor, "settings", {})
    return found


def _dependencies() -> Extractor:
    from .dependency.extractor import DependencyExtractor

    return DependencyExtractor()


def _plain() -> Extractor:
    from .plain import PlainExtractor

    return PlainExtractor()


def _language_model(model: str | None) -> Extractor:
    from .language_model import LanguageModelExtractor

    return LanguageModelExtractor(model)


register_extractor("patterns", lambda settings: PatternExtractor())
register_extractor("gazetteer", GazetteerExtractor.of)
register_extractor("dependencies", lambda settings: _dependencies())
register_extractor("plain", lambda settings: _plain())
register_extractor("tables", lambda settings: TableExtractor())
register_extractor("language-model", lambda settings: _language_model(settings.get("model")))
