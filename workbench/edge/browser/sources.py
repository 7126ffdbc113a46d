"""What a page is made of, found by name: a bundle's parts, or a model of the catalogue."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.errors import CapabilityError, InputError
from workbench.edge.bundles.faults import as_errors
from workbench.edge.device.policy import NAME as POLICY
from workbench.edge.device.policy import Policy, policy_of, read_policy
from workbench.store.text_index import Passage

from .answering import describe_decoder
from .building import Decoder, Search
from .passages import read_passages

if TYPE_CHECKING:
    from workbench.models.protocol import ModelFiles

ENCODER = "minilm-l6-v2"
BYTES = "bytes"
# What a page may keep its weights in, and what it says of it.
WEIGHTS = {
    BYTES: "8-bit weights, multiplied as they are",
    "int8": "8-bit weights in blocks",
    "int4": "4-bit weights in blocks",
    "shipped": "weights in the blocks that they came in",
}
CONTEXT_TOKENS = 1024


class Material:
    """What a page is made of; the parts of a bundle lie in a folder that lasts as long.

    Attributes:
        name: What the page is called.
        about: Where its model comes from, in lines.
    """

    def __init__(self) -> None:
        self.name = ""
        self.about: list[str] = []
        self.decoder: Decoder | None = None
        self.search: Search | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Material:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def unpacked(self) -> Path:
        """A folder for parts, which goes when this does."""
        root = settings.home() / "pages"
        root.mkdir(parents=True, exist_ok=True)
        made = tempfile.TemporaryDirectory(dir=root, prefix=".parts-")
        return Path(self._stack.enter_context(made))


def from_bundle(
    material: Material, path: Path, *, keys: Iterable[str] = (), weights: str = BYTES
) -> None:
    """Take a bundle's model, index and policy, once every byte was found as it was signed.

    Raises:
        IntegrityError: A byte is not.
        CapabilityError: It has an adapter, or its model has no graph.
    """
    from workbench.edge.bundles.checking import check_bundle
    from workbench.models.protocol import ModelFiles

    told = check_bundle(path, keys=keys)
    kinds = {part.kind: part.name for part in told.parts}
    if "adapter" in kinds:
        raise CapabilityError(
            f"{told.name} has an adapter, which a page cannot put on its model",
            hint="merge it first: workbench finetuning export, then workbench edge bundle",
        )
    folder = material.unpacked()
    with zipfile.ZipFile(path) as archive:
        for kind in ("model", "index", "policy"):
            if kind in kinds:
                archive.extract(kinds[kind], folder)
    with as_errors():
        policy = read_policy(folder / kinds.get("policy", POLICY))
    material.name = told.name
    trusted = "a key that is trusted" if told.trusted else "a key that nobody here vouches for"
    material.about.append(f"Bundle {told.name} {told.version}, signed by {told.key}, {trusted}")
    files = ModelFiles(told.name, gguf=folder / kinds["model"])
    whose = "as its owner says"
    context_tokens = told.context_tokens
    _take_decoder(material, files, policy, context_tokens, license=whose, weights=weights)
    if "index" in kinds:
        take_search(material, read_passages(folder / kinds["index"]))


def from_model(
    material: Material, name: str, passages: list[Passage] | None, *, weights: str = BYTES
) -> None:
    """Take a model of the catalogue: one that answers, or an encoder that finds passages.

    ``weights`` says how those of one that answers are kept, as for ``build_onnx``.

    Raises:
        NotFoundError: There is no such model.
        InputError: An encoder has nothing to find.
    """
    from workbench.models import catalogue
    from workbench.models.loading import model_files
    from workbench.models.model_settings import read_settings

    entry = catalogue.find(name)
    material.name = entry.title.partition(",")[0]  # what follows is how the file keeps weights
    material.about.append(f"{entry.name} of the catalogue")
    if entry.kind == "embedding":
        if passages is None:
            raise InputError(
                f"{name} finds passages, and there are none to find", hint="--index INDEX"
            )
        take_search(material, passages, name=name)
        return
    said = {n: v for n, v in entry.sampling.items() if n in ("temperature", "top_p")}
    with as_errors():
        policy = policy_of({**({"system": entry.system} if entry.system else {}), **said})
    _take_decoder(
        material,
        model_files(entry),
        policy,
        CONTEXT_TOKENS,
        license=entry.license,
        template=read_settings(entry.name).template,
        weights=weights,
    )
    if passages is not None:
        take_search(material, passages)


def take_search(material: Material, passages: list[Passage], *, name: str = ENCODER) -> None:
    """Have an encoder of the catalogue find passages.

    Raises:
        CapabilityError: It is none that can be written as a graph.
    """
    from workbench.edge.onnx_encoder import make_encoder
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    entry = catalogue.find(name)
    files = model_files(entry)
    if files.folder is None:
        raise CapabilityError(f"{name} is no folder with an encoder", hint=f"take {ENCODER}")
    folder = make_encoder(files, "int8")
    material.search = Search(passages, entry.name, folder, entry.license)


def _take_decoder(
    material: Material,
    files: ModelFiles,
    policy: Policy,
    context_tokens: int,
    *,
    license: str,
    template: str | None = None,
    weights: str = BYTES,
) -> None:
    from workbench.models.formats.onnx_build import build_onnx

    folder = build_onnx(files, weights)
    said = describe_decoder(
        folder, policy, name=files.name, template=template, context_tokens=context_tokens
    )
    material.decoder = Decoder(folder, {**said, "weights": WEIGHTS[weights]}, license)
