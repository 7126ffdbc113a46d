"""What a handler of the administration is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.identity.principals import Principal
    from workbench.serving.gateway import Gateway


@dataclass(frozen=True)
class Asked:
    """One request: by whom, with the parts of its path, its body and its query, all read."""

    gateway: Gateway
    principal: Principal
    path: Mapping[str, str]
    body: Any
    query: Any

    @property
    def actor(self) -> str:
        """Who asks, for the ledger."""
        return f"{self.principal.user}/{self.principal.key_id}"
