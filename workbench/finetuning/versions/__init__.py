"""Versions of adapters: what they were made from, what they are called, how two of them differ."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "NameMove": "names",
        "VersionDiff": "diff",
        "diff_versions": "diff",
        "promote_version": "names",
        "roll_back": "names",
        "tag_version": "names",
    },
)
