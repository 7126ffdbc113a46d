"""A table's texts and labels, checked, and their vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, NotFoundError
from workbench.core.progress import progress
from workbench.interpretability.reading_limit import MOST_TOKENS, Cost, refuse_costly

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.model import Model

MOST_LABELS = 100
MOST_ROWS = 20_000
_BATCH = 64


@dataclass(frozen=True)
class LabelledTexts:
    """``rows`` are numbers in the table; ``labels`` are empty where none were asked for.
    ``excluded`` says, in words, what was left out and why."""

    dataset: str
    rows: tuple[int, ...]
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    excluded: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The labels that occur, sorted."""
        return tuple(sorted(set(self.labels)))

    def numbers(self) -> np.ndarray:
        """The labels as places in ``names``: ``[n]``."""
        import numpy as np

        return np.searchsorted(np.array(self.names), np.array(self.labels))


def read_labelled(
    dataset: str,
    *,
    text: str,
    label: str | None,
    split: str | None = None,
    limit: int,
    seed: int,
) -> LabelledTexts:
    """Rows of a data set, drawn by ``seed`` if there are more than ``limit``.

    Rows without text or label are left out, and so are labels that only one row has: nothing could
    contradict or support it.

    Raises:
        NotFoundError: There is no such data set, split or column.
        InputError: Too few rows or labels are left, or there are too many labels to be classes.
    """
    if not 2 <= limit <= MOST_ROWS:
        raise InputError(f"{limit} rows; 2 to {MOST_ROWS} can be looked at", hint="limit=2000")
    table = _one_split(dataset, split)
    for column in (text, label):
        if column is not None and column not in table.column_names:
            raise NotFoundError.among(f"column of {dataset}", column, table.column_names)
    texts = _words(table, text, dataset)
    labels = [None if each is None else str(each) for each in table[label]] if label else texts
    kept = [at for at, pair in enumerate(zip(texts, labels, strict=True)) if all(pair)]
    missing = len(texts) - len(kept)
    excluded = [f"{missing} rows without a text or a label"] if missing else []
    kept = _drawn(kept, limit, seed)
    if label is not None:
        counts = Counter(labels[at] for at in kept)
        lonely = {name for name, count in counts.items() if count < 2}
        excluded += [f"label {name!r}: one row alone" for name in sorted(map(str, lonely))]
        kept = [at for at in kept if labels[at] not in lonely]
        _check_labels(dataset, label, len(counts) - len(lonely))
    if len(kept) < 2:
        raise InputError(f"{len(kept)} rows of {dataset} are left; two are needed")
    return LabelledTexts(
        dataset,
        tuple(kept),
        tuple(str(texts[at]) for at in kept),
        tuple(str(labels[at]) for at in kept) if label else (),
        tuple(excluded),
    )


def _one_split(dataset: str, split: str | None) -> Any:
    from workbench import data

    table = data.load(dataset, split)
    if not hasattr(table, "column_names") or isinstance(table.column_names, dict):
        table = table["train"] if "train" in table else table[next(iter(table))]
    return table


def _words(table: Any, column: str, dataset: str) -> list[str | None]:
    found = list(table[column])
    if any(each is not None and not isinstance(each, str) for each in found):
        raise InputError(f"column {column!r} of {dataset} is not text", hint="text=COLUMN")
    return [each.strip() if each else None for each in found]


def _drawn(rows: list[int], limit: int, seed: int) -> list[int]:
    if len(rows) <= limit:
        return rows
    import numpy as np

    chosen = np.random.default_rng(seed).choice(len(rows), size=limit, replace=False)
    return [rows[place] for place in sorted(chosen)]


def _check_labels(dataset: str, column: str, count: int) -> None:
    if not 2 <= count <= MOST_LABELS:
        raise InputError(
            f"column {column!r} of {dataset} has {count} labels that more than one row has; "
            f"2 to {MOST_LABELS} make classes",
            hint="label=COLUMN, or a larger limit",
        )


def embed_texts(
    model: Model, texts: Sequence[str], *, most_tokens: int = MOST_TOKENS
) -> np.ndarray:
    """Vectors of length 1 ``[n, d]``, in batches of texts that are about as long as each other.

    Raises:
        CapacityError: The texts have more than ``most_tokens`` tokens; none was read.
    """
    import numpy as np

    refuse_costly(
        count_cost(model, texts, enough=most_tokens),
        what=f"finding examples among {len(texts):,} texts",
        reads="each of them",
        instead="a smaller limit of rows, shorter texts",
        most_tokens=most_tokens,
    )
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    found: list[np.ndarray] = []
    with progress("embed the texts", total=len(texts), unit="texts") as task:
        for first in range(0, len(order), _BATCH):
            batch = [texts[at] for at in order[first : first + _BATCH]]
            found.append(model.embed(batch))
            task.advance(len(batch))
    vectors = np.empty((len(texts), found[0].shape[1]), np.float32)
    vectors[order] = np.concatenate(found)
    return vectors


def count_cost(model: Model, texts: Sequence[str], *, enough: int) -> Cost:
    """What a model reads of some texts, each up to its context.

    The tokens are counted one by one only where the bytes, of which a token has one at least, may
    be more than ``enough``.
    """
    around = 2  # a first and a last token of the model's own
    most = sum(len(text.encode()) + around for text in texts)
    if most > enough:
        context = model.info.context_tokens
        most = sum(min(len(model.tokenize(text)) + around, context) for text in texts)
    return Cost(len(texts), most)
