"""Monitoring: what is used, what it costs, what it is worth, what changes and what will run out."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, {})
