"""The process in which onnxruntime-genai's builder makes an ONNX model of a folder.

A process of its own, because the builder imports its parts by bare names from its own folder,
keeps the whole model in memory, and cannot be cancelled. Talks in lines: ``Progress N of M``, and
at the end, if it failed for a reason that the user may know, ``Refused: ...``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

REFUSED = 3


class _Told:
    """What the builder prints, of which the number of layers it has read is passed on."""

    def __init__(self, stream: TextIO, layers: int) -> None:
        self._stream, self._layers, self._read = stream, layers, 0

    def write(self, text: str) -> int:
        if "Reading decoder layer" in text:
            self._read += 1
            # What follows the last layer, quantising and saving, takes about as long.
            self._stream.write(f"Progress {self._read} of {2 * self._layers}\n")
            self._stream.flush()
        return len(text)

    def flush(self) -> None:
        self._stream.flush()


def build(
    folder: Path,
    out: Path,
    *,
    precision: str,
    gguf: Path | None,
    layers: int,
    in_bytes: bool = False,
) -> None:
    """Write ``model.onnx`` and its numbers into ``out``.

    Args:
        folder: A Hugging Face folder.
        out: An existing folder.
        precision: ``int4``, ``int8`` or ``fp32``: the builder's own quantisation.
        gguf: The file whose blocks replace what the builder quantised, if any.
        layers: How many the model has, for the progress.
        in_bytes: Whether its float32 matrices become bytes (``onnx_bytes``).
    """
    import onnx
    import onnxruntime_genai

    from workbench.models.formats.gguf_reader import read_gguf
    from workbench.models.formats.onnx_bytes import take_bytes
    from workbench.models.formats.onnx_graph import Graph

    sys.path.insert(0, str(Path(onnxruntime_genai.__file__).parent / "models"))
    import builder

    draft = out / "draft"
    said = sys.stdout
    sys.stdout = _Told(said, layers)
    try:
        place = (str(folder), str(draft), precision, "cpu", str(draft / "cache"))
        options = builder.parse_extra_options(folder.name, *place, ["hf_token=false"])
        builder.create_model(folder.name, *place, **options)
    finally:
        sys.stdout = said
    model: Any = onnx.load(str(draft / "model.onnx"))
    graph = Graph(model)
    if gguf is not None:
        graph.take_blocks(read_gguf(gguf), json.loads((folder / "config.json").read_text()))
    if in_bytes:
        take_bytes(graph)
    graph.open_up()
    onnx.save(
        model,
        str(out / "model.onnx"),
        save_as_external_data=True,
        location="model.onnx.data",
        size_threshold=1024,
    )
    sys.stdout.write(f"Progress {2 * layers} of {2 * layers}\n")


def main() -> int:
    """Build what the argument says, in JSON."""
    from workbench.core.errors import WorkbenchError

    asked = json.loads(sys.argv[1])
    os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"})
    gguf = asked["gguf"]
    try:
        build(
            Path(asked["folder"]),
            Path(asked["out"]),
            precision=asked["precision"],
            gguf=Path(gguf) if gguf else None,
            layers=asked["layers"],
            in_bytes=asked["in_bytes"],
        )
    except (NotImplementedError, WorkbenchError) as error:
        said = error.message if isinstance(error, WorkbenchError) else str(error)
        sys.stdout.write(f"Refused: {said}\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
