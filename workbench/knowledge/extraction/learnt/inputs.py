"""All that a trained network follows from, and the key that this makes.

Where any of it changes, a network that was trained before is none of this workbench: rules read
alone until it is taught again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from workbench.data.catalogue import find_entry
from workbench.evaluation.knowledge_sets import KNOWLEDGE_SETS
from workbench.models import catalogue
from workbench.models.english import english_version

from ..dependency.rules import RULES_VERSION

VERSION = "2"
"""Raise it with every change of signs, phrases, network or training: it is then taught anew."""

WORDS = "minilm-l6-v2"
LEADS = "wikipedia-leads"
LABELLED = (
    *("extraction_development", "extraction_named_development"),
    *("extraction_held_out", "extraction_named_held_out", "extraction_third_held_out"),
    "extraction_third_training",
    *("extraction_fourth_training", "extraction_fourth_training_more"),
)
"""The sets that are learnt from: the held-out ones among them are spent, the fourth is not."""


def kept_apart() -> tuple[str, ...]:
    """The sets of labelled sentences that are not learnt from, nor is any lead of theirs."""
    sets = (name for name in KNOWLEDGE_SETS if name.startswith("extraction_"))
    return tuple(name for name in sets if name not in LABELLED)


def training_inputs() -> dict[str, Any]:
    """What a network that is trained now follows from, by name; files by their sha256.

    Raises:
        MissingExtraError: spaCy or its model is not installed.
    """
    return {
        "network": VERSION,
        "rules": RULES_VERSION,
        "parser": english_version(),
        "sets": {name: KNOWLEDGE_SETS[name] for name in LABELLED},
        "kept apart": {name: KNOWLEDGE_SETS[name] for name in kept_apart()},
        "leads": _sha256s(find_entry(LEADS).sources),
        "words": _sha256s(catalogue.find(WORDS).sources),
    }


def key_of(inputs: Mapping[str, Any]) -> str:
    """The sha256 of some inputs."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _sha256s(sources: Any) -> dict[str, str | None]:
    return {file.name: file.sha256 for source in sources for file in source.files}
