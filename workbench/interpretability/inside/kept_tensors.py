"""Named tensors with a record of how they were made: lenses and steering vectors on the disk.

The bytes are safetensors in the artifacts (never pickle: reading them runs nothing), the name and
the record are a version in the store. What was made on other weights is refused.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, IntegrityError, NotFoundError

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.model import Model
    from workbench.store.versions import Version

_SAMPLE = 64
_MADE_BY = {
    "lens": "workbench interpretability train-lens NAME",
    "steering": (
        'workbench interpretability make-steering NAME --layer 12 --toward "I loved it." '
        '--away "I hated it."'
    ),
}


def weights_of(model: Model) -> dict[str, str]:
    """What says which weights a model has: its name, and a sha256 of its tensors.

    Of each tensor its name, its shape and up to 64 numbers spread over it are hashed: to hash all
    of a large model takes minutes, and an adapter or another precision changes every number.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(model.module.named_parameters()):
        flat = tensor.detach().reshape(-1)
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(flat[:: max(1, len(flat) // _SAMPLE)][:_SAMPLE].float().numpy().tobytes())
    return {"model": model.name, "weights_sha256": digest.hexdigest()}


def keep_tensors(
    kind: str, name: str, tensors: Mapping[str, np.ndarray], *, record: Mapping[str, Any]
) -> Version:
    """Write tensors as the next version of a name.

    Args:
        kind: ``lens`` or ``steering``.
        name: Without ``@``.
        tensors: Float32, by name.
        record: How they were made, and ``weights_of`` the model.

    Raises:
        InputError: A number is not finite, or the name is bad.
        StorageError: They cannot be written.
    """
    import numpy as np

    from workbench.models.formats.safetensors_files import write_safetensors
    from workbench.store.artifacts import Artifacts
    from workbench.store.versions import Versions

    for tensor, numbers in tensors.items():
        if not np.isfinite(numbers).all():
            raise InputError(
                f"{tensor} of {name!r} has numbers that are not finite", hint="a smaller step"
            )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tensors.safetensors"
        shapes = {tensor: numbers.shape for tensor, numbers in tensors.items()}
        write_safetensors(path, shapes, tensors.items(), dtype="float32")
        kept = Artifacts().put_file(path)
    return Versions().create(kind, name, artifact_sha256=kept.sha256, record=dict(record))


def check_kept(kind: str, reference: str) -> None:
    """Refuse a name that nothing was kept by, before a model is loaded for it.

    Raises:
        NotFoundError: There is none of that name; the hint says how one is made.
    """
    _resolve(kind, reference)


def _resolve(kind: str, reference: str) -> Version:
    from workbench.store.versions import Versions

    try:
        return Versions().resolve(kind, reference)
    except NotFoundError as error:
        error.hint = error.hint or _MADE_BY[kind]
        raise


def find_tensors(
    kind: str, reference: str, *, model: Model
) -> tuple[Version, dict[str, np.ndarray]]:
    """Tensors by name (``mine``, ``mine@2``), checked, for a model.

    Raises:
        NotFoundError: There are none of that name.
        IntegrityError: Their bytes are not those that were kept, or they were made on other
            weights than the model's.
    """
    from workbench.models.formats.safetensors_files import read_safetensors
    from workbench.store.artifacts import Artifacts

    version = _resolve(kind, reference)
    made_on, given = version.record, weights_of(model)
    if made_on["weights_sha256"] != given["weights_sha256"]:
        raise IntegrityError(
            f"{version.reference} was made on {made_on['model']} with other weights "
            f"({made_on['weights_sha256'][:12]}...) than this {given['model']} "
            f"({given['weights_sha256'][:12]}...)",
            hint="make it again on this model; another dtype counts as another model",
        )
    path = Artifacts().path(str(version.artifact_sha256))
    return version, dict(read_safetensors(path))
