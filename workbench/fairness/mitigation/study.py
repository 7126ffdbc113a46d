"""A data set, the model that is to become fairer, and the groups: what every method starts from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, InputError, NotFoundError
from workbench.fairness.audit.predictions import no_sensitive

from .adapters import AsPositive
from .grouping import GroupReader, read_groups

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular import Feature, Outline, TableParts, TabularModel

FOLDS = 3


@dataclass(frozen=True)
class Study:
    """``columns`` are those that the base reads, then sensitive ones that it does not; ``train``
    and ``test`` rows are numbers of these columns. Outcomes are 0 or 1, codes are of ``groups``.
    ``source`` is where the table came from, by name or path; None of one in memory."""

    parts: TableParts
    base: TabularModel
    place: int
    columns: tuple[Feature, ...]
    groups: GroupReader
    train: np.ndarray
    y_train: np.ndarray
    test: np.ndarray
    y_test: np.ndarray
    sensitive: tuple[str, ...]
    exclude: tuple[str, ...]
    min_rows: int
    seed: int
    source: str | None

    @property
    def width(self) -> int:
        """How many of the columns the base reads."""
        return len(self.base.columns)

    @property
    def positive(self) -> str:
        """The class that counts as 1."""
        return str(self.base.classes[self.place])

    @property
    def fitting_codes(self) -> np.ndarray:
        """Groups of the training rows; ``all others`` go with the largest, as they are too few to
        be made equal to."""
        import numpy as np

        codes = self.groups.codes(self.train)
        largest = int(np.argmax(self.groups.sizes[:-1]))
        return np.where(codes == len(self.groups.keys), largest, codes)

    def fresh_estimator(self) -> Any:
        """An unfitted estimator of the base's kind, for the base's columns."""
        from workbench.models.tabular.estimators import build_estimator

        return build_estimator(
            self.base.name, self.base.columns, task="classification", seed=self.seed
        )

    def held_out_scores(self) -> np.ndarray:
        """The base's probability of 1 for each training row by a fit to other rows, [rows].

        Thresholds that were chosen on scores of rows that the model knows would be too high.
        """
        import numpy as np
        from sklearn.model_selection import StratifiedKFold

        from workbench.models.tabular.fitting import fit_estimator
        from workbench.models.tabular.threads import threads_for

        own = self.train[:, : self.width]
        found = np.empty(len(own))
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=self.seed)
        for learned, held in folds.split(own, self.y_train):
            check_cancelled()
            estimator = self.fresh_estimator()
            with threads_for(len(own)):
                fit_estimator(estimator, own[learned], self.y_train[learned])
                found[held] = estimator.predict_proba(own[held])[:, 1]
        return found

    def base_estimator(self) -> AsPositive:
        """The fitted base as an estimator of 0 and 1."""
        return AsPositive(self.base.estimator, self.place)


def begin_study(
    source: Any,
    *,
    sensitive: Sequence[str],
    model: str = "gradient_boosting",
    target: str | None = None,
    positive: str | None = None,
    exclude: Iterable[str] = (),
    min_rows: int = 100,
    seed: int = 0,
) -> Study:
    """Fit the model that is to become fairer, and find the groups.

    Args:
        source: A name of the catalogue, a file, a data set or a frame.
        sensitive: Columns whose values make the groups.
        model: A kind of model of tables.
        target: The column to predict; by default the catalogue's.
        positive: The class that counts as 1; by default the last of the two.
        exclude: Columns that the model must not read; thresholds may still be by group.
        min_rows: Smaller groups are put together and not made equal to others.
        seed: Of the split and the fits.

    Raises:
        NotFoundError: There is no such data set, column, model or class.
        CapabilityError: The target has more than two classes or is a number.
        InputError: There is no sensitive column, or there are too few groups.
    """
    from workbench.models.tabular import fit_tabular, load_parts, outline_of
    from workbench.models.tabular.features import choose_features, encode
    from workbench.models.tabular.tables import to_arrow

    exclude = tuple(exclude)
    outline = outline_of(source, target, model=model, columns=exclude)
    if outline is not None:  # before anything is fetched
        _check_sensitive(sensitive, outline.columns, outline)
    parts = load_parts(source, target, seed=seed)
    chosen = tuple(sensitive)
    _check_sensitive(chosen, parts.train.column_names, parts)
    base = fit_tabular(parts.train, parts.target, model=model, exclude=exclude, seed=seed)
    place = _place(base, positive)
    unread = [name for name in chosen if name not in base.features]
    more, _ = (
        choose_features(to_arrow(parts.train), parts.target, features=unread, exclude=())
        if unread
        else ((), ())
    )
    columns = (*base.columns, *more)
    train, _ = encode(columns, parts.train)
    test, _ = encode(columns, parts.test)
    wanted = base.classes[place]
    return Study(
        parts,
        base,
        place,
        columns,
        read_groups(columns, train, chosen, min_rows=min_rows),
        train,
        (base.truth(parts.train) == wanted).astype(int),
        test,
        (base.truth(parts.test) == wanted).astype(int),
        chosen,
        exclude,
        min_rows,
        seed,
        str(source) if isinstance(source, (str, Path)) else None,
    )


def _check_sensitive(
    chosen: Sequence[str], columns: Iterable[str], table: TableParts | Outline
) -> None:
    known = [name for name in columns if name != table.target]
    if not chosen:
        raise no_sensitive(table.name, known, table.sensitive)
    for name in chosen:
        if name == table.target:
            raise InputError(f"{name!r} is what is predicted; it cannot be the sensitive column")
        if name not in known:
            raise NotFoundError.among(f"column of {table.name}", name, known)


def _place(base: TabularModel, positive: str | None) -> int:
    if not base.is_classifier or len(base.classes) != 2:
        what = f"{len(base.classes)} classes" if base.is_classifier else "a number"
        raise CapabilityError(
            f"{base.target!r} is {what}; decisions between two classes can be mitigated",
            hint="put classes together, or audit the model: workbench fairness audit",
        )
    return 1 if positive is None else base.place_of(positive)
