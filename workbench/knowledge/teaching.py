"""The operation that trains, on this machine, the network which settles what the rules find."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import IntegrityError
from workbench.core.operations import operation
from workbench.core.optional import require
from workbench.core.viewers import Viewable

if TYPE_CHECKING:
    from .extraction.learnt.network import Words
    from .extraction.learnt.training.labels import Example


@dataclass(frozen=True)
class Teaching(Viewable):
    """A trained network of relations: its file, and what it was trained on.

    ``labelled_sentences`` were labelled by hand, ``rule_sentences`` are of other leads, as rules
    read them; both as the parser parts them. ``inputs`` has the sha256 of all that it follows from,
    ``licenses`` those of the texts and the words. ``training_cpu_s`` is None where it was there.
    """

    path: Path
    sha256: str
    size_bytes: int
    labelled_sentences: int
    rule_sentences: int
    licenses: dict[str, str]
    training_cpu_s: float | None
    inputs: dict[str, Any] = field(repr=False)


@operation("knowledge.teach", title="Train the network that reads facts", produces="teaching")
def teach() -> Teaching:
    """Train the network that settles what the rules find, for all graphs of this home.

    It learns from labelled sentences of this package and from what the rules say of offline
    Wikipedia leads, on one core in some minutes; the leads (7 MB) and the words of an embedder
    (91 MB) are fetched if they are not here. The next update of each graph reads all its passages
    anew with it. Where it is here already, nothing is done.
    """
    from workbench.models.word_vectors import load_word_vectors

    from .extraction.learnt.inputs import WORDS, key_of, training_inputs
    from .extraction.learnt.keeping import find_network, keep_network, read_network

    inputs, began_s = training_inputs(), time.process_time()
    require("torch", extra="models")  # after spaCy, which has OpenMP told how its threads wait
    words, path = load_word_vectors(WORDS), find_network()
    if path is not None:
        try:
            return told_of(path, read_network(path))
        except IntegrityError:  # it was changed after it was written: it is trained again
            path.unlink()
    from .extraction.learnt.training import lessons

    leads = lessons.read_leads()
    labelled = list(lessons.labelled_lessons(lessons.labelled_rows(), leads))
    by_rules = list(lessons.silver_lessons(lessons.silver_titles(leads), leads))
    content = trained(by_rules, labelled, words, inputs=inputs)
    path = keep_network(content, key_of(inputs))
    return told_of(path, read_network(path), training_cpu_s=time.process_time() - began_s)


def trained(
    by_rules: list[Example], labelled: list[Example], words: Words, *, inputs: Mapping[str, Any]
) -> bytes:
    """The file of a network: its weights and what it was trained on.

    Args:
        by_rules: Sentences as rules read them; the first half of the training.
        labelled: Labelled sentences.
        words: Where words have their vectors.
        inputs: As ``extraction.learnt.inputs.training_inputs`` gives them.

    Raises:
        CancelledError: On request.
    """
    from .extraction.learnt.training.fitting import fit
    from .extraction.learnt.weights import packed

    about = {
        "inputs": inputs,
        "labelled_sentences": len(labelled),
        "rule_sentences": len(by_rules),
        "licenses": _licenses(),
    }
    return packed(fit(by_rules, labelled, words), about)


def told_of(path: Path, content: bytes, *, training_cpu_s: float | None = None) -> Teaching:
    """What a network's file says of itself."""
    from .extraction.learnt.keeping import sha256_in
    from .extraction.learnt.weights import told_about

    about = told_about(content)
    return Teaching(
        path,
        sha256_in(path),
        len(content),
        about["labelled_sentences"],
        about["rule_sentences"],
        about["licenses"],
        training_cpu_s,
        about["inputs"],
    )


def _licenses() -> dict[str, str]:
    from workbench.data.catalogue import find_entry
    from workbench.models import catalogue

    from .extraction.learnt.inputs import LEADS, WORDS

    words = catalogue.find(WORDS).sources
    return {LEADS: find_entry(LEADS).license, WORDS: ", ".join(each.license for each in words)}
