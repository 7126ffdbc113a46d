"""Where the predictions to audit come from: a model fitted to a data set, or a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.errors import DataError, InputError, IntegrityError, NotFoundError, list_names
from workbench.core.near_names import near_names

from .groups import MOST_VALUES, nothing_to_compare
from .outcomes import Outcomes, Task, are_probabilities, read_outcomes
from .result import Exclusion

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from workbench.models.tabular import Outline, TableParts, TabularModel

FOLDER = "audits"
_OWN = ("y", "y_hat", "score", "query")


@dataclass(frozen=True)
class Predictions:
    """Outcomes and predictions with the rows that they are of.

    ``sensitive`` are the chosen columns by name, ``columns`` all that slices may be made of, each
    of shape [n]; ``query`` says which ranking a row belongs to. ``notes`` say what to keep in mind,
    ``excluded`` which groups have no row here at all.
    """

    dataset: str
    model: str
    outcomes: Outcomes
    sensitive: dict[str, Any]
    columns: dict[str, Any]
    query: Any = None
    notes: tuple[str, ...] = ()
    excluded: tuple[Exclusion, ...] = ()


def predict_dataset(
    dataset: str,
    *,
    sensitive: Sequence[str],
    model: str = "gradient_boosting",
    target: str | None = None,
    positive: str | None = None,
    exclude: Sequence[str] = (),
    seed: int = 0,
    task: Task = "auto",
    compared: bool = True,
) -> Predictions:
    """Fit a model to the training rows of a data set and let it predict the test rows.

    Args:
        dataset: A name of the catalogue, or a file.
        sensitive: Columns to compare by.
        model: A kind of model of tables, or the record of a saved one (.json), a fairer one too.
        target: The column to predict; by default the catalogue's.
        positive: The class that counts as 1; by default the last of two.
        exclude: Columns that the model must not read.
        seed: Of the split and the fit.
        task: ``ranking`` places the test rows by the model's score (a number: by the prediction),
            all in one ranking, with what came for their relevance; else the target says it.
        compared: Sensitive columns are needed.

    Raises:
        NotFoundError: There is no such data set, column, model or class.
        InputError: There is no target, no sensitive column, or no positive class.
    """
    from workbench.models.tabular import fit_tabular, load_parts, outline_of, to_frame
    from workbench.models.tabular.features import encode

    saved = model.endswith(".json")
    outline = outline_of(dataset, target, model=None if saved else model, columns=exclude)
    if outline is not None:  # before anything is fetched
        _check_columns(sensitive, outline.columns, outline.target, outline, compared)
    parts = load_parts(dataset, target, seed=seed)
    chosen = tuple(sensitive)
    test = to_frame(parts.test)
    _check_columns(chosen, test.columns, parts.target, parts, compared)
    for name in chosen if compared else ():  # before a model is fitted for nothing
        _check_values(name, test, parts)
    if saved:
        fitted = _open_saved(model, dataset, parts)
    else:
        _check_class(parts, positive)
        fitted = fit_tabular(parts.train, parts.target, model=model, exclude=exclude, seed=seed)
    numbers, unseen = encode(fitted.columns, parts.test)
    outcomes = _outcomes(fitted, parts, numbers, positive, ranked=task == "ranking")
    read = [name for name in chosen if name in fitted.features]
    notes = [f"{parts.how}: the model learned from {parts.train_rows:,} other rows"]
    if task == "ranking":
        notes.append("all test rows are one ranking, placed by what the model says of them")
    if read:
        notes.append(f"the model reads {', '.join(read)}")
    notes += _tell_columns(fitted, numbers, unseen, chosen)
    columns = {name: test[name] for name in test.columns if name != parts.target}
    return Predictions(
        parts.name,
        fitted.name,
        outcomes,
        {name: test[name] for name in chosen},
        columns,
        notes=tuple(notes),
        excluded=_unjudged(chosen, test, parts),
    )


def _unjudged(
    chosen: Sequence[str], test: pd.DataFrame, parts: TableParts
) -> tuple[Exclusion, ...]:
    """The values of sensitive columns of which every row fell among those that are learnt from."""
    from workbench.models.tabular import to_frame

    learnt, found = to_frame(parts.train), []
    for name in chosen:
        counts = learnt[name].value_counts()
        if len(counts) > MOST_VALUES:  # numbers, which are cut into ranges, or too many to name
            continue
        here = set(test[name].dropna().unique())
        found += [
            Exclusion(f"{name}={value}", int(rows), "all of its rows are among those learned from")
            for value, rows in counts.items()
            if value not in here
        ]
    return tuple(found)


def _check_values(name: str, test: pd.DataFrame, parts: TableParts) -> None:
    """Refuse a sensitive column that tells no rows apart among those that are judged."""
    from workbench.models.tabular import to_frame

    values = test[name].dropna().unique()
    if len(values) > 1:
        return
    others = set(to_frame(parts.train)[name].dropna().unique()) - set(values)
    if not others:
        raise nothing_to_compare(name, len(values))
    raise InputError(
        f"the sensitive column {name!r} has {'one value' if len(values) else 'no value'} in the "
        f"{len(test):,} rows that the model is judged on: what is rare fell among those that it "
        "learns from",
        hint="choose another column, or another seed of the split",
    )


def _check_class(parts: TableParts, positive: str | None) -> None:
    """Refuse a positive class that is not there, or is needed, before a model is fitted."""
    from workbench.models.tabular.targets import read_target

    wanted = read_target(parts.train, parts.target, task=None)
    if wanted.task == "classification":
        _positive(wanted.classes, positive, parts.target)


def _tell_columns(
    fitted: TabularModel,
    numbers: np.ndarray,
    unseen: dict[str, dict[str, int]],
    sensitive: Sequence[str],
) -> list[str]:
    """What became of columns that say nothing, and of missing values.

    Args:
        fitted: The model; it knows what it left out, and what it did with the rows learned from.
        numbers: The judged rows as it reads them, ``[rows, columns]``, NaN for what is missing.
        unseen: Of these rows the values that it did not know, which are missing to it.
        sensitive: Rows without a value of these are in no group, and told with what is left out.
    """
    import numpy as np

    from workbench.models.tabular.features import EXCLUDED

    left = [f"{e.column} ({e.reason})" for e in fitted.left_out if e.reason != EXCLUDED]
    told = [f"not read by the model: {list_names(left, most=8)}"] if left else []
    told += fitted.notes
    strange = {name: sum(counts.values()) for name, counts in unseen.items()}
    empty = np.isnan(numbers).sum(axis=0)
    missing = {
        column.name: int(rows) - strange.get(column.name, 0)
        for column, rows in zip(fitted.columns, empty, strict=True)
        if column.name not in sensitive
    }
    for found, said in (
        (missing, "rows judged without a value, none of them left out"),
        (strange, "rows judged with a value that none learned from had, taken as missing"),
    ):
        named = [f"{name} {rows:,}" for name, rows in found.items() if rows]
        told += [f"{said}: {list_names(named)}"] if named else []
    return told


def _outcomes(
    fitted: TabularModel,
    parts: TableParts,
    numbers: np.ndarray,
    positive: str | None,
    *,
    ranked: bool,
) -> Outcomes:
    """What came of the test rows and what the model said; ranked, as relevances and scores."""
    truth, predicted = fitted.truth(parts.test), fitted.predict_numbers(numbers)
    if not fitted.is_classifier:
        task: Task = "ranking" if ranked else "regression"
        return read_outcomes(truth, predicted, task=task, positive=positive)
    label = _positive(fitted.classes, positive, parts.target)
    place = fitted.place_of(label)
    score = fitted.proba_numbers(numbers)[:, place]
    if ranked:
        relevance = (truth == fitted.classes[place]).astype(float)
        return read_outcomes(relevance, score, task="ranking")
    return read_outcomes(truth, predicted, score=score, task="classification", positive=label)


def _open_saved(record: str, dataset: str, parts: TableParts) -> TabularModel:
    """The model of a record, which must have learned from exactly the training rows."""
    from workbench.data.fingerprints import fingerprint
    from workbench.fairness.mitigation.saving import is_mitigated, load_mitigated
    from workbench.models.tabular import load_tabular
    from workbench.models.tabular.tables import to_arrow

    if not is_mitigated(record):
        return load_tabular(record, parts.train)
    made = load_mitigated(record, dataset)
    if made.record.data != fingerprint(to_arrow(parts.train)):
        raise IntegrityError(
            f"the model of {record} learned from other rows than these, so it may know the ones "
            "that it would be judged on",
            hint="give the seed with which it was made",
        )
    return made


def read_predictions(
    file: Path,
    *,
    sensitive: Sequence[str],
    task: Task = "auto",
    positive: str | None = None,
    threshold: float | None = None,
    compared: bool = True,
    swept: bool = False,
) -> Predictions:
    """The predictions of a file with the columns ``y`` and ``y_hat``, and perhaps ``score`` and
    ``query``; the others are the rows' own.

    Args:
        file: Parquet, CSV, TSV or JSON lines.
        sensitive: Columns to compare by.
        task: What kind of predictions they are.
        positive: The label that counts as 1.
        threshold: ``y_hat``, or without it ``score``, are probabilities; from this one on a row
            counts as predicted 1.
        compared: Sensitive columns are needed.
        swept: Every threshold is going to be looked at: probabilities need no decision.

    Raises:
        NotFoundError: There is no such file or column.
        DataError: Rows of the file cannot be read.
        InputError: No sensitive column is named, or the predictions cannot be audited.
    """
    from workbench.data import load_file

    try:
        # A row that is left out would move the figures without a word.
        found = load_file(file, on_bad="raise")
    except DataError as error:
        if "row" in error.context:
            error.hint = f"correct the row; workbench data check {file} shows all that are bad"
        raise
    frame = found.dataset.to_pandas()
    said, score = frame.get("y_hat"), frame.get("score")
    if swept and (said is None or (score is None and are_probabilities(said))):
        threshold = 0.5
    if threshold is not None and said is None:
        said, score = score, None
    _check_predicted(file, frame.columns, said)
    _check_columns(sensitive, frame.columns, "y", file, compared)
    outcomes = read_outcomes(
        frame["y"], said, score=score, task=task, positive=positive, threshold=threshold
    )
    columns = {name: frame[name] for name in frame.columns if name not in _OWN}
    return Predictions(
        file.name,
        "as given",
        outcomes,
        {name: frame[name] for name in sensitive},
        columns,
        query=frame["query"] if "query" in frame.columns else None,
    )


def _check_predicted(file: Path, columns: Sequence[str], said: Any) -> None:
    """Refuse a file without outcomes or predictions; it may be a table to predict from."""
    if "y" in columns and said is not None:
        return
    hint = f"dataset={file} target=COLUMN fits a model to a table and judges that"
    if "y" in columns and "score" in columns:
        hint = "threshold=0.5 makes decisions of the scores"
    missing = "y_hat" if "y" in columns else "y"
    raise NotFoundError.among(f"column in {file.name}", missing, columns, hint=hint)


def write_predictions(predictions: Predictions) -> Path:
    """Keep y, y_hat, the score if there is one, and the sensitive columns as Parquet in the home.

    The file is named after its content, so that the same audit writes it once.
    """
    import io

    import pandas as pd

    from workbench.store.files import write_bytes

    outcomes = predictions.outcomes
    frame = pd.DataFrame({"y": outcomes.y, "y_hat": outcomes.y_hat})
    if outcomes.score is not None:
        frame["score"] = outcomes.score
    if predictions.query is not None:
        frame["query"] = pd.Series(predictions.query).to_numpy()
    for name, values in predictions.sensitive.items():
        frame[name] = pd.Series(values).to_numpy()
    content = io.BytesIO()
    frame.to_parquet(content, index=False)
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in predictions.dataset) or "table"
    path = settings.home() / FOLDER / f"{stem}-{digest[:16]}.parquet"
    if not path.is_file():
        write_bytes(path, content.getvalue())
    return path


def _check_columns(
    chosen: Sequence[str],
    columns: Iterable[str],
    target: str,
    source: Path | Outline | TableParts,
    compared: bool,
) -> None:
    """Refuse columns that are not there, and none where rows are to be compared: which one is a
    choice that nobody should be spared."""
    known = [name for name in columns if name != target and name not in _OWN]
    if not chosen and compared:
        raise no_sensitive(source.name, known, getattr(source, "sensitive", ()))
    for name in chosen:
        if name == target:
            raise InputError(f"{name!r} is what is predicted; it cannot be the sensitive column")
        if name not in known:
            raise NotFoundError.among(f"column of {source.name}", name, known)
    if len(set(chosen)) != len(chosen):
        raise InputError(f"a sensitive column is named twice: {', '.join(chosen)}")


def no_sensitive(where: str, columns: Sequence[str], usual: Sequence[str] = ()) -> InputError:
    """The refusal where no column is named whose groups are meant.

    Args:
        where: The table's name.
        columns: Its columns, but for the target.
        usual: Those that the catalogue calls sensitive.
    """
    known = f"The catalogue calls sensitive: {list_names(usual)}" if usual else ""
    first = (*usual, *columns, "COLUMN")[0]
    return InputError(
        f"which column of {where} makes the groups? " + (known or f"It has {list_names(columns)}"),
        hint=f"sensitive={first}, say; several make intersections",
    )


def _positive(classes: Sequence[Any], positive: str | None, target: str) -> str:
    known = [str(name) for name in classes]
    if positive is not None:
        if positive not in known:
            hint = f"positive={(near_names(positive, known) or known[::-1])[0]!r}"
            raise NotFoundError.among(f"class of {target}", positive, known, hint=hint)
        return positive
    if len(known) != 2:
        raise InputError(
            f"{target!r} has the classes {', '.join(known[:8])}: which one counts as 1?",
            hint=f"positive={known[0]!r}, say; it is compared with all others together",
        )
    return known[-1]
