"""What each column added to a model's output, by the method that is exact for the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError, IntegrityError, NotFoundError
from workbench.core.progress import track
from workbench.core.seeds import derive_seed

from . import torch_gradients
from .explanation import TableExplanation
from .interventional_tree_shap import interventional_tree_shap
from .linear_shap import is_linear, linear_shap
from .outputs import Output, choose_output
from .players import Players, choose_players
from .sampled_shap import ENUMERATED, Game, enumerate_shap, sample_shap
from .trees import is_tree_sum, read_trees

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular.model import TabularModel

METHODS = ("auto", "tree", "linear", "enumeration", "permutation", *torch_gradients.METHODS)
NAMES = {
    "tree": "interventional tree SHAP",
    "linear": "linear SHAP",
    "enumeration": "Shapley values by all coalitions",
    "permutation": "Shapley values by random orders",
    "integrated_gradients": "integrated gradients",
    "deeplift": "DeepLift",
}
_PROMISED_GAP = 1e-6  # of the output's size: more is a fault where a method promises the sum


@dataclass(frozen=True)
class _Values:
    contributions: np.ndarray
    standard_errors: np.ndarray | None
    exact: bool
    method: str


def explain_rows(
    model: TabularModel,
    table: Any,
    *,
    background: Any,
    of: Any = None,
    scale: str | None = None,
    method: str = "auto",
    groups: Mapping[str, Sequence[str]] | None = None,
    background_rows: int = 100,
    pairs: int = 20,
    seed: int = 0,
) -> TableExplanation:
    """Take the model's output for each row apart into what each column added to it.

    The values are Shapley values of the game in which a column that is not known has the values of
    the background rows, each as often as it occurs there, whatever the other columns are
    (interventional; the model is asked about rows that may not exist in the world).

    Args:
        model: Any fitted model of a table.
        table: The rows to explain.
        background: The rows to compare with; ``background_rows`` of them are drawn. Other
            background, other explanation: to compare with a group, give its rows.
        of: The class; by default the last of two.
        scale: ``margin`` or ``probability``; see ``choose_output``.
        method: ``auto`` takes the exact one that the model and the scale allow: ``tree``,
            ``linear``, ``enumeration`` (up to 10 columns), else ``permutation`` (sampled, with
            standard errors). An ``mlp`` also has ``integrated_gradients`` and ``deeplift``.
        groups: Name to columns that come and go together and get one value.
        background_rows: How many background rows are used.
        pairs: Of random orders, for ``permutation``.
        seed: Of the drawn rows and orders.

    Raises:
        NotFoundError: There is no such class, column or method.
        InputError: No row, or a bad parameter.
        CapabilityError: The model does not have that method or scale.
        IntegrityError: An exact method does not add up to the model's own output: it reads the
            model wrongly, and no values are given.
    """
    if method not in METHODS:
        raise NotFoundError.among("method", method, METHODS)
    if pairs < 1 or background_rows < 1:
        raise InputError(f"pairs {pairs} and background_rows {background_rows} must be at least 1")
    output = choose_output(model, of, scale=scale)
    players = choose_players(model.features, groups)
    numbers = model.to_numbers(table)
    if not len(numbers):
        raise InputError("there is no row to explain")
    behind = draw_background(model, background, rows=background_rows, seed=seed)
    found = _compute(
        model, numbers, behind, output=output, players=players, method=method,
        pairs=pairs, seed=seed,
    )  # fmt: skip
    values = output.values(model, numbers)
    base = float(output.values(model, behind).mean())
    return TableExplanation(
        model=model.name,
        output=output.name,
        unit=output.unit,
        features=players.names,
        contributions=found.contributions,
        values=values,
        base_value=base,
        method=NAMES[found.method],
        exact=found.exact,
        additivity_gap=_checked_gap(model, output, found, values - base),
        background_rows=len(behind),
        seed=seed,
        standard_errors=found.standard_errors,
    )


def _checked_gap(
    model: TabularModel, output: Output, found: _Values, differences: np.ndarray
) -> float:
    """The largest gap of any row, where the method may have one as large."""
    import numpy as np

    gap = float(np.abs(found.contributions.sum(axis=1) - differences).max())
    size = max(1.0, float(np.abs(differences).max()))
    if found.method not in torch_gradients.METHODS and gap > _PROMISED_GAP * size:
        raise IntegrityError(
            f"{NAMES[found.method]} of {model.name} is off by {gap:.2g} {output.unit} from the "
            "model's own output",
            hint="method='permutation' asks the model alone; please report this",
        )
    return gap


def draw_background(model: TabularModel, table: Any, *, rows: int, seed: int) -> np.ndarray:
    """Some rows of a table as numbers, drawn without replacement; ``[rows, features]``.

    Raises:
        InputError: The table has no rows.
    """
    import numpy as np

    numbers = model.to_numbers(table)
    if not len(numbers):
        raise InputError("the background has no rows")
    random = np.random.default_rng(derive_seed(seed, "background"))
    if len(numbers) > rows:
        numbers = numbers[np.sort(random.choice(len(numbers), rows, replace=False))]
    return numbers


def choose_method(model: TabularModel, output: Output, players: Players) -> str:
    """The exact method that the model and the scale allow, else ``permutation``."""
    # Boosted trees add up the margin; a tree and a forest, which have none, the probability.
    natural = "margin" if hasattr(model.estimator, "decision_function") else "probability"
    if output.scale in (natural, "number"):
        if is_tree_sum(model):
            return "tree"
        if is_linear(model):
            return "linear"
    return "enumeration" if len(players.names) <= ENUMERATED else "permutation"


def _compute(
    model: TabularModel,
    numbers: np.ndarray,
    behind: np.ndarray,
    *,
    output: Output,
    players: Players,
    method: str,
    pairs: int,
    seed: int,
) -> _Values:
    chosen = choose_method(model, output, players) if method == "auto" else method
    if chosen in ("tree", "linear") and choose_method(model, output, players) != chosen:
        raise CapabilityError(
            f"{NAMES[chosen]} does not explain the {output.scale} of {model.name}",
            hint="method='auto'",
        )
    if chosen == "tree":
        trees = read_trees(model, output.place).played_by(players)
        try:
            return _Values(interventional_tree_shap(trees, numbers, behind), None, True, chosen)
        except CapabilityError:
            if method == "tree":
                raise
            chosen = "permutation"
    if chosen == "linear":
        found = linear_shap(model, numbers, behind, place=output.place)
        return _Values(players.sum_up(found), None, True, chosen)
    if chosen in torch_gradients.METHODS:
        found = torch_gradients.attribute_gradients(
            model, numbers, behind, output=output, method=chosen
        )
        return _Values(players.sum_up(found), None, False, chosen)
    return _by_games(model, numbers, behind, output, players, chosen, pairs=pairs, seed=seed)


def _by_games(
    model: TabularModel,
    numbers: np.ndarray,
    behind: np.ndarray,
    output: Output,
    players: Players,
    method: str,
    *,
    pairs: int,
    seed: int,
) -> _Values:
    import numpy as np

    if method == "enumeration" and len(players.names) > 2 * ENUMERATED:
        raise CapabilityError(
            f"{len(players.names)} columns have too many coalitions", hint="method='permutation'"
        )
    values, errors = np.zeros((2, len(numbers), len(players.names)))
    exact = method == "enumeration"
    for at, row in enumerate(track(numbers, "explaining", unit="rows")):
        game = Game(lambda rows: output.values(model, rows), row, behind, players)
        if exact:
            values[at] = enumerate_shap(game)
        else:
            values[at], errors[at] = sample_shap(game, pairs=pairs, seed=derive_seed(seed, at))
    return _Values(values, None if exact else errors, exact, method)
