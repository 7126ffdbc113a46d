"""A small network on a prepared table, for methods that need gradients."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator

from workbench.core.cancellation import check_cancelled
from workbench.core.optional import require
from workbench.core.torch_threads import torch_threads

if TYPE_CHECKING:
    import numpy as np

_HIDDEN = (64, 32)
_BATCH_ROWS = 256
_LEAST_STEPS = 1500
_MOST_EPOCHS = 200


class TorchMLP(BaseEstimator):
    """Two hidden layers of 64 and 32 units with ReLU, fitted by AdamW; like an estimator of
    scikit-learn. ``module`` maps ``[rows, columns]`` (float64) to logits ``[rows, classes]``, or
    ``[rows, 1]`` of the scaled target. The same seed on one thread gives the same weights."""

    def __init__(self, *, is_classifier: bool, seed: int = 0) -> None:
        self.is_classifier = is_classifier
        self.seed = seed

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier" if self.is_classifier else "regressor"
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> TorchMLP:  # noqa: N803
        """Fit on ``[rows, columns]``, with log loss or squared error."""
        torch = require("torch", extra="models")
        import numpy as np

        rows = torch.from_numpy(np.ascontiguousarray(X, dtype=np.float32))
        if self.is_classifier:
            self.classes_ = np.unique(y)
            wanted = torch.from_numpy(np.searchsorted(self.classes_, y))
        else:
            self.centre_, self.spread_ = float(np.mean(y)), float(np.std(y)) or 1.0
            scaled = (np.asarray(y, dtype=np.float64) - self.centre_) / self.spread_
            wanted = torch.from_numpy(scaled.astype(np.float32)[:, None])
        weights = np.ones(len(rows)) if sample_weight is None else np.asarray(sample_weight)
        with torch_threads(1), torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            outputs = len(self.classes_) if self.is_classifier else 1
            self.module: Any = self._layers(torch, rows.shape[1], outputs)
            self._descend(torch, rows, wanted, torch.from_numpy(weights.astype(np.float32)))
        return self

    def decision_function(self, X: Any) -> np.ndarray:  # noqa: N803
        """Log-odds of the second of two classes ``[rows]``, or one logit a class."""
        logits: np.ndarray = self._outputs(X).numpy()
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """The classes' probabilities, of shape ``[rows, classes]``."""
        import torch

        found: np.ndarray = torch.softmax(self._outputs(X), dim=1).numpy()
        return found

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The likeliest class, or the number."""
        if self.is_classifier:
            found: np.ndarray = self.classes_[self.predict_proba(X).argmax(axis=1)]
            return found
        scaled: np.ndarray = self._outputs(X).numpy()[:, 0]
        return scaled * self.spread_ + self.centre_

    def _outputs(self, X: Any) -> Any:  # noqa: N803
        import numpy as np
        import torch

        with torch.inference_mode():
            return self.module(torch.from_numpy(np.ascontiguousarray(X, dtype=np.float64)))

    def _layers(self, torch: Any, columns: int, outputs: int) -> Any:
        nn = torch.nn
        sizes = (columns, *_HIDDEN)
        layers: list[Any] = []
        for before, after in itertools.pairwise(sizes):
            layers += [nn.Linear(before, after), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))

    def _descend(self, torch: Any, rows: Any, wanted: Any, weights: Any) -> None:
        functional = torch.nn.functional
        batches = -(-len(rows) // _BATCH_ROWS)
        epochs = min(_MOST_EPOCHS, -(-_LEAST_STEPS // batches))
        optimiser = torch.optim.AdamW(self.module.parameters(), lr=2e-3, weight_decay=1e-2)
        for _ in range(epochs):
            check_cancelled()
            for batch in torch.randperm(len(rows)).split(_BATCH_ROWS):
                found = self.module(rows[batch])
                if self.is_classifier:
                    losses = functional.cross_entropy(found, wanted[batch], reduction="none")
                else:
                    losses = ((found - wanted[batch]) ** 2)[:, 0]
                optimiser.zero_grad()
                ((losses * weights[batch]).sum() / weights[batch].sum()).backward()
                optimiser.step()
        # Learned in single precision, asked in double: what is added up later then adds up.
        self.module.eval().double().requires_grad_(False)
