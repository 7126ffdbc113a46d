"""Whom a model serves worse: audits of groups, mitigation, probes of language models."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, {})
