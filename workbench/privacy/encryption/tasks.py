"""What is asked in ciphertexts: a model trained on real rows, and other rows to ask it about.

``digits``: 64 pixels, the frozen split of ``dp.digits``. ``wikipedia-leads``: the topic of an
article from its first sentence, as an embedding of 384 numbers. A file: its columns of numbers,
clipped at their .005 and .995 quantiles, which clients do before they encrypt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.core.progress import progress
from workbench.privacy.ledger.recording import record

if TYPE_CHECKING:
    import numpy as np

ModelKind = Literal["mlp", "logistic", "text"]
ENCODER = "minilm-l6-v2"
HIDDEN = 32
TOPICS = 6
_TAILS = (0.005, 0.995)
_SENTENCES, _EVERY = 75, 5  # of each topic, and which of them are asked about
_SENTENCE = re.compile(r"(.{20,240}?[.!?])(?=\s|$)", re.DOTALL)


@dataclass(frozen=True)
class Task:
    """A trained model, the rows it was trained on, and rows ``[n, features]`` to ask about.

    ``input_range`` is what a feature can be at all, or what it is clipped to. ``texts`` are the
    sentences that were asked about, where rows are embeddings; ``columns`` those of a file that are
    read, and ``left_out`` those that are not, for they hold no numbers.
    """

    name: str
    dataset: str
    model: Any
    rows: np.ndarray
    labels: np.ndarray
    asked: np.ndarray
    asked_labels: np.ndarray
    input_range: tuple[Any, Any]
    texts: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def load_task(
    kind: ModelKind, *, dataset: str | None = None, target: str | None = None, seed: int = 0
) -> Task:
    """Load the rows and train the model; the ledger is told.

    Args:
        kind: ``mlp`` (32 hidden units), ``logistic``, or ``text`` (logistic, on embeddings).
        dataset: ``digits``, ``wikipedia-leads``, or a file with columns of numbers.
        target: The column of a file that is foretold.
        seed: Of the training, and of a file's split.

    Raises:
        InputError: The model is not for that data set, or the file's target is not named.
        NotFoundError: The file has no such column.
        DataError: The file has no columns of numbers, or gaps in them, or its target is no class.
    """
    name = dataset or ("wikipedia-leads" if kind == "text" else "digits")
    if (kind == "text") != (name == "wikipedia-leads"):
        raise InputError(
            f"the model {kind} is not for {name}",
            hint="--model text is for wikipedia-leads, mlp and logistic for digits or a file",
        )
    if kind == "text":
        task = _sentences(seed)
    elif name == "digits":
        task = _digits(kind, seed)
    else:
        task = _table(kind, name, target, seed)
    record("training", f"data set {name}", data={"model": task.name, "rows": len(task.rows)})
    return task


def asked_rows(
    plan_features: int, encoder: str, source: str
) -> tuple[np.ndarray, Any, tuple[str, ...]]:
    """Rows to ask about, their labels if they are known, and the heading that a file of them has.

    A first line of numbers is a row, unless it counts the columns (0, 1, 2, ...).

    Args:
        plan_features: How many features the model takes.
        encoder: The model that makes rows of texts; empty where rows are numbers.
        source: ``digits``, ``wikipedia-leads``, a .csv, or a .txt with a sentence a line.
    """
    import numpy as np

    if source == "digits":
        pixels, labels, _, asked = _read_digits()
        return pixels[asked], labels[asked], ()
    if source == "wikipedia-leads":
        _, (texts, topics) = _read_sentences()
        return embed(texts), np.asarray(topics), ()
    path = Path(source)
    if not path.is_file():
        raise InputError(f"there is no file {path}", hint="a .csv of rows, a .txt, or digits")
    if encoder:
        return embed(_read_lines(path)), None, ()
    import pandas as pd

    try:
        first = pd.read_csv(path, header=None, nrows=1, dtype=str).iloc[0].tolist()
        heading = _is_heading(first)
        table = pd.read_csv(path, header=0 if heading else None)
        rows = table.to_numpy(dtype=np.float64)
    except (ValueError, OSError) as error:
        raise InputError(f"{path.name} is no table of numbers: {error}") from None
    if rows.shape[1] != plan_features:
        raise InputError(
            f"{path.name} has {rows.shape[1]} columns; the model takes {plan_features} features"
        )
    return rows, None, tuple(map(str, first)) if heading else ()


def _is_heading(first: Sequence[Any]) -> bool:
    """Whether a table's first line names its columns: it has words, or counts from 0 or 1."""
    try:
        numbers = [float(cell) for cell in first]
    except ValueError:
        return True
    return len(numbers) > 1 and any(
        numbers == list(range(start, start + len(numbers))) for start in (0, 1)
    )


def _read_lines(path: Path) -> list[str]:
    """The lines of a text file that say something.

    Raises:
        InputError: It is no UTF-8, or has none.
    """
    try:
        lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name} is not UTF-8 ({error.reason})", hint="iconv -t UTF-8"
        ) from None
    if not lines:
        raise InputError(f"{path.name} has no sentences", hint="one a line")
    return lines


def train_mlp(rows: np.ndarray, labels: np.ndarray, *, seed: int = 0) -> Any:
    """A ReLU network of 32 hidden units, by scikit-learn."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        (HIDDEN,), alpha=1e-2, learning_rate_init=5e-3, batch_size=min(64, len(rows)), max_iter=60,
        random_state=seed,
    )  # fmt: skip
    with warnings.catch_warnings():
        # So many epochs are enough for it; to the optimum it would go on learning rows by heart.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(rows, labels)


def train_logistic(rows: np.ndarray, labels: np.ndarray) -> Any:
    """A logistic regression, by scikit-learn."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=2000).fit(rows, labels)


def embed(texts: Sequence[str]) -> np.ndarray:
    """Embeddings ``[n, 384]`` of texts, of length 1, made on this machine."""
    import numpy as np

    from workbench.models import load

    parts = []
    with (
        progress(f"embedding with {ENCODER}", total=len(texts), unit="texts") as task,
        load(ENCODER) as model,
    ):
        for start in range(0, len(texts), 32):
            part = list(texts[start : start + 32])
            parts.append(np.asarray(model.embed(part), dtype=np.float64))
            task.advance(len(part))
    return np.concatenate(parts)


def _fit(kind: str, rows: np.ndarray, labels: np.ndarray, seed: int) -> Any:
    with progress(f"training {kind}", unit="rows"):
        return train_mlp(rows, labels, seed=seed) if kind == "mlp" else train_logistic(rows, labels)


def _read_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pixels from 0 to 1, labels, and the rows to learn from and to ask about."""
    import numpy as np

    from workbench import data
    from workbench.privacy.dp.digits import split_rows

    table = data.load("digits")
    pixels = np.asarray(table["pixels"], dtype=np.float64) / 16.0
    labels = np.asarray(table["label"])
    train, kept, asked = split_rows(labels)
    return pixels, labels, np.concatenate([train, kept]), asked[_mixed(len(asked))]


def _digits(kind: str, seed: int) -> Task:
    pixels, labels, train, asked = _read_digits()
    model = _fit(kind, pixels[train], labels[train], seed)
    return Task(
        f"digits-{kind}", "digits", model, pixels[train], labels[train], pixels[asked],
        labels[asked], (0.0, 1.0),
    )  # fmt: skip


def _read_sentences() -> tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]]:
    """First sentences and topics, to learn from and to ask about."""
    from workbench import data

    table = data.load("wikipedia-leads")
    found: dict[str, list[str]] = {}
    for topic, text in zip(table["topic"], table["text"], strict=True):
        match = _SENTENCE.match(text.strip())
        if match:
            found.setdefault(topic, []).append(match[1])
    topics = sorted(found, key=lambda topic: (-len(found[topic]), topic))[:TOPICS]
    train: tuple[list[str], list[str]] = ([], [])
    asked: tuple[list[str], list[str]] = ([], [])
    for topic in topics:
        # Spread over the topic: neighbours in the list are of one kind.
        every = max(len(found[topic]) // _SENTENCES, 1)
        for number, text in enumerate(found[topic][::every][:_SENTENCES]):
            part = asked if number % _EVERY == 0 else train
            part[0].append(text)
            part[1].append(topic)
    order = _mixed(len(asked[0])).tolist()
    return train, ([asked[0][i] for i in order], [asked[1][i] for i in order])


def _mixed(count: int) -> np.ndarray:
    """An order in which the first rows are of all classes; always the same."""
    import numpy as np

    return np.random.default_rng(0).permutation(count)


def _sentences(seed: int) -> Task:
    import numpy as np

    (texts, topics), (others, other_topics) = _read_sentences()
    vectors = embed([*texts, *others])
    rows, asked = vectors[: len(texts)], vectors[len(texts) :]
    labels = np.asarray(topics)
    return Task(
        "topics", "wikipedia-leads", train_logistic(rows, labels), rows, labels, asked,
        np.asarray(other_topics), (-1.0, 1.0), tuple(others),
    )  # fmt: skip


def _table(kind: str, dataset: str, target: str | None, seed: int) -> Task:
    import numpy as np
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from workbench import data

    if target is None:
        raise InputError(f"what is to be foretold in {dataset}?", hint="--target COLUMN")
    table = data.load(dataset, "train").to_pandas()
    if target not in table.columns:
        raise NotFoundError.among(f"column of {dataset}", target, map(str, table.columns))
    numbers = table.drop(columns=target).select_dtypes(["number", "bool"])
    _check_classes(table[target], dataset)
    if numbers.shape[1] == 0:
        raise DataError(
            f"{dataset} has no columns of numbers beside {target!r}",
            hint="write what is to be learnt from as numbers",
        )
    gaps = [str(name) for name in numbers.columns[numbers.isna().any()]]
    if gaps:
        raise DataError(
            f"{dataset} has gaps in {', '.join(gaps)}", hint="fill the gaps, or leave such rows out"
        )
    left_out = [str(each) for each in table.columns if each != target and each not in numbers]
    rows = numbers.to_numpy(dtype=np.float64)
    labels = table[target].to_numpy()
    rows, asked, labels, asked_labels = train_test_split(
        rows, labels, test_size=0.25, random_state=seed, stratify=labels
    )
    # A polynomial holds over all of its range alike: one far value would widen it for every row.
    low, high = np.quantile(rows, _TAILS, axis=0)
    high = np.where(high > low, high, low + 1.0)  # of columns that nearly always say the same
    rows, asked = np.clip(rows, low, high), np.clip(asked, low, high)
    scaler = StandardScaler().fit(rows)
    model = make_pipeline(scaler, _fit(kind, scaler.transform(rows), labels, seed))
    return Task(
        f"{Path(dataset).stem}-{kind}",
        dataset,
        model,
        rows,
        labels,
        asked,
        asked_labels,
        (low, high),
        columns=tuple(map(str, numbers.columns)),
        left_out=tuple(left_out),
    )


def _check_classes(values: Any, dataset: str) -> None:
    """Raise DataError where a column (a pandas Series) is no class that can be learnt and tested.

    No value is told: a target of names is named by mistake.
    """
    import pandas as pd

    name, sizes = f"column {str(values.name)!r} of {dataset}", values.value_counts()
    hint = "--target a column of two values or more, each in several rows"
    if values.isna().any():
        raise DataError(f"{name} has gaps", hint="fill them, or leave such rows out")
    if len(sizes) < 2:
        raise DataError(
            f"{name} has the same value everywhere: there is nothing to tell", hint=hint
        )
    if pd.api.types.is_float_dtype(values) and (values % 1 != 0).any():
        raise DataError(f"{name} is a quantity, and what is foretold is a class", hint=hint)
    rare = int((sizes < 2).sum())
    if rare:
        raise DataError(
            f"{rare:,} of the {len(sizes):,} values of {name} are in one row", hint=hint
        )
    if len(values) // 4 < len(sizes):  # a quarter is asked about, and has each of them
        raise DataError(
            f"{name} has {len(sizes):,} values in {len(values):,} rows: too many to test each",
            hint=hint,
        )
