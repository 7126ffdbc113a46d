"""What a user can ask of data to learn from: check it, keep it, list it, take it from use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import annotated_types as limits

from workbench.core.operations import operation

from .checking import DataReport
from .collecting_feedback import FeedbackExport
from .snapshot import Snapshot

if TYPE_CHECKING:
    from workbench.finetuning.examples import Example

    from .findings import Policy


@operation("finetuning.check_data", title="Check data to learn from", produces="data-report")
def check_data(
    file: Path,
    *,
    known: str | None = None,
    heldout: Path | None = None,
    policy: Path | None = None,
    most_personal_share: Annotated[float, limits.Ge(0), limits.Lt(1)] | None = None,
    model: str | None = None,
    embedder: str | None = None,
) -> DataReport:
    """Check a file of examples: broken lines, duplicates, leaks, contradictions, triggers,
    languages, lengths, personal data and insults. Nothing is written but what was set aside.

    Args:
        file: A .jsonl, .ndjson, .csv, .tsv or .parquet file.
        known: What was learnt before and is trusted: a snapshot or a file.
        heldout: The file that the model will be tested with.
        policy: A JSON file of severities and limits.
        most_personal_share: Read each row with the recognisers of `privacy anonymise`, for names
            too: such rows are blocked, and a file of which more is so is refused. By default the
            policy's; without any they are not asked.
        model: Count tokens by this model's tokenizer; without it words are counted.
        embedder: Compare each row with its nearest neighbours by this model's vectors.
    """
    strict = _policy(policy, most_personal_share)
    return _checked(file, known, heldout, strict, model, embedder)[1]


@operation("finetuning.snapshot", title="Keep data to learn from", produces="snapshot")
def snapshot(
    file: Path,
    name: str,
    *,
    license: str,
    consent: str,
    known: str | None = None,
    heldout: Path | None = None,
    heldout_share: float = 0.0,
    by: Literal["row", "group"] = "row",
    seed: int = 0,
    policy: Path | None = None,
    most_personal_share: Annotated[float, limits.Ge(0), limits.Lt(1)] | None = None,
    model: str | None = None,
    embedder: str | None = None,
    user_column: str | None = None,
) -> Snapshot:
    """Check a file and keep the rows that stay as a snapshot that never changes.

    A file of which too much is blocked is refused.

    Args:
        file: A .jsonl, .ndjson, .csv, .tsv or .parquet file.
        name: What to call it; a further snapshot of that name is its next version.
        license: Under which the rows may be used.
        consent: On what ground: whose rows they are and what they agreed to.
        known: What was learnt before and is trusted: a snapshot (it becomes the parent) or a file.
        heldout: The file that the model will be tested with.
        heldout_share: Of the rows that are kept for testing.
        by: Hold out rows, or whole groups.
        seed: Which are held out.
        policy: A JSON file of severities and limits.
        most_personal_share: Read each row with the recognisers of `privacy anonymise`, for names
            too: such rows are blocked, and a file of which more is so is refused. By default the
            policy's; without any they are not asked.
        model: Count tokens by this model's tokenizer.
        embedder: Compare each row with its nearest neighbours by this model's vectors.
        user_column: Whose each row is, which the snapshot then says: `run --user-column` protects
            users. A user's rows are held out together.
    """
    from workbench.store.files import hash_file

    from .rows import rows_of
    from .snapshot import keep_snapshot
    from .splitting import split_rows
    from .taking import find_source

    strict = _policy(policy, most_personal_share)
    examples, report = _checked(file, known, heldout, strict, model, embedder, user_column)
    report.check()
    parts = split_rows(
        rows_of(examples), share=heldout_share, seed=seed, by=by, near=report.policy.near
    )
    trusted = find_source(known) if known else None
    return keep_snapshot(
        examples,
        parts,
        name=name,
        license=license,
        consent=consent,
        sources={file.name: hash_file(file)},
        report=report,
        parents=[trusted] if isinstance(trusted, Snapshot) else [],
        user_column=user_column,
    )


@operation("finetuning.snapshots", title="List snapshots", produces="snapshots")
def snapshots(name: str | None = None) -> list[Snapshot]:
    """List the snapshots with their rows, licences and what they were made from.

    Args:
        name: Of one name; all if none is given.
    """
    from .snapshot import list_snapshots

    return list_snapshots(name)


@operation("finetuning.feedback", title="Write judged answers as rows", produces="feedback-export")
def feedback(
    *, out: Path, since: str | None = None, key: str | None = None, model: str | None = None
) -> FeedbackExport:
    """Write the answers that users judged (`POST /v1/feedback`) as rows to learn from.

    Of each: the messages, the answer, the score, the corrected answer. Only calls whose words were
    kept (the setting `usage_prompt_text`) and whose asker agreed to it (`consent`); the others are
    counted by reason. The file is for `run`, `prefer`, `check-data`, `snapshot` and pipelines.

    Args:
        out: The .jsonl file; an earlier export there is replaced.
        since: Only what was judged since then: a date, a time, 24h, 7d, today or month; in UTC.
        key: Only of this key, by its id or name.
        model: Only what this model, or a version of it, answered.
    """
    from workbench.core.moments import moment_s

    from .collecting_feedback import export_feedback

    since_s = moment_s(since) if since else 0.0
    return export_feedback(out, since_s=since_s, key=key, model=model)


def _policy(policy: Path | None, most_personal_share: float | None) -> Policy:
    """The file's policy, with the share that was said beside it."""
    from .findings import read_policy

    told = read_policy(policy)
    if most_personal_share is None:
        return told
    return replace(told, most_personal_share=most_personal_share)


def _checked(
    file: Path,
    known: str | None,
    heldout: Path | None,
    policy: Policy,
    model: str | None,
    embedder: str | None,
    user_column: str | None = None,
) -> tuple[tuple[Example, ...], DataReport]:
    from .taking import check_file

    options: dict[str, Any] = {"user_column": user_column}
    loaded: list[Any] = []
    try:
        if model is not None:
            options["count_tokens"] = _counter(model, loaded)
        if embedder is not None:
            options["embed"] = _loaded(embedder, loaded).embed
        return check_file(file, policy=policy, known=known, heldout=heldout, **options)
    finally:
        for each in loaded:
            each.close()


def _loaded(name: str, loaded: list[Any]) -> Any:
    from workbench.models import load

    loaded.append(load(name))
    return loaded[-1]


def _counter(name: str, loaded: list[Any]) -> Any:
    model = _loaded(name, loaded)

    def count(example: Example) -> int:
        messages = [{"role": role, "content": said} for role, said in example.messages]
        return len(model.tokenize(model.render(messages, add_generation_prompt=False)))

    return count
