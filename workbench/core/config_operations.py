"""Operations on the settings."""

from __future__ import annotations

from typing import Any

from . import settings
from .addresses import without_password
from .operations import operation
from .plain import to_plain


@operation("config.show", title="Show each setting with its source", produces="settings")
def show() -> dict[str, dict[str, Any]]:
    """Show each setting's value and where it comes from.

    An argument is stronger than the environment, that than workbench.toml, that than the default.
    A password in an address is shown as ***.
    """
    return {
        name: {"value": _shown(found.value), "source": found.source}
        for name, found in settings.resolve_all().items()
    }


def _shown(value: Any) -> Any:
    return without_password(value) if isinstance(value, str) else to_plain(value)
