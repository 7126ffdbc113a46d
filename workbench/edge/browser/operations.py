"""What a user can ask of pages: make one, or make one and show it on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import annotated_types as limits

from workbench.core.operations import operation
from workbench.core.viewers import Viewable

_TICK_S = 0.2


@dataclass(frozen=True)
class BrowserPage(Viewable):
    """A page's folder, and what is in it.

    ``memory_bytes`` is what a browser takes for it at most, ``size_bytes`` what it loads.
    """

    path: Path
    name: str
    answers_with: str | None
    searches_with: str | None
    passages: int
    size_bytes: int
    memory_bytes: int
    licenses: tuple[str, ...]


@operation("edge.page", title="Answer in a browser, offline", produces="page")
def page(
    source: str,
    *,
    out: Path | None = None,
    index: Path | None = None,
    key: list[str] | None = None,
    weights: Literal["bytes", "int8", "int4", "shipped"] = "bytes",
    port: Annotated[int, limits.Ge(0), limits.Le(65535)] = 8471,
) -> BrowserPage | None:
    """Make a page in which a model answers in the browser itself: nothing is sent anywhere.

    The page has the model, the passages and the runtime (ONNX Runtime for WebAssembly, from npm) as
    files, each by its sha256. It works on when the network and whoever served it are gone. Without
    ``out`` it is shown on the loopback address until it is stopped.

    Args:
        source: A bundle, or a model of the catalogue: one that answers, or an encoder.
        out: Write the page into this folder, for any web server that serves files.
        index: Passages that the page finds, of ``workbench.store.TextIndex``; a bundle has its own.
        key: Public keys of which one must have signed the bundle, as hexadecimal or paths.
        weights: How the answering model's are kept: ``bytes`` is what browsers multiply fast; the
            others are blocks, which are slower, and smaller or nearer to the model.
        port: Where it is shown; 0 takes a free one.

    Raises:
        IntegrityError: A byte of the bundle is not as it was signed.
        CapabilityError: The bundle has an adapter, or no graph can be made of the model.
        ConflictError: Something is in the folder's place, or another program has the port.
        DependencyError: There is no npm, by which the runtime is fetched once.
    """
    from workbench.core.errors import ConflictError
    from workbench.models.formats.made_folders import making

    if out is None:
        _show(_Asked(source, index, tuple(key or ()), weights), port)
        return None
    out = out.expanduser().absolute()
    if out.exists():
        raise ConflictError(f"{out} is there already", hint="name another with --out, or remove it")
    with making(out) as part:
        said = _write(part, _Asked(source, index, tuple(key or ()), weights))
    return _told(out, said)


@dataclass(frozen=True)
class _Asked:
    source: str
    index: Path | None
    keys: tuple[str, ...]
    weights: str


def _write(folder: Path, asked: _Asked) -> dict[str, Any]:
    from workbench.core.errors import InputError
    from workbench.edge.bundles.keys import read_keys

    from .building import write_page
    from .passages import read_passages
    from .sources import Material, from_bundle, from_model

    passages = None if asked.index is None else read_passages(asked.index.expanduser())
    path = Path(asked.source).expanduser()
    with Material() as material:
        if path.is_file() and path.suffix != ".gguf":
            if passages is not None:
                raise InputError(
                    "a bundle brings its own passages", hint="workbench edge bundle --index INDEX"
                )
            from_bundle(material, path, keys=read_keys(asked.keys), weights=asked.weights)
        else:
            from_model(material, asked.source, passages, weights=asked.weights)
        return write_page(
            folder,
            name=material.name,
            about=material.about,
            decoder=material.decoder,
            search=material.search,
        )


def _show(asked: _Asked, port: int) -> None:
    import tempfile
    import threading

    from workbench.core import settings
    from workbench.core.cancellation import check_cancelled
    from workbench.core.errors import ConflictError
    from workbench.core.progress import progress

    from .serving import PageDoor

    root = settings.home() / "pages"
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".shown-") as made:
        try:
            door = PageDoor(Path(made), port=port)
        except OSError as error:
            raise ConflictError(
                f"port {port} cannot be opened: {error.strerror}", hint="another --port, or 0"
            ) from None
        with door:
            _write(Path(made), asked)
            thread = threading.Thread(target=door.serve_forever, name="edge-page", daemon=True)
            thread.start()
            with progress(f"Open at {door.address}", unit="requests"):
                try:
                    while thread.is_alive():
                        check_cancelled()
                        thread.join(_TICK_S)
                finally:
                    door.shutdown()


def _told(path: Path, said: dict[str, Any]) -> BrowserPage:
    answer, search = said["answer"], said["search"]
    named = [(each["name"], each["license"]) for each in (answer, search) if each]
    named += [(f"{each['name']} {each['version']}", each["license"]) for each in said["packages"]]
    return BrowserPage(
        path=path,
        name=said["name"],
        answers_with=answer["name"] if answer else None,
        searches_with=search["name"] if search else None,
        passages=search["count"] if search else 0,
        size_bytes=sum(each["sizeBytes"] for each in said["files"].values()),
        memory_bytes=said["memoryBytes"],
        licenses=tuple(f"{name}: {license}" for name, license in named),
    )
