"""On how many processes a run goes, and what each of them has: rows, a part of the weights, layers.

A plan is no part of a recipe: it changes how long a run takes, not what it learns, unless its
``communication`` leaves something out.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from workbench.core import settings
from workbench.core.errors import CapabilityError, InputError
from workbench.finetuning.distributed.communication.choice import read_choice
from workbench.finetuning.training.recipe import Recipe

STRATEGIES = ("ddp", "fsdp", "tp", "pp")
LAUNCHERS = ("local", "ray")
MOST_PROCESSES = 64
RESTARTS = 2
LEAST_SILENT_S = 3.0
SILENT_S = 60.0  # on a busy machine the libraries alone may take half of that to be loaded
# What the layers of these model types are called and how they follow each other is known.
ARCHITECTURES = ("llama", "mistral", "qwen2")


@dataclass(frozen=True)
class Plan:
    """How a run is shared out.

    Attributes:
        processes: How many there are; 1 is no sharing at all.
        strategy: ``ddp`` gives each a share of the rows, ``fsdp`` also a share of the weights,
            ``tp`` a share of every large matrix, ``pp`` some of the layers.
        tensor: With ``ddp`` and ``fsdp``: so many processes share every matrix, and such groups
            share the rows (a mesh of data and tensor). With ``tp`` it is all of them.
        threads: Of each process; by default the setting ``threads``, shared among them.
        restarts: So many times in a row, without a new checkpoint, all are started again when one
            is lost.
        least: With as few as this many the run goes on where one is gone for good; by default all
            are needed.
        save_every: Steps from one checkpoint to the next; by default by the recipe's seconds.
        silent_s: A process that says nothing for so long hangs, and is lost.
        communication: What goes between the processes of ``ddp``: whole gradients (``none``), in
            half the bits (``fp16``), of low rank (``powersgd:4``), their largest entries
            (``topk:0.01``), or weights after so many steps (``local:64``, ``diloco:64``).
        launcher: Where they are: on this machine, or on the nodes of a Ray cluster.
        ray_address: The cluster's HOST:PORT; by default ``RAY_ADDRESS``, else one is made for the
            run on this machine.
        priority: On a cluster: a run of a lower one gives way.
    """

    processes: int = 1
    strategy: str = "ddp"
    tensor: int = 1
    threads: int | None = None
    restarts: int = RESTARTS
    least: int | None = None
    save_every: int | None = None
    silent_s: float = SILENT_S
    communication: str = "none"
    launcher: str = "local"
    ray_address: str | None = None
    priority: int = 0

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise InputError(
                f"the strategy is {self.strategy!r}; allowed are {', '.join(STRATEGIES)}",
                hint="--strategy ddp",
            )
        if not 1 <= self.processes <= MOST_PROCESSES:
            raise InputError(
                f"{self.processes} processes; from 1 to {MOST_PROCESSES} may share a run",
                hint="--processes 2",
            )
        if self.tensor < 1 or self.processes % self.tensor:
            raise InputError(
                f"{self.processes} processes are no groups of {self.tensor}",
                hint="--tensor must divide --processes",
            )
        if self.least is not None and not 1 <= self.least <= self.processes:
            raise InputError(
                f"at least {self.least} of {self.processes} processes",
                hint=f"--least 1 to --least {self.processes}",
            )
        if self.save_every is not None and self.save_every < 1:
            raise InputError(f"a checkpoint every {self.save_every} steps", hint="--save-every 10")
        if not self.silent_s >= LEAST_SILENT_S:
            raise InputError(
                f"{self.silent_s:g} s of silence; a process says every second that it is there",
                hint=f"--hang-s {LEAST_SILENT_S:g} or more",
            )
        if self.tensor > 1 and self.strategy == "pp":
            raise InputError(
                "layers are not split in both ways at once: pp goes without a tensor dimension",
                hint="--strategy fsdp with --tensor, or pp without it",
            )

        self._check_communication()
        self._check_launcher()

    def _check_communication(self) -> None:
        said = self.communication
        if read_choice(said).is_exact:
            return
        if self.processes == 1 and self.least is None:  # else one may be what is left
            raise InputError(
                f"one process sends nothing: communication {said!r} needs two",
                hint="--processes 2, or leave --communication out",
            )
        if self.strategy != "ddp" or self.tensor > 1:
            what = self.strategy + (
                f" with a tensor dimension of {self.tensor}" * (self.tensor > 1)
            )
            raise CapabilityError(
                f"communication {said!r} wants whole gradients in every process, "
                f"and with {what} none has them",
                hint="--strategy ddp without --tensor, or leave --communication out",
            )

    @property
    def is_exact(self) -> bool:
        """Whether what is learnt is what one process learns, but for rounding."""
        return read_choice(self.communication).is_exact

    def _check_launcher(self) -> None:
        if self.launcher not in LAUNCHERS:
            raise InputError(
                f"the launcher is {self.launcher!r}; allowed are {', '.join(LAUNCHERS)}",
                hint="--launcher local",
            )
        if self.launcher == "local" and (self.ray_address or self.priority):
            raise InputError(
                "an address and a priority are of runs on a Ray cluster", hint="--launcher ray"
            )

    @property
    def is_shared(self) -> bool:
        """Whether there is more than one process, or it is on another machine."""
        return self.processes > 1 or self.launcher != "local"

    @property
    def tensor_processes(self) -> int:
        """How many share each large matrix."""
        return self.processes if self.strategy == "tp" else self.tensor

    @property
    def data_processes(self) -> int:
        """How many shares the rows are dealt into."""
        return 1 if self.strategy == "pp" else self.processes // self.tensor_processes

    def keep(self, recipe: Recipe) -> Recipe:
        """The recipe with checkpoints as this plan has them."""
        if self.save_every is None:
            return recipe
        return dataclasses.replace(
            recipe, checkpoint_every_steps=self.save_every, checkpoint_every_s=0
        )

    def count_threads(self) -> int:
        """Threads of each process, at least one."""
        if self.threads is not None:
            return self.threads
        return max(1, int(settings.get("threads")) // self.processes)

    def tell(self) -> dict[str, Any]:
        """As a run's record has it."""
        return {
            "processes": self.processes,
            "strategy": self.strategy,
            "tensor": self.tensor_processes,
            "threads": self.count_threads(),
            **({} if self.is_exact else {"communication": self.communication}),
            **({} if self.launcher == "local" else {"launcher": self.launcher}),
        }


def check_plan(plan: Plan, recipe: Recipe, config: dict[str, Any]) -> None:
    """Raise before anything is started if a model cannot be shared out so.

    Args:
        plan: How.
        recipe: What is trained.
        config: The model's ``config.json``.

    Raises:
        CapabilityError: It has too few layers, matrices of another width, or is of a kind whose
            layers are not known.
    """
    kind, layers = str(config.get("model_type", "")), int(config.get("num_hidden_layers", 0))
    splits = plan.strategy == "pp" or plan.tensor_processes > 1
    if splits and kind not in ARCHITECTURES:
        raise CapabilityError(
            f"how a {kind or 'nameless'} model is split is not known; known are "
            f"{', '.join(ARCHITECTURES)}",
            hint="--strategy ddp or fsdp, without --tensor",
        )
    if recipe.method == "dora":
        raise CapabilityError("DoRA goes on one process alone", hint="--method lora")
    if plan.strategy == "pp":
        _check_stages(plan, recipe, layers)
    width = int(config.get("intermediate_size", 0))
    if plan.tensor_processes > 1 and width % plan.tensor_processes:
        raise CapabilityError(
            f"the width {width} of the model's hidden layers cannot be shared by "
            f"{plan.tensor_processes}",
            hint="a number that divides it",
        )


def _check_stages(plan: Plan, recipe: Recipe, layers: int) -> None:
    if plan.processes > layers:
        raise CapabilityError(
            f"{plan.processes} processes cannot share {layers} layers",
            hint=f"--processes {layers}, or --strategy fsdp",
        )
    if recipe.method != "full" and recipe.layers is not None and recipe.layers < layers:
        raise CapabilityError(
            f"only the last {recipe.layers} layers are trained: the first processes of a pipeline "
            "would have nothing to learn",
            hint="--strategy ddp or fsdp, or leave --layers out",
        )
