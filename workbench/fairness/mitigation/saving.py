"""A fairer model on the disk without pickle: what made it is kept, and it is made again.

As with models of tables (ADR 0023) a record holds names, settings and digests. All methods draw
from one seed, so the same rows and versions give the same decisions; where they do not, it is said.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, IntegrityError, NotFoundError
from workbench.core.plain import to_plain
from workbench.models.tabular.record import digest_of, versions_for
from workbench.models.tabular.threads import threads_for

from .methods import find_method
from .mitigate import fit_method, mitigated_model
from .result import Mitigation, Recipe
from .study import begin_study

if TYPE_CHECKING:
    from workbench.models.tabular import TabularModel

FORMAT = "workbench-mitigation-1"


def save_mitigated(mitigation: Mitigation, path: str | Path) -> Path:
    """Write down what makes a fairer model again, as JSON.

    Args:
        mitigation: What ``mitigate`` gave in this process.
        path: The file to write.

    Raises:
        InputError: The mitigation has lost its model, as one has that was read from JSON.
    """
    from workbench.store.files import write_json

    if mitigation.study is None:
        raise InputError(
            "this mitigation has no model any more: it was copied or read from a file",
            hint="mitigate again, and save what that gives",
        )
    base = mitigation.study.base.record
    write_json(
        Path(path),
        {
            "format": FORMAT,
            "recipe": to_plain(mitigation.recipe),
            "data": base.data,
            "base_predictions": base.predictions,
            "details": mitigation.details,
            "predictions": _digest(mitigation.model, mitigation.study.parts.train),
            "versions": _versions(mitigation.recipe.base),
        },
    )
    return Path(path)


def is_mitigated(path: str | Path) -> bool:
    """Whether a file is a record of ``save_mitigated``. Raises as ``read_mitigated``."""
    return bool(_read(path).get("format") == FORMAT)


def load_mitigated(path: str | Path, source: Any = None) -> TabularModel:
    """Make the fairer model of a record again, and make sure that it is the same.

    Args:
        path: What ``save_mitigated`` wrote.
        source: The table, if the record does not name one that is here: a file, a data set or a
            frame, whole and in the same order.

    Raises:
        NotFoundError: There is no such file, or not the table that it names.
        InputError: The record names no table, and none was given.
        IntegrityError: The file is no record, the table is another, or the model decides otherwise
            (other versions of the libraries may do that; the message says so).
    """
    plain = _read(path)
    recipe = _recipe_of(plain, path)
    table = recipe.source if source is None else source
    if table is None:
        raise InputError(
            f"{path} was made from a table in memory, so it needs that table",
            hint="load_mitigated(path, source=table)",
        )
    study = begin_study(
        table, sensitive=recipe.sensitive, model=recipe.base, target=recipe.target,
        positive=recipe.positive, exclude=recipe.exclude, min_rows=recipe.min_rows,
        seed=recipe.seed,
    )  # fmt: skip
    if study.base.record.data != plain["data"]:
        raise IntegrityError(
            f"the model of {path} was fitted to the table {plain['data'][:12]}, this is "
            f"{study.base.record.data[:12]}",
            hint="give the same rows in the same order",
        )
    method = find_method(recipe.method, recipe.constraint)
    with threads_for(len(study.train)):
        estimator, _ = fit_method(
            study, method, constraint=recipe.constraint, gap=recipe.gap, alpha=recipe.alpha,
            deterministic=recipe.deterministic,
        )  # fmt: skip
    made = mitigated_model(study, method, estimator)
    if _digest(made, study.parts.train) != plain["predictions"]:
        raise IntegrityError(
            f"made again, the model of {path} decides otherwise"
            f"{_other_versions(plain['versions'], recipe.base)}",
            hint="mitigate anew, and save it again",
        )
    return made


def _digest(model: TabularModel, table: Any) -> str:
    """Of the probabilities and the decisions for the rows that it was fitted to."""
    import numpy as np

    numbers = model.to_numbers(table)
    with threads_for(len(numbers)):
        stated = model.proba_numbers(numbers)
        decided = model.places_numbers(numbers)
    return digest_of(np.column_stack([stated, decided]))


def _read(path: str | Path) -> dict[str, Any]:
    path = Path(path)
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(f"there is no record {path}", hint=f"ls {path.parent}") from None
    except ValueError as error:
        raise IntegrityError(f"{path} is no record of a model: {error}") from None
    if not isinstance(plain, dict):
        raise IntegrityError(f"{path} is no record of a model: it holds a {type(plain).__name__}")
    return plain


def _recipe_of(plain: dict[str, Any], path: str | Path) -> Recipe:
    try:
        if plain.get("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        for name in ("data", "predictions", "versions"):
            plain[name]
        given = dict(plain["recipe"])
        for name in ("sensitive", "exclude"):
            given[name] = tuple(given[name])
        return Recipe(**given)
    except (ValueError, TypeError, KeyError) as error:
        raise IntegrityError(f"{path} is no record of a fairer model: {error}") from None


def _versions(base: str) -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = versions_for(base)
    with contextlib.suppress(PackageNotFoundError):  # two of the methods need none
        found["fairlearn"] = version("fairlearn")
    return found


def _other_versions(then: dict[str, str], base: str) -> str:
    now = _versions(base)
    changed = [
        f"{name} {version} then, {now.get(name, 'not here')} now"
        for name, version in then.items()
        if now.get(name) != version
    ]
    return f" ({'; '.join(changed)})" if changed else ", though every version is the same"
