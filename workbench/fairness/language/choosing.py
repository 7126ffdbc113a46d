"""Which model a probe is put to, on which engine, before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.core import settings
from workbench.core.errors import CapabilityError

from .scoring import SCORE


@dataclass(frozen=True)
class ChosenModel:
    """A model's name and the engine that it will run on."""

    name: str
    engine: str


def choose_model(name: str | None, engine: str | None) -> ChosenModel:
    """The model and its engine: the one wanted, else transformers if the model runs on it.

    transformers scores many texts at once; llama.cpp is asked token by token.

    Raises:
        NotFoundError: There is no such model or engine.
        CapabilityError: The model cannot score, or does not run on the engine.
    """
    from workbench.models import adapters, catalogue, loading, virtual

    name = name or settings.get("model")
    if virtual.is_virtual(name):
        raise CapabilityError(
            f"{name} is a virtual model: it chats, and gives no log-probabilities of texts",
            hint="probe its members one by one",
            capability=SCORE,
        )
    entry = catalogue.find(adapters.parse_model_name(name).base)
    loading.check_kind(entry, SCORE)
    if engine is None and "transformers" in entry.engines and loading.is_installed("transformers"):
        engine = "transformers"
    return ChosenModel(name, loading.choose_engine(entry, engine, tuned=False))


def load_model(chosen: ChosenModel) -> Any:
    """The model, loaded; close it after."""
    from workbench import models

    return models.load(chosen.name, engine=chosen.engine, needs=SCORE)
