"""What variants of a model are compared on, written down before any of them was measured.

The sets stand here and not in ``evaluation``, which is a floor above. Each is named by its sha256:
a set that was edited afterwards is refused.
"""

from __future__ import annotations

from typing import Any

from workbench.core.frozen import read_frozen_file

SHA256 = {
    # Twelve passages of about 240 tokens each, prose, dialogue, instructions and code: perplexity.
    "passages": "b77808b324fd3f01cac2c49d4a81e1ac6ef166628afbed2915737bdb800f57dd",
    # Sixteen questions, on which greedy answers are compared token by token.
    "prompts": "e1c9e44ecbc7b0feb7d871ad4f5d224213a68281b1df923f31eb8db51fdeb38d",
    # Six texts to be written again with one word replaced: where an answer repeats its prompt.
    "rewrites": "58ab1c4e6221534561e795780a0cb68a1bfbbf3dd95d0dce444fcdc5198569ad",
}


def read_set(name: str) -> tuple[dict[str, Any], ...]:
    """The rows of one set.

    Raises:
        NotFoundError: There is no such set.
        IntegrityError: Its file was changed after it was frozen.
    """
    return tuple(read_frozen_file("workbench.models.tuning", name, SHA256))
