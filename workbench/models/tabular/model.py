"""A fitted model of a table: rows in, classes or numbers out, whatever estimator stands behind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, NotFoundError
from workbench.core.viewers import Viewable

from .features import Feature, LeftOut, decode, encode
from .record import TrainingRecord
from .threads import threads_for

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CLASSIFICATION = "classification"


@dataclass(frozen=True)
class TabularModel(Viewable):
    """A fitted classifier or regressor of a table.

    ``columns`` describe what it reads, ``left_out`` what it does not and why, ``notes`` what was
    done to the rows. ``classes`` are in order; those of a regressor are empty. Behind it stands
    ``estimator`` with the interface of scikit-learn on the numbers of ``to_numbers``; its classes
    are places in ``classes``.
    """

    name: str
    task: str
    target: str
    columns: tuple[Feature, ...]
    classes: tuple[Any, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    record: TrainingRecord
    estimator: Any = field(repr=False, compare=False)

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the columns that it reads, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def kinds(self) -> dict[str, str]:
        """Each feature's kind: ``number`` or ``category``."""
        return {column.name: column.kind for column in self.columns}

    @property
    def is_classifier(self) -> bool:
        """Whether it tells classes."""
        return self.task == CLASSIFICATION

    def predict(self, table: Any) -> np.ndarray:
        """The likeliest class of each row as its own value, or the number; shape ``[rows]``.

        Args:
            table: A frame, a data set or rows as mappings; columns that it does not read are
                ignored, missing and unseen values are taken as missing.

        Raises:
            NotFoundError: A column is missing.
            DataError: A number column holds something else.
        """
        return self.predict_numbers(self.to_numbers(table))

    def predict_proba(self, table: Any) -> np.ndarray:
        """The probability of each class, of shape ``[rows, classes]`` in the order of ``classes``.

        Raises:
            CapabilityError: It is a regressor, or its estimator gives no probabilities.
        """
        return self.proba_numbers(self.to_numbers(table))

    def to_numbers(self, table: Any) -> np.ndarray:
        """Rows as float64 ``[rows, features]``: numbers as they are, categories as places in
        ``Feature.categories``, NaN for what is missing or unseen (a warning counts the latter)."""
        return encode(self.columns, table)[0]

    def from_numbers(self, numbers: np.ndarray) -> pd.DataFrame:
        """The frame that ``to_numbers`` turns into these numbers."""
        return decode(self.columns, numbers)

    def find_unseen(self, table: Any) -> dict[str, dict[str, int]]:
        """Column to value to rows, of categories that the training rows did not have."""
        return encode(self.columns, table)[1]

    def places_numbers(self, numbers: np.ndarray) -> np.ndarray:
        """The place in ``classes`` of each row's likeliest class, or the number; ``[rows]``."""
        import numpy as np

        with threads_for(len(numbers)):
            return np.asarray(self.estimator.predict(numbers))

    def predict_numbers(self, numbers: np.ndarray) -> np.ndarray:
        """``predict`` for rows that are numbers already."""
        import numpy as np

        found = self.places_numbers(numbers)
        if not self.is_classifier:
            return found.astype(np.float64)
        # Made one by one: numpy would turn classes of several lengths or types into one type.
        values = np.empty(len(self.classes), dtype=object)
        values[:] = self.classes
        chosen = values[found.astype(np.int64)]
        return chosen if isinstance(self.classes[0], str) else np.array(chosen.tolist())

    def proba_numbers(self, numbers: np.ndarray) -> np.ndarray:
        """``predict_proba`` for rows that are numbers already."""
        import numpy as np

        if not self.is_classifier:
            raise CapabilityError(
                f"{self.name} predicts the number {self.target!r}, no probabilities",
                hint="use predict",
            )
        if not hasattr(self.estimator, "predict_proba"):
            raise CapabilityError(f"{self.name} tells classes and no probabilities")
        with threads_for(len(numbers)):
            return np.asarray(self.estimator.predict_proba(numbers), dtype=np.float64)

    def score_numbers(self, numbers: np.ndarray) -> np.ndarray:
        """Probabilities ``[rows, classes]`` of a classifier, ``[rows, 1]`` numbers of a regressor:
        what a record's digest is of, and methods that need no class work on."""
        if self.is_classifier:
            return self.proba_numbers(numbers)
        return self.predict_numbers(numbers)[:, None]

    def truth(self, table: Any) -> np.ndarray:
        """The target of rows as ``predict`` gives it.

        Raises:
            NotFoundError: The table lacks the target.
        """
        from .targets import read_values

        return read_values(table, self.target, task=self.task, classes=self.classes)

    def place_of(self, class_name: Any) -> int:
        """The place of a class, given as itself or as text.

        Raises:
            NotFoundError: There is no such class.
            CapabilityError: It is a regressor.
        """
        if not self.is_classifier:
            raise CapabilityError(f"{self.name} is a regressor and has no classes")
        by_text = {str(known): place for place, known in enumerate(self.classes)}
        if str(class_name) not in by_text:
            raise NotFoundError.among(f"class of {self.target}", str(class_name), by_text)
        return by_text[str(class_name)]

    def with_estimator(self, estimator: Any, *, name: str) -> TabularModel:
        """The same columns and classes with another estimator behind them, e.g. a mitigated one.

        Args:
            estimator: ``predict`` (places in ``classes``) and if it can ``predict_proba``, on what
                ``to_numbers`` gives.
            name: What the model is called from now on.
        """
        note = f"its estimator was put in the place of {self.name}'s; the record is of that one"
        return replace(self, estimator=estimator, name=name, notes=(*self.notes, note))
