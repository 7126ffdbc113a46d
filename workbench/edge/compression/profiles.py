"""Devices, and which form of a model suits one: rules on figures, no model of the device."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import CapabilityError, NotFoundError
from workbench.edge.compression.results import FormsComparison, Measured, Recommendation
from workbench.edge.compression.targets import ENGINES, parse_target


@dataclass(frozen=True)
class Profile:
    """A kind of device.

    ``memory_bytes`` is what a model may take of it beside everything else; ``file_bytes`` what may
    be loaded onto it; ``forms`` what this house brings there and runs (a bundle's runner is
    llama.cpp, a page's ONNX Runtime in the browser, a laptop has every engine); ``most_worse`` the
    highest perplexity against the model's own that is let through. Among those the fastest is
    taken.
    """

    name: str
    title: str
    memory_bytes: int
    file_bytes: int
    forms: tuple[str, ...]
    most_worse: float


PROFILES: dict[str, Profile] = {
    each.name: each
    for each in (
        Profile("phone", "a phone with 6 GB", 1_500_000_000, 1_000_000_000, ("gguf",),
                1.05),
        Profile("pi", "a Raspberry Pi 5 with 4 GB", 2_500_000_000, 2_000_000_000,
                ("gguf",), 1.05),
        Profile("laptop", "a laptop with 16 GB", 8_000_000_000, 8_000_000_000,
                ("gguf", "onnx", "mlx"), 1.01),
        Profile("browser", "a page in a browser", 1_000_000_000, 300_000_000, ("page",),
                1.10),
    )
}  # fmt: skip


_EXAMPLES = {"gguf": "gguf:q4_0", "page": "page:bytes"}


def find_profile(name: str) -> Profile:
    """A profile by name.

    Raises:
        NotFoundError: There is none; near matches are named.
    """
    if name not in PROFILES:
        raise NotFoundError.among("device profile", name, PROFILES)
    return PROFILES[name]


def choose(found: FormsComparison, profile: Profile) -> Recommendation:
    """The form that suits a device best, among those that were compared.

    Rates are this machine's: they order the forms, and are no promise for the device.

    Raises:
        CapabilityError: None fits the device.
    """
    passed = {row.target: why for row in found.rows if (why := _obstacle(row, profile))}
    able = [row for row in found.rows if row.target not in passed]
    if not able:
        raise CapabilityError(
            f"no form of {found.model} that was compared fits {profile.title}: "
            + "; ".join(f"{target} {why}" for target, why in passed.items()),
            hint=f"workbench edge compare --model {found.model} --to {_EXAMPLES[profile.forms[0]]}",
        )
    good = [row for row in able if row.perplexity_ratio <= profile.most_worse]
    if not good:
        best = min(able, key=lambda row: row.perplexity)
        reason = (
            f"none loses as little as {_percent(profile.most_worse)}; this loses least, "
            f"{_percent(best.perplexity_ratio)}"
        )
        return Recommendation(found.model, profile.name, best.target, reason, passed, ok=False)
    best = max(good, key=lambda row: (row.tokens_per_s or 0.0, -row.perplexity))
    for row in able:
        if row is not best:
            passed[row.target] = _told_against(row, best, profile)
    reason = (
        f"the fastest of those that fit and lose at most {_percent(profile.most_worse)}: "
        f"{best.size_bytes / 1e6:.0f} MB, {best.memory_bytes / 1e6:.0f} MB of memory, perplexity "
        f"{best.perplexity:.2f} ({_percent(best.perplexity_ratio)})"
    )
    return Recommendation(found.model, profile.name, best.target, reason, passed)


def _obstacle(row: Measured, profile: Profile) -> str | None:
    form = _form_of(row)
    if form not in profile.forms:
        return f"is a form of {form}, and {profile.title} runs those of {', '.join(profile.forms)}"
    if row.memory_bytes > profile.memory_bytes:
        return _over("memory", row.memory_bytes, profile.memory_bytes)
    if row.size_bytes > profile.file_bytes:
        return _over("file", row.size_bytes, profile.file_bytes)
    return None


def _form_of(row: Measured) -> str:
    """What a device must run; of the model as it came that is what its engine here reads."""
    if ":" in row.target:
        return parse_target(row.target).form
    return next((form for form, engine in ENGINES.items() if engine == row.engine), row.engine)


def _over(what: str, found: int, allowed: int) -> str:
    return f"has {found / 1e6:.0f} MB of {what}, and {allowed / 1e6:.0f} MB are allowed"


def _told_against(row: Measured, best: Measured, profile: Profile) -> str:
    if row.perplexity_ratio > profile.most_worse:
        return f"loses {_percent(row.perplexity_ratio)}"
    if row.tokens_per_s is None:
        return "could not be timed"
    return f"makes {row.tokens_per_s:.0f} tokens/s where the other makes {best.tokens_per_s:.0f}"


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f}%"
