"""The trained network with its words, where both are on this disk.

Nothing is trained or fetched to extract: ``workbench knowledge teach`` does both. Without it rules
read alone, which the extractor's version says; the update after it looks at each passage anew.
"""

from __future__ import annotations

import functools
from pathlib import Path

from workbench.models import catalogue
from workbench.models.presence import is_present
from workbench.models.word_vectors import load_word_vectors

from .deciding import VERSION, Settler
from .inputs import WORDS
from .keeping import find_network, read_network, sha256_in
from .network import Network
from .weights import CLASSES, unpacked


def find_settler() -> Settler | None:
    """What decides beside the rules; None where no network, or not its words, are on this disk.

    Raises:
        IntegrityError: The network's file was changed, or the words' model was.
    """
    path = find_network()
    if path is None or not is_present(catalogue.find(WORDS)):
        return None
    return load_settler(path)


@functools.lru_cache(maxsize=2)
def load_settler(path: Path) -> Settler:
    """The network of a file, which lies in the home that has its words."""
    network = Network(unpacked(read_network(path)), CLASSES, load_word_vectors(WORDS))
    return Settler(network, f"network {sha256_in(path)[:12]} decides {VERSION}", path)
