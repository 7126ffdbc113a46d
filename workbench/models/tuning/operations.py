"""What a user can ask of tuning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.core.errors import NotFoundError
from workbench.core.operations import operation
from workbench.models.tuning.tune import Tuning

TunedEngine = Literal["llamacpp", "transformers", "mlx", "onnx"]


@dataclass(frozen=True)
class TunedRecord:
    """What was found for a model on this machine, for one engine or as the choice among all."""

    name: str
    engine: str
    variant: str
    threads: int
    tokens_per_s: float
    tokens_per_s_busy: float | None
    perplexity: float | None
    load_average: float
    measured_s: float
    by: str


@operation("models.tune", title="Tune a model to this machine", produces="tuning")
def tune(
    name: str,
    *,
    engines: list[TunedEngine] | None = None,
    threads: list[int] | None = None,
    full: bool = False,
) -> Tuning:
    """Measure engines, ways to keep the weights and numbers of threads, and keep the best.

    Each candidate answers by turns with llama.cpp on the weights as they came, on the machine as
    it is and beside a busy core. The fastest whose perplexity is within 2% of theirs is loaded from
    then on where no engine is named. Leave the machine alone meanwhile: a small model takes 10 to
    15 minutes on two cores. A run that is cancelled keeps nothing; an earlier one's choice stays.

    Args:
        name: The model's name.
        engines: What to try; llama.cpp and ONNX Runtime if none is named.
        threads: Numbers of threads; the powers of two up to the setting if none is given.
        full: More variants, longer rounds, all frozen texts: about five times as long.
    """
    from workbench.models.tuning.tune import tune_model

    return tune_model(name, engines=engines, threads=threads, full=full)


@operation("models.tuned", title="Show what tuning found", produces="records")
def tuned() -> list[TunedRecord]:
    """Show what was found for the models on this machine, by tuning or by their first load."""
    from workbench.models.tuning.record import list_records

    return [
        TunedRecord(
            name=name,
            engine=found.get("engine") or name.rpartition("/")[2],
            variant=found.get("variant", ""),
            threads=found["threads"],
            tokens_per_s=found["tokens_per_s"],
            tokens_per_s_busy=found.get("tokens_per_s_busy"),
            perplexity=found.get("perplexity"),
            load_average=found.get("load_average", 0.0),
            measured_s=found["measured_s"],
            by=found.get("by", ""),
        )
        for name, found in list_records().items()
    ]


@operation("models.untune", title="Forget what tuning found")
def untune(name: str) -> int:
    """Forget what was found for a model on this machine; how many records there were.

    Args:
        name: The model's name.

    Raises:
        NotFoundError: Nothing was found for it.
    """
    from workbench.models import catalogue
    from workbench.models.tuning.record import forget_records

    known = catalogue.find(name).name
    forgotten = forget_records(known)
    if not forgotten:
        raise NotFoundError(
            f"nothing is known of {known} on this machine to forget",
            hint="workbench models tuned shows what is",
            name=known,
        )
    return forgotten
