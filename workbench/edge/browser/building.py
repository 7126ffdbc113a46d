"""Putting a page together: its own files, the runtime's, graphs, tokenizers and passages."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.progress import progress
from workbench.edge.onnx_encoder import OnnxEncoder
from workbench.models.formats.onnx_encoder import GRAPH
from workbench.store.files import hash_file, write_json
from workbench.store.text_index import Passage

from .answering import plain_tokenizer
from .packages import fetch_runtime, packages
from .passages import embed_passages

FORM = 1
DESCRIPTION = "page.json"
SITE = Path(__file__).parent / "site"
LEAST_COSINE = 0.25  # of a passage that is put before a question; less is about something else
_SHOWN = 5
# Measured for both models (docs/lab-log.md, 2026-11-28): each graph is in memory as it came, as
# ONNX Runtime keeps it and as its kernels pack it; the rest is the runtime, and what is kept of a
# conversation.
_TIMES, _BESIDE_BYTES = 3, 250_000_000


@dataclass(frozen=True)
class Decoder:
    """A model that answers: the folder of its graph, and what ``describe_decoder`` says of it."""

    folder: Path
    said: dict[str, Any]
    license: str


@dataclass(frozen=True)
class Search:
    """Passages, and the encoder that finds them: its name, folder and licence."""

    passages: Sequence[Passage]
    name: str
    folder: Path
    license: str


def write_page(
    folder: Path,
    *,
    name: str,
    about: Sequence[str] = (),
    decoder: Decoder | None,
    search: Search | None,
) -> dict[str, Any]:
    """Write a page's files into an empty folder.

    Args:
        folder: The folder.
        name: What the page is called.
        about: Lines that say where its model comes from.
        decoder: What answers, if anything does.
        search: What is searched, if anything is.

    Returns:
        What its ``page.json`` says: each file by sha256 and size among it.
    """
    shell = _copy_site(folder)
    said: dict[str, Any] = {
        "form": FORM,
        "name": name,
        "about": list(about),
        "answer": None if decoder is None else _add_decoder(folder, decoder),
        "search": None if search is None else _add_search(folder, search),
        "wasm": "runtime/ort-wasm-simd-threaded.wasm",
        "packages": [
            {"name": each.name, "version": each.version, "license": each.license}
            for each in packages()
        ],
        "shell": shell,
    }
    files: dict[str, dict[str, Any]] = {
        path.relative_to(folder).as_posix(): {
            "sha256": hash_file(path),
            "sizeBytes": path.stat().st_size,
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    graphs = sum(f["sizeBytes"] for n, f in files.items() if n.startswith(("answer", "search")))
    said |= {"files": files, "memoryBytes": _TIMES * graphs + _BESIDE_BYTES}
    write_json(folder / DESCRIPTION, said)
    return said


def _copy_site(folder: Path) -> list[str]:
    """The page's own files and the runtime's; the names of those that start it."""
    own = sorted(path for path in SITE.iterdir() if path.is_file())
    for path in own:
        shutil.copyfile(path, folder / path.name)
    (folder / "runtime").mkdir()
    runtime = fetch_runtime()
    for name, path in runtime.items():
        shutil.copyfile(path, folder / "runtime" / name)
    scripts = [f"runtime/{name}" for name in runtime if name.endswith(".mjs")]
    return [DESCRIPTION, *(path.name for path in own), *scripts]


def _add_decoder(folder: Path, decoder: Decoder) -> dict[str, Any]:
    with progress("Copying the model"):
        place = folder / "answer"
        place.mkdir()
        for name in (GRAPH, f"{GRAPH}.data"):
            shutil.copyfile(decoder.folder / name, place / name)
        _write_plainly(place / "tokenizer.json", plain_tokenizer(decoder.folder))
    files = {"graph": f"answer/{GRAPH}", "data": f"answer/{GRAPH}.data"}
    return {
        **decoder.said,
        **files,
        "tokenizer": "answer/tokenizer.json",
        "license": decoder.license,
        "leastCosine": LEAST_COSINE,
    }


def _add_search(folder: Path, search: Search) -> dict[str, Any]:
    from workbench.models.folder import ModelFolder, read_config

    place = folder / "search"
    place.mkdir()
    with progress("Reading the passages"):
        vectors = embed_passages(OnnxEncoder(search.folder), search.passages)
    (place / "vectors.f32").write_bytes(vectors.astype("<f4").tobytes())
    passages = [{"title": each.title, "text": each.text} for each in search.passages]
    _write_plainly(place / "passages.json", passages)
    shutil.copyfile(search.folder / GRAPH, place / GRAPH)
    _write_plainly(place / "tokenizer.json", plain_tokenizer(search.folder))
    return {
        "name": search.name,
        "license": search.license,
        "graph": f"search/{GRAPH}",
        "tokenizer": "search/tokenizer.json",
        "passages": "search/passages.json",
        "vectors": "search/vectors.f32",
        "size": int(vectors.shape[1]),
        "count": len(search.passages),
        "mostTokens": ModelFolder(search.folder, read_config(search.folder), True).embedding_tokens,
        "shown": _SHOWN,
    }


def _write_plainly(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
