"""A model's weights kept in another way, where an engine has several.

- llama.cpp: ``shipped`` (the file as it is), ``Q8_0``, ``Q4_K_M``, ``Q4_0`` and what else
  ``formats.gguf_recipes`` names, made of the weights as they came;
- ONNX Runtime: ``shipped`` (a GGUF's own blocks), ``int8``, ``int4``, ``float32`` and ``bytes``
  (for browsers), which ``formats.onnx_build`` has built.

Variants are folders in the conversion cache, `<home>/converted/`, named by the sha256 of what they
were made from; they may be deleted at any time, and one that was changed is made
again. transformers and MLX have `dtype` instead.
"""

from __future__ import annotations

import dataclasses

from workbench.core import settings
from workbench.core.errors import InputError
from workbench.models.protocol import ModelFiles

SHIPPED = "shipped"
VARIANT_VERSION = 1  # raise it when a file that was made before would now be made differently


def list_variants(files: ModelFiles, engine: str) -> tuple[str, ...]:
    """The variants of a model on an engine, the one that is taken by default first."""
    if engine == "onnx":
        from workbench.models.formats.onnx_build import variants

        return variants(files)
    if engine == "llamacpp" and files.gguf is not None:
        from workbench.models.formats.gguf_recipes import list_recipes

        return (SHIPPED, *list_recipes())
    return ()


def take_variant(files: ModelFiles, engine: str, variant: str | None) -> ModelFiles:
    """The files to load for a variant, made if they are not there.

    Raises:
        InputError: The engine has no such variant of this model.
        CapabilityError: A tensor of the GGUF cannot be read.
        StorageError: There is no room.
    """
    if variant is None:
        return files
    allowed = list_variants(files, engine)
    if variant not in allowed:
        has = f"it has {', '.join(allowed)}" if allowed else "it has none"
        hint = f"variant={allowed[0]!r}" if allowed else "dtype='bfloat16' halves the weights"
        raise InputError(
            f"variant {variant!r} of {files.name} is not to be had on {engine}: {has}", hint=hint
        )
    if engine != "llamacpp" or variant == SHIPPED or files.gguf is None:
        return files
    from workbench.models.formats.made_folders import is_sound, making
    from workbench.models.formats.requantize import requantize
    from workbench.store.files import hash_file

    name = f"{hash_file(files.gguf)}-{variant}-v{VARIANT_VERSION}"
    folder, file = settings.home() / "converted" / name, f"{name}.gguf"
    if not is_sound(folder):
        with making(folder) as part:
            requantize(files.gguf, part / file, variant)
    return dataclasses.replace(files, gguf=folder / file)
