"""Neuron browsing: the texts of a corpus that make a neuron most active.

Karpathy et al. 2015, Visualizing and Understanding Recurrent Networks, and Geva et al. 2021,
Transformer Feed-Forward Layers Are Key-Value Memories, section 3: a neuron is known by the inputs
that excite it. A neuron is one number that the last matrix of an MLP reads; what that matrix writes
for it, seen through the unembedding, is what it makes likelier.

The corpus goes by once. For each neuron the best ``k`` texts are kept, and the words of those texts
alone: memory does not grow with the corpus.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.progress import progress
from workbench.interpretability.inside.anatomy import Anatomy, examine
from workbench.interpretability.inside.reading import (
    ReadText,
    prepare_threads,
    read_text,
)
from workbench.interpretability.inside.recording import recorded
from workbench.interpretability.inside.results import Neuron, TopText
from workbench.models.batching import pad_rows

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.model import Model

_PROMOTED = 8


def find_top_activations(
    model: Model,
    texts: Iterable[str],
    *,
    layer: int,
    neurons: Sequence[int],
    k: int = 10,
    batch_texts: int = 8,
    text_tokens: int = 64,
) -> list[Neuron]:
    """The ``k`` texts with the largest activation of each neuron, and where in them it is.

    A text counts once, by its most active token. The first token of a causal model's text is left
    out: many neurons are large there whatever the text. Of equals the earlier comes first.

    Args:
        model: A causal model or an encoder on ``engine="transformers"``.
        texts: The corpus; it is read once, and empty texts are passed over.
        layer: Whose MLP.
        neurons: Which of its neurons.
        k: How many texts for each.
        batch_texts: Texts that go through the model at a time.
        text_tokens: A longer text is cut.

    Raises:
        InputError: There is no text, or the layer or a neuron is not there.
        CapabilityError: The engine has no module, or the family's MLP is not known.
    """
    if k < 1 or batch_texts < 1 or text_tokens < 2:
        raise InputError("k and batch_texts must be at least 1, and text_tokens at least 2")
    anatomy = examine(model, causal=False)
    place = anatomy.check_layer(layer)
    wanted = _check_neurons(anatomy, place, neurons)
    prepare_threads(model)
    best = _Best(len(wanted), k)
    read = (
        read_text(model, text, cut_tokens=text_tokens)
        for text in texts
        if isinstance(text, str) and text.strip()
    )
    with progress("read the corpus", unit="texts") as task:
        for batch in _batches(read, batch_texts):
            best.add(batch, *_strongest(anatomy, place, wanted, batch))
            task.advance(len(batch))
    if not best.seen:
        raise InputError("the corpus has no text that is not empty")
    promoted = _promoted(model, anatomy, place, wanted)
    return [
        Neuron(
            model=model.name,
            layer=place,
            neuron=neuron,
            texts_seen=best.seen,
            top=best.texts(model, at),
            promotes=promoted[at],
        )
        for at, neuron in enumerate(wanted)
    ]


def _check_neurons(anatomy: Anatomy, layer: int, neurons: Sequence[int]) -> tuple[int, ...]:
    width = _write_matrix(anatomy, layer).shape[1]
    if not neurons:
        raise InputError("no neuron was named", hint=f"layer {layer} has 0 to {width - 1}")
    for neuron in neurons:
        if not 0 <= neuron < width:
            raise InputError(
                f"neuron {neuron} is not one of the {width} of layer {layer}",
                hint=f"0 to {width - 1}",
            )
    return tuple(dict.fromkeys(neurons))


def _write_matrix(anatomy: Anatomy, layer: int) -> Any:
    """What the last matrix writes, ``[d, neurons]``."""
    import torch

    matrix = anatomy.site(layer, "neurons")
    return matrix.weight if isinstance(matrix, torch.nn.Linear) else matrix.weight.T


def _batches(items: Iterable[ReadText], size: int) -> Iterator[list[ReadText]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def _strongest(
    anatomy: Anatomy, layer: int, neurons: Sequence[int], batch: Sequence[ReadText]
) -> tuple[np.ndarray, np.ndarray]:
    """The largest activation of each neuron in each text, and its token: ``[neurons, texts]``."""
    import torch

    ids, mask = pad_rows([read.ids for read in batch])
    with recorded(anatomy, ["neurons"], layers=[layer]) as kept, torch.inference_mode():
        anatomy.module.base_model(input_ids=ids, attention_mask=mask)
        active = kept["neurons", layer].reshape(*ids.shape, -1)[..., list(neurons)].float()
        counted = mask.bool()
        if anatomy.unembedding is not None:
            counted[:, 0] &= mask.sum(dim=1) == 1
        active = active.masked_fill(~counted[..., None], -torch.inf)
        values, places = active.max(dim=1)
    return values.T.numpy(), places.T.numpy()


class _Best:
    """The best ``k`` texts of each neuron so far."""

    def __init__(self, neurons: int, k: int) -> None:
        import numpy as np

        self._k = k
        self._values = np.empty((neurons, 0), np.float32)
        self._numbers = np.empty((neurons, 0), np.int64)
        self._places = np.empty((neurons, 0), np.int64)
        self._kept: dict[int, ReadText] = {}
        self.seen = 0

    def add(self, batch: Sequence[ReadText], values: np.ndarray, places: np.ndarray) -> None:
        """Let the texts of a batch compete with those that are held."""
        import numpy as np

        numbers = np.broadcast_to(self.seen + np.arange(len(batch)), values.shape)
        joined = [
            np.concatenate([held, new], axis=1)
            for held, new in (
                (self._values, values),
                (self._numbers, numbers),
                (self._places, places),
            )
        ]
        # Stable, and those held come first: of equals the earlier text stays.
        order = np.argsort(-joined[0], axis=1, kind="stable")[:, : self._k]
        self._values, self._numbers, self._places = (
            np.take_along_axis(part, order, axis=1) for part in joined
        )
        self._kept.update({self.seen + at: read for at, read in enumerate(batch)})
        held = set(self._numbers.ravel().tolist())
        self._kept = {number: kept for number, kept in self._kept.items() if number in held}
        self.seen += len(batch)

    def __len__(self) -> int:
        return len(self._kept)

    def texts(self, model: Model, neuron: int) -> tuple[TopText, ...]:
        """What one neuron holds, the strongest first."""
        found = []
        for value, number, place in zip(
            self._values[neuron], self._numbers[neuron], self._places[neuron], strict=True
        ):
            read = self._kept[int(number)]
            found.append(
                TopText(
                    text_number=int(number),
                    text=model.detokenize(read.ids),
                    tokens=read.tokens,
                    position=int(place),
                    activation=float(value),
                )
            )
        return tuple(found)


def _promoted(
    model: Model, anatomy: Anatomy, layer: int, neurons: Sequence[int]
) -> list[tuple[str, ...]]:
    """The tokens that what each neuron writes makes likeliest; none for an encoder."""
    import torch

    if anatomy.unembedding is None:
        return [() for _ in neurons]
    with torch.inference_mode():
        written = _write_matrix(anatomy, layer)[:, list(neurons)].T
        logits = torch.nn.functional.linear(anatomy.final_norm(written), anatomy.unembedding.weight)
        top = logits.topk(min(_PROMOTED, logits.shape[-1]), dim=-1).indices
    return [tuple(model.detokenize([int(token)]) for token in row) for row in top]
