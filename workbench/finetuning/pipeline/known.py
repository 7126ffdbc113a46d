"""What a pipeline's champion learnt: what new rows are held against, and what is learnt again."""

from __future__ import annotations

import logging

from workbench.core.errors import NotFoundError
from workbench.finetuning.pipeline.definition import Pipeline
from workbench.finetuning.pipeline.stage_rows import StageRows

log = logging.getLogger(__name__)


def find_known(pipeline: Pipeline, *, before_run: int | None = None) -> str | None:
    """The snapshot of the champion, whoever made it: a pipeline, or ``finetuning run``.

    Of a champion that has none any more it is that of the pipeline's last run that was promoted.

    Args:
        pipeline: Whose champion.
        before_run: Only runs before this one.
    """
    from workbench.finetuning.snapshots.snapshot import find_snapshot
    from workbench.finetuning.versions.names import find_champion

    champion = find_champion(pipeline.adapter)
    own = champion.notes.get("data") if champion is not None else None
    if own:
        try:
            return find_snapshot(str(own)).id
        except NotFoundError:
            log.warning("what %s learnt is kept as no snapshot: %.16s", pipeline.adapter, own)
    return StageRows().find_snapshot(pipeline.name, before_run=before_run)
