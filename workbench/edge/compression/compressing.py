"""Making a model's other form: once, whole or not at all, found again by what it was made of."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.errors import CapabilityError, InputError
from workbench.edge.compression.importance import Importance
from workbench.edge.compression.results import Made
from workbench.edge.compression.targets import Target
from workbench.edge.compression.texts import Texts
from workbench.edge.made_files import RECORD, folder_bytes, folder_sha256, source_sha256
from workbench.models.formats.made_folders import LIST, is_sound, making
from workbench.store.files import hash_file, write_json

if TYPE_CHECKING:
    from workbench.models.protocol import ModelFiles

VERSION = 1  # raise it when what was made before would now be made differently


def make(model: str, target: Target, *, calibration: Texts | None = None) -> Made:
    """A model's other form, in ``<home>/compressed``; made on the first call, found on the next.

    Args:
        model: A name of the catalogue, or the path of a GGUF or a model folder.
        target: What to make.
        calibration: Texts that weigh the errors of a GGUF's quantised matrices.

    Raises:
        CapabilityError: The model's architecture has no such form.
        InputError: What was asked for does not go together.
        DependencyError: What makes it is not installed.
        StorageError: The disk is full; nothing is left.
        CancelledError: The caller was cancelled; nothing is left.
    """
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    if target.form != "gguf" and calibration is not None:
        raise InputError(
            f"a calibration weighs the errors of a GGUF; {target} takes none",
            hint="leave it out, or --to gguf:q4_k_m",
        )
    entry = catalogue.find(model)
    files = model_files(entry)
    if target.form in ("onnx", "page"):
        return _make_onnx(entry.name, files, target)
    asked = {
        "source": source_sha256(files),
        "target": str(target),
        "calibration": calibration.sha256 if calibration else None,
        "version": VERSION,
    }
    folder = _root() / hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]
    if not is_sound(folder):
        found = _importance(files, calibration) if calibration is not None else None
        with making(folder) as part:
            if target.form == "mlx":
                told = _write_mlx(files, part, target)
            else:
                out = part / f"{_plain(entry.name)}-{target.kind}.gguf"
                told = _write_gguf(files, out, target, found, calibration)
            write_json(part / RECORD, {**asked, **told})
    return _read(entry.name, target, folder)


def base_gguf(files: ModelFiles) -> Path:
    """A model's GGUF: its own, or its folder's float32 weights written as one.

    Raises:
        CapabilityError: The folder's architecture is not written as a GGUF.
    """
    from workbench.models.folder import read_folder
    from workbench.models.formats.to_gguf import gguf_architecture, write_gguf_of_folder

    if files.gguf is not None:
        return files.gguf
    assert files.folder is not None
    folder = read_folder(files.folder)
    if folder.is_encoder:
        raise CapabilityError(
            f"{files.name} is an encoder ({folder.architecture}), of which no GGUF is written here",
            hint=f"workbench edge compress --model {files.name} --to onnx:int8",
        )
    gguf_architecture(folder.config)
    made = _root() / f"{source_sha256(files)[:32]}-gguf-F32-v{VERSION}"
    if not is_sound(made):
        with making(made) as part:
            write_gguf_of_folder(files.folder, part / "model.gguf", type="F32")
    return made / "model.gguf"


def copy_to(made: Made, out: Path) -> Made:
    """Put what was made where the user wants it, whole or not at all.

    Raises:
        ConflictError: Something is there already.
        StorageError: The disk is full, or the place cannot be written.
    """
    from workbench.core.errors import ConflictError
    from workbench.store.files import replacing, saying_why

    out = out.expanduser().absolute()
    if out.exists():
        raise ConflictError(f"{out} is there already", hint="name another with --out, or remove it")
    if made.path.is_file():
        with replacing(out) as file, made.path.open("rb") as source:
            shutil.copyfileobj(source, file, 1 << 20)
    else:
        with saying_why(out), making(out) as part:
            shutil.copytree(
                made.path, part, dirs_exist_ok=True, ignore=shutil.ignore_patterns(LIST, RECORD)
            )
    return dataclasses.replace(made, path=out)


def _root() -> Path:
    return settings.home() / "compressed"


def _importance(files: ModelFiles, calibration: Texts) -> Importance:
    """What texts say of a model's columns; kept beside what it is used for."""
    from workbench.edge.compression.importance import (
        measure_importance,
        read_importance,
        write_importance,
    )

    name = f"imatrix-{source_sha256(files)[:24]}-{calibration.sha256[:24]}-v{VERSION}"
    folder = _root() / name
    if not is_sound(folder):
        with making(folder) as part:
            found = measure_importance(files, calibration.texts)
            said = f"{calibration.name}, sha256 {calibration.sha256}"
            write_importance(part / "imatrix.gguf", found, datasets=[said])
    return read_importance(folder / "imatrix.gguf")


def _write_gguf(
    files: ModelFiles,
    out: Path,
    target: Target,
    importance: Importance | None,
    calibration: Texts | None,
) -> dict[str, Any]:
    from workbench.models.formats.requantize import requantize

    said: dict[str, str] = {}
    if calibration is not None and importance is not None:
        said["quantize.imatrix.dataset"] = f"{calibration.name}, sha256 {calibration.sha256}"
    made = requantize(
        base_gguf(files),
        out,
        target.kind,
        importance=importance.columns if importance is not None else None,
        metadata=said,
    )
    return {
        "encoding": f"{target.kind}, {made.encoding}",
        "types": dict(made.types),
        "fallbacks": dict(made.fallbacks),
        "file": made.path.name,
    }


def _write_mlx(files: ModelFiles, part: Path, target: Target) -> dict[str, Any]:
    from workbench.edge.compression.mlx_weights import write_mlx_folder

    write_mlx_folder(files, part, bits=int(target.kind))
    return {"encoding": f"MLX {target.kind} bit, {_history(files)}", "file": None}


def _make_onnx(name: str, files: ModelFiles, target: Target) -> Made:
    from workbench.models.folder import read_folder
    from workbench.models.formats.onnx_build import build_onnx

    if files.folder is not None and read_folder(files.folder).is_encoder:
        from workbench.edge.onnx_encoder import make_encoder
        from workbench.models.formats.onnx_encoder import KINDS

        if target.form == "page" or target.kind not in KINDS:
            raise CapabilityError(
                f"{name} is an encoder, of which no {target} is made: ONNX of it is "
                f"{', '.join(KINDS)}",
                hint=f"workbench edge page {name} --index INDEX"
                if target.form == "page"
                else f"workbench edge compress --model {name} --to onnx:int8",
            )
        folder = make_encoder(files, target.kind)
    else:
        folder = build_onnx(files, target.kind)
    encoding = f"ONNX {target.kind}, {_history(files)}"
    return Made(name, str(target), folder, folder_bytes(folder), folder_sha256(folder), encoding)


def _history(files: ModelFiles) -> str:
    from workbench.models.formats.requantize import describe_history

    return (
        describe_history(files.gguf)
        if files.gguf is not None
        else "encoded from unquantised weights"
    )


def _read(name: str, target: Target, folder: Path) -> Made:
    told: Mapping[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    path = folder / told["file"] if told["file"] else folder
    return Made(
        name,
        str(target),
        path,
        path.stat().st_size if path.is_file() else folder_bytes(path),
        hash_file(path) if path.is_file() else folder_sha256(path),
        told["encoding"],
        told.get("types", {}),
        told.get("fallbacks", {}),
        told["calibration"],
    )


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-._" else "-" for letter in name)
