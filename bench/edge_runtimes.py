"""Every runtime that is here in one table, on the same prompts, and what is recommended by it.

llama.cpp, ONNX Runtime, MLX, and ONNX Runtime in a page of a real Chromium: each form starts up to
three times in a process of its own, answers by turns with the model as it came, and reads the same
frozen passages. The recommended form of each profile must be the best of those that may be taken
there, worked out once more by trying all; and recommenders that are broken by name must be seen.
MLX has a table of its own beside the same base: without a chip of Apple a form takes ten minutes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from shape import Benchmark, Figure

MODEL = "smollm2-135m"
MORE = ["gguf:q6_k", "onnx:shipped"]
Choose = Callable[[Sequence[Any], Any], str]


def allowed(rows: Sequence[Any], profile: Any) -> list[Any]:
    """The rows that a device of a profile runs, holds and puts up with."""
    return [
        row
        for row in rows
        if form_of(row) in profile.forms
        and row.memory_bytes <= profile.memory_bytes
        and row.size_bytes <= profile.file_bytes
        and row.perplexity_ratio <= profile.most_worse
    ]


def form_of(row: Any) -> str:
    """The model as it came is a GGUF here."""
    return str(row.target.partition(":")[0]) if ":" in row.target else "gguf"


def choose_best(rows: Sequence[Any], profile: Any) -> str:
    """No other that is allowed is faster."""
    fit = allowed(rows, profile)
    best = [r for r in fit if all(r.tokens_per_s >= o.tokens_per_s for o in fit)]
    return str(best[0].target)


def any_runtime(rows: Sequence[Any], profile: Any) -> str:
    """Broken: does not ask what the device runs."""
    every = ("gguf", "onnx", "mlx", "page")
    return choose_best(rows, dataclasses.replace(profile, forms=every))


def any_loss(rows: Sequence[Any], profile: Any) -> str:
    """Broken: does not ask what is lost."""
    return choose_best(rows, dataclasses.replace(profile, most_worse=float("inf")))


def smallest(rows: Sequence[Any], profile: Any) -> str:
    """Broken: takes the smallest file, however slow."""
    return str(min(allowed(rows, profile), key=lambda row: row.size_bytes).target)


BROKEN: tuple[Choose, ...] = (any_runtime, any_loss, smallest)


def find_unseen(rows: Sequence[Any], profiles: Sequence[Any]) -> list[str]:
    """The broken recommenders that choose for every profile what is best: there should be none."""
    return [
        broken.__name__
        for broken in BROKEN
        if all(broken(rows, each) == choose_best(rows, each) for each in profiles)
    ]


def measure(rounds: int) -> list[Figure]:
    """One table; its rates are medians of so many rounds."""
    from workbench import edge
    from workbench.edge.compression.runtimes import FORMS

    found = compare([*MORE, *FORMS["gguf"], *FORMS["onnx"], *FORMS["page"]], rounds)
    profiles = tuple(edge.PROFILES.values())
    for each in profiles:
        chosen = edge.recommend(each.name, model=MODEL).target
        best = choose_best(found.rows, each)
        assert chosen == best, f"{each.name}: {chosen} is recommended, {best} is best"
    assert not find_unseen(found.rows, profiles)
    details = {row.target: dataclasses.asdict(row) for row in found.rows}
    return [*rates(found), *(_recommended(each, found.rows, details) for each in profiles)]


def measure_mlx(rounds: int) -> list[Figure]:
    """The forms of MLX beside the model as it came."""
    from workbench.edge.compression.runtimes import FORMS

    return rates(compare(FORMS["mlx"], rounds))


def compare(forms: Sequence[str], rounds: int) -> Any:
    """The forms in one table; each runtime must be here."""
    from workbench import edge
    from workbench.edge.compression.runtimes import missing

    lacking = {each: why for each in forms if (why := missing(each.partition(":")[0]))}
    assert not lacking, lacking
    return edge.compare(model=MODEL, to=list(forms), rounds=rounds)


def rates(found: Any) -> list[Figure]:
    """Tokens a second of each form beside the model as it came; the row in the details."""
    return [
        Figure(
            f"SmolLM2 as {row.target} on {row.engine}", f"{found.base.engine}, {found.base.target}",
            "tokens/s", (row.tokens_per_s or 0.0,), (found.base.tokens_per_s or 0.0,),
            details=dataclasses.asdict(row),
        )
        for row in found.rows[1:]
    ]  # fmt: skip


def _recommended(profile: Any, rows: Sequence[Any], details: dict[str, Any]) -> Figure:
    best = choose_best(rows, profile)
    others = [row for row in allowed(rows, profile) if row.target != best]
    second = max(others, key=lambda row: row.tokens_per_s, default=None)
    mine = next(row.tokens_per_s for row in rows if row.target == best)
    return Figure(
        f"recommended for {profile.title}: {best}",
        f"the best other that may be taken there ({second.target if second else 'none'})",
        "tokens/s", (mine,), (second.tokens_per_s if second else mine,), bound=1.0,
        details=details if profile.name == "laptop" else {},
    )  # fmt: skip


BENCHMARKS = (Benchmark("edge-runtimes", measure), Benchmark("edge-runtimes-mlx", measure_mlx))
