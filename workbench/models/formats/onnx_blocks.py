"""The blocks of a GGUF as the blocks of ONNX Runtime's ``MatMulNBits``, without quantising again.

Both keep 32 neighbouring weights of a row as small whole numbers ``q`` with a scale ``d``. Q8_0
(``w = d q``) and Q4_0 (``w = d (q - 8)``) are blocks of that operator as they stand. Q4_1
(``w = d q + m``) is not: the operator's fast kernel takes a whole zero point ``z`` from 0 to 15
(``w = d (q - z)``), and ``-m / d`` is no whole number. What rounding it leaves, ``r = m + d z``, is
the same for all weights of a block, so what it adds to a product is ``r`` times the sum of the
block's inputs. That is a product with one more column a block: the matrix gets the columns ``r``,
itself in 4 bits, and its input the sums of its blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.models.formats.architectures import Architecture, undo_storage
from workbench.models.formats.gguf_reader import GgufFile

if TYPE_CHECKING:
    import numpy as np

BLOCK = 32
# Of the usual step: where `rest` would be further off, 8 bits are taken for the matrix instead.
_WORST_ERROR = 0.1


@dataclass(frozen=True)
class BlockMatrix:
    """A matrix in blocks: ``w = scales * (quants - zeros)``, plus ``rest`` for each of a block.

    ``quants`` has the shape ``[rows, blocks, 32]`` (uint8), ``scales`` (float32), ``zeros`` (uint8)
    and ``rest`` (float32, None where there is none) ``[rows, blocks]``; ``columns`` may be fewer
    than the blocks hold.
    """

    bits: int
    columns: int
    quants: np.ndarray
    scales: np.ndarray
    zeros: np.ndarray
    rest: np.ndarray | None = None

    def numbers(self) -> np.ndarray:
        """The weights: float32 ``[rows, columns]``."""
        import numpy as np

        steps = self.quants.astype(np.float32) - self.zeros[:, :, None]
        found = steps * self.scales[:, :, None]
        if self.rest is not None:
            found += self.rest[:, :, None]
        return found.reshape(len(found), -1)[:, : self.columns]


def read_matrix(
    gguf: GgufFile, name: str, architecture: Architecture, config: dict[str, Any], *, bits: int = 4
) -> BlockMatrix:
    """A matrix of a GGUF with its rows in the order of Hugging Face's code.

    Q8_0 and, with ``bits`` 4, Q4_0 and Q4_1 keep their numbers; all else becomes 8 bits a weight.
    """
    kind = gguf.tensors[name].type
    if bits == 4 and kind in ("Q4_0", "Q4_1"):
        found = _read_4_bits(gguf, name)
    elif kind == "Q8_0":
        found = _read_q8_0(gguf, name)
    else:
        found = encode_8_bits(gguf.dequantize(name))

    def ordered(part: np.ndarray) -> np.ndarray:
        return undo_storage(name, part, architecture, config)

    return BlockMatrix(
        found.bits,
        found.columns,
        ordered(found.quants),
        ordered(found.scales),
        ordered(found.zeros),
        None if found.rest is None else ordered(found.rest),
    )


def _split(gguf: GgufFile, name: str, block_bytes: int) -> tuple[np.ndarray, int]:
    import numpy as np

    rows, columns = gguf.tensors[name].shape
    return np.asarray(gguf.raw(name)).reshape(rows, columns // BLOCK, block_bytes), columns


def _half(raw: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.ascontiguousarray(raw).view("<f2")[..., 0].astype(np.float32)


def _read_q8_0(gguf: GgufFile, name: str) -> BlockMatrix:
    import numpy as np

    raw, columns = _split(gguf, name, 34)
    quants = np.ascontiguousarray(raw[..., 2:]) ^ 0x80  # int8 to uint8 around 128
    scales = _half(raw[..., :2])
    return BlockMatrix(8, columns, quants, scales, np.full(scales.shape, 128, np.uint8))


def _read_4_bits(gguf: GgufFile, name: str) -> BlockMatrix:
    import numpy as np

    shifted = gguf.tensors[name].type == "Q4_1"
    raw, columns = _split(gguf, name, 20 if shifted else 18)
    packed = raw[..., 4 if shifted else 2 :]
    quants = np.concatenate([packed & 15, packed >> 4], axis=-1)
    scales = _half(raw[..., :2])
    if not shifted:
        return BlockMatrix(4, columns, quants, scales, np.full(scales.shape, 8, np.uint8))
    least = _half(raw[..., 2:4])
    flat = scales == 0  # all weights of the block are `least`: one step from zero says it exactly
    scales = np.where(flat, np.abs(least), scales)
    quants = np.where(flat[..., None], (least > 0).astype(np.uint8)[..., None], quants)
    least = np.where(flat, np.minimum(least, 0), least)
    steps = np.divide(-least, scales, out=np.zeros_like(least), where=scales != 0)
    zeros = np.clip(np.rint(steps), 0, 15).astype(np.uint8)
    return BlockMatrix(4, columns, quants, scales, zeros, least + scales * zeros)


def encode_8_bits(weights: np.ndarray) -> BlockMatrix:
    """Weights as 8-bit blocks around 128, as Q8_0 has them; the last block may be part of one."""
    import numpy as np

    rows, columns = weights.shape
    padded = np.zeros((rows, -(-columns // BLOCK) * BLOCK), np.float32)
    padded[:, :columns] = weights
    blocks = padded.reshape(rows, -1, BLOCK)
    scales = np.abs(blocks).max(axis=-1) / 127
    steps = np.divide(
        blocks, scales[..., None], out=np.zeros_like(blocks), where=scales[..., None] != 0
    )
    quants = (np.rint(steps) + 128).astype(np.uint8)
    return BlockMatrix(8, columns, quants, scales, np.full(scales.shape, 128, np.uint8))


def stack(parts: list[BlockMatrix]) -> BlockMatrix:
    """Matrices one below the other; 8 bits for all if one needs them."""
    import numpy as np

    if len({part.bits for part in parts}) > 1:
        return encode_8_bits(np.concatenate([part.numbers() for part in parts]))
    rests = [np.zeros_like(p.scales) if p.rest is None else p.rest for p in parts]
    return BlockMatrix(
        parts[0].bits,
        parts[0].columns,
        np.concatenate([part.quants for part in parts]),
        np.concatenate([part.scales for part in parts]),
        np.concatenate([part.zeros for part in parts]),
        np.concatenate(rests) if any(part.rest is not None for part in parts) else None,
    )


def extend(matrix: BlockMatrix) -> BlockMatrix:
    """A matrix without ``rest``: with one more column a block instead, or else in 8 bits.

    The input must then be followed by the sums of its blocks: ``columns + blocks`` numbers.
    """
    import numpy as np

    if matrix.rest is None:
        return matrix
    rows, blocks = matrix.rest.shape
    held = -(-blocks // BLOCK)
    rest = np.zeros((rows, held * BLOCK), np.float32)
    rest[:, :blocks] = matrix.rest
    rest = rest.reshape(rows, held, BLOCK)
    scales = np.abs(rest).max(axis=-1) / 7
    steps = np.divide(
        rest, scales[..., None], out=np.zeros_like(rest), where=scales[..., None] != 0
    )
    quants = (np.rint(steps) + 8).astype(np.uint8)
    kept = ((quants.astype(np.float32) - 8) * scales[..., None]).reshape(rows, -1)[:, :blocks]
    error = np.sqrt(np.mean((kept - matrix.rest) ** 2))
    if error > _WORST_ERROR * np.median(matrix.scales):
        return encode_8_bits(matrix.numbers())
    return BlockMatrix(
        4,
        matrix.columns + blocks,
        np.concatenate([matrix.quants, quants], axis=1),
        np.concatenate([matrix.scales, scales], axis=1),
        np.concatenate([matrix.zeros, np.full(scales.shape, 8, np.uint8)], axis=1),
    )


def pack(matrix: BlockMatrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The operator's inputs: quants (uint8), scales (float32) and zero points (uint8)."""
    import numpy as np

    if matrix.bits == 8:
        return matrix.quants, matrix.scales, matrix.zeros
    zeros = matrix.zeros
    if zeros.shape[1] % 2:
        zeros = np.concatenate([zeros, np.zeros((len(zeros), 1), np.uint8)], axis=1)
    quants = matrix.quants[..., 0::2] | (matrix.quants[..., 1::2] << 4)
    return quants, matrix.scales, zeros[:, 0::2] | (zeros[:, 1::2] << 4)
