"""One of the processes of a run: it loads the base, takes its share, and goes through the loop."""

from __future__ import annotations

import dataclasses
import datetime
import logging
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import events
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, WorkbenchError
from workbench.finetuning.distributed.cluster.relay import SCHEME
from workbench.finetuning.distributed.job import NAME, Job, read_job
from workbench.finetuning.distributed.line import ADDRESS, Line
from workbench.finetuning.distributed.pulse import beat
from workbench.finetuning.distributed.watching import PARENT, die_with_parent, follow_parent

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.training.loop import Training

log = logging.getLogger(__name__)

SHOWN = "shown.safetensors"  # weights from which answers are shown on the way
_PATIENCE = datetime.timedelta(days=1)
_DTYPES = {"bf16": "bfloat16", "fp32": "float32"}


def main(folder: str) -> int:
    """Take part in a run; 0 if it went to its end or was stopped."""
    follow_parent(int(os.environ[PARENT]), _end_at_once)
    rank, address = int(os.environ["RANK"]), os.environ[ADDRESS]
    line = Line(address, rank)
    line.tell("here", pid=os.getpid())
    if address.startswith(SCHEME):  # who started all may not be able to end this one
        die_with_parent()
        beat(line, _end_at_once)
    else:
        beat(line)
    try:
        job = read_job(Path(folder) / NAME)
        line.tell("done", training=dataclasses.asdict(_take_part(job, line)))
        _part()
    except CancelledError:
        line.tell("stopped")
        _part()
    except WorkbenchError as error:
        line.tell("error", own=True, **error.to_dict())
        return 1
    except Exception as error:  # noqa: BLE001 - whatever it is, the one who waits must hear of it
        traceback.print_exc()
        line.tell("error", own=False, code="", message=f"{type(error).__name__}: {error}", hint="")
        return 1
    return 0


def _end_at_once() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _take_part(job: Job, line: Line) -> Training:
    import torch
    import torch.distributed as dist

    from workbench.finetuning.distributed.communication.sockets import count_sockets
    from workbench.finetuning.distributed.strategies import spread
    from workbench.finetuning.training.adapting import adapt
    from workbench.finetuning.training.anchoring import Anchors
    from workbench.finetuning.training.batches import batches_in_order
    from workbench.finetuning.training.loop import Keeping, train
    from workbench.finetuning.training.reworded_batches import make_batches

    torch.set_num_threads(job.plan.count_threads())
    module = adapt(_load(job), job.recipe, start=job.start)
    # A step may wait for as long as whoever started it lets it; who hangs is for him to find out.
    dist.init_process_group("gloo", timeout=_PATIENCE)
    parallel = spread(module, job.plan, job.recipe, pad_id=job.pad_id)
    way = {"pack_tokens": job.recipe.pack_tokens, "pad_id": job.pad_id}
    asked = batches_in_order(job.material.held_out, batch=2 * job.recipe.batch, **way)
    source: Any = make_batches(job.material, job.recipe, pad_id=job.pad_id)

    def watch(trained: torch.nn.Module, training: Training) -> None:
        step = len(training.steps)
        evaluated = bool(training.evaluations) and training.evaluations[-1].step == step
        shows = bool(job.recipe.samples and evaluated)
        weights = parallel.take_weights(trained) if shows else {}
        if parallel.is_first:
            if shows:
                _write_shown(job, weights)
            line.tell("training", training=dataclasses.asdict(training), shows=shows)

    token = CancelToken()
    with cancellable(token), events.listening(_hear(line, parallel.is_first), "finetuning"):
        done = train(
            module,
            source,
            job.recipe,
            steps=job.steps,
            extra_loss=Anchors(job.anchors, job.recipe) if job.anchors else None,
            evaluate=lambda trained: parallel.evaluate(trained, asked),
            watch=watch,
            keeping=Keeping(job.folder, job.key),
            between_steps=lambda: _ask_leave(line, parallel, token),
            parallel=parallel,
        )
    counted = count_sockets()
    done.sent_bytes = None if counted is None else counted.sent_bytes
    return done


def _load(job: Job) -> torch.nn.Module:
    from workbench.models.engines.torch_loading import load_module
    from workbench.models.folder import read_folder

    return load_module(read_folder(job.model), dtype=_DTYPES[job.precision])


def _ask_leave(line: Line, parallel: Any, token: CancelToken) -> None:
    """Wait until the one that started all says that the next step may begin, or that none may.

    The first process asks, and all hear the answer: one that stopped alone would be waited for.
    """
    word = parallel.agree(line.ask("step?") if parallel.is_first else "")
    if word != "go":
        token.cancel("stopped")


def _hear(line: Line, is_first: bool) -> events.Listener:
    def tell(event: events.Event) -> None:
        if is_first:
            line.tell("event", event=event.kind, data=event.data)

    return tell


def _write_shown(job: Job, weights: dict[str, torch.Tensor]) -> None:
    from workbench.finetuning.training.checkpoints import write_state

    write_state(job.folder / SHOWN, {"weights": weights}, key=job.key)


def _part() -> None:
    """Leave together: one that is gone would be missed by those that have not ended yet."""
    import torch.distributed as dist

    if dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()


if __name__ == "__main__":
    status = main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    # What other processes still wait for would be waited for at the end of this one.
    os._exit(status)
