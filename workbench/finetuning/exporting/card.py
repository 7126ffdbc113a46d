"""The README of an export: what it is, where it comes from, how it is loaded, what it cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbench.finetuning.exporting.result import ExportedFile, Format

if TYPE_CHECKING:
    from workbench.models.adapters import Adapter
    from workbench.models.catalogue import CatalogueEntry

_LOAD = {
    ("gguf", False): "llama-server -m BASE.gguf --lora adapter.gguf",
    ("mlx", False): "python -m mlx_lm generate --model BASE --adapter-path . --prompt ...",
    ("peft", False): 'peft.PeftModel.from_pretrained(model, ".")',
    ("gguf", True): "llama-server -m model.gguf",
    ("mlx", True): "python -m mlx_lm generate --model . --prompt ...",
    ("peft", True): 'transformers.AutoModelForCausalLM.from_pretrained(".")',
}


def write_card(
    adapter: Adapter,
    base: CatalogueEntry,
    form: Format,
    *,
    merged: bool,
    encoding: str,
    files: tuple[ExportedFile, ...],
    notes: tuple[str, ...] = (),
) -> str:
    """The card as Markdown.

    Args:
        adapter: What is exported.
        base: What it was trained on.
        form: Of the files.
        merged: Whether the base is in them.
        encoding: How the weights are kept.
        files: What lies beside the card.
        notes: What a user must know of this export.
    """
    what = f"{base.title} with the adapter {adapter.name}" if merged else f"Adapter {adapter.name}"
    lines = [
        "---",
        f"base_model: {base.name}",
        f"license: {base.license}",
        *(("library_name: peft",) if form == "peft" and not merged else ()),
        "---",
        f"# {what}, version {adapter.version}",
        "",
        *_facts(adapter, base, encoding),
        "",
        "## Load it",
        "",
        "```",
        _LOAD[form, merged],
        "```",
        "",
        *_conditions(adapter, base),
        *(f"- {note}" for note in notes),
        "",
        "## Where it comes from",
        "",
        *_origin(adapter),
        "",
        "## Files",
        "",
        "| file | bytes | sha256 |",
        "|---|---|---|",
        *(f"| {file.name} | {file.size_bytes} | `{file.sha256}` |" for file in files),
    ]
    return "\n".join(lines) + "\n"


def _facts(adapter: Adapter, base: CatalogueEntry, encoding: str) -> Iterator[str]:
    record = adapter.record
    yield "| | |"
    yield "|---|---|"
    yield f"| base | {base.name}, sha256 `{record.base_sha256}` |"
    yield f"| licence | {base.license}, that of the base |"
    yield f"| method | {record.method}, rank {record.rank}, scale {record.scale:g} |"
    yield f"| changes | {', '.join(record.target_modules)} |"
    yield f"| weights | {encoding} |"


def _conditions(adapter: Adapter, base: CatalogueEntry) -> Iterator[str]:
    """What must be as in training for it to answer as well."""
    if adapter.record.chat_template_sha256 is not None:
        yield (
            "- It was trained with the chat template of sha256 "
            f"`{adapter.record.chat_template_sha256}`: with another one it answers worse."
        )
    if base.system:
        yield f'- Where a conversation has no system message, give it this one: "{base.system}"'


def _origin(adapter: Adapter) -> Iterator[str]:
    yield f"`{adapter.full_name}` of Workbench."
    yield ""
    for parent in adapter.record.parents:
        yield f"- made from `{parent}`"
    for key, value in adapter.record.notes.items():
        yield f"- {key}: {_said(value)}"


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_said(one)}" for key, one in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    return " ".join(str(value).split())
