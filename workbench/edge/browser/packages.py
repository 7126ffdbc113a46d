"""The JavaScript that runs a model in a browser: two packages of npm, each file by its sha256."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.store.sources import Source, SourceFile, fetch

_APACHE = "https://www.apache.org/licenses/LICENSE-2.0"
_MIT = "https://opensource.org/license/mit"

RUNTIME = Source(
    "npm:onnxruntime-web@1.30.0",
    (
        SourceFile(
            "dist/ort.wasm.min.mjs",
            "219e6a1fc8a9938268d18efca3c91d310bd2f4a59bbd13744df5b2b7fc6cee3b",
            50126,
        ),
        SourceFile(
            "dist/ort-wasm-simd-threaded.mjs",
            "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b",
            24381,
        ),
        SourceFile(
            "dist/ort-wasm-simd-threaded.wasm",
            "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
            14239897,
        ),
    ),
    "MIT",
    _MIT,
)
TOKENIZERS = Source(
    "npm:@huggingface/tokenizers@0.2.0",
    (
        SourceFile(
            "dist/tokenizers.min.mjs",
            "258e46332101335ce8d95aed7745b19ac3b46d37f3e159a89cf894c2ea9b1d3a",
            36601,
        ),
        SourceFile(
            "LICENSE",
            "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4",
            11357,
            "tokenizers-LICENSE",
        ),
    ),
    "Apache-2.0",
    _APACHE,
)


@dataclass(frozen=True)
class Package:
    """A package as the page names it."""

    name: str
    version: str
    license: str


def fetch_runtime() -> dict[str, Path]:
    """The files by their names, fetched at the first need and kept in WORKBENCH_HOME.

    Raises:
        FetchError: They are not here and cannot be fetched.
        DependencyError: They are not here, and there is no npm to fetch them.
        IntegrityError: What came is not what was pinned.
    """
    return {file.name: file.path for file in fetch([RUNTIME, TOKENIZERS])}


def packages() -> tuple[Package, ...]:
    """What the page names beside its models."""
    return tuple(
        Package(source.parts["package"], source.parts["version"], source.license)
        for source in (RUNTIME, TOKENIZERS)
    )
