"""An encoder in ONNX, made once, and run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.core.optional import require
from workbench.core.progress import progress
from workbench.models.formats.made_folders import is_sound, making
from workbench.models.formats.onnx_encoder import GRAPH, write_encoder

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.protocol import ModelFiles

VERSION = 1  # raise it when what was made before would now be made differently
_COPIED = ("config.json", "tokenizer.json", "tokenizer_config.json", "sentence_bert_config.json")
_ROWS = 32


def make_encoder(files: ModelFiles, kind: str) -> Path:
    """The folder of an encoder's ONNX graph and tokenizer: made on the first call, then found.

    Args:
        files: A BERT's, as a folder.
        kind: ``float32``, ``int8`` or ``int4``.

    Raises:
        CapabilityError: It is no BERT.
        StorageError: The disk is full; nothing is left.
    """
    from workbench.edge.made_files import source_sha256

    assert files.folder is not None
    name = f"{source_sha256(files)[:32]}-encoder-{kind}-v{VERSION}"
    folder = settings.home() / "compressed" / name
    if not is_sound(folder):
        with making(folder) as part, progress(f"writing {files.name} for ONNX in {kind}"):
            write_encoder(files.folder, part / GRAPH, kind=kind)
            for each in _COPIED:
                if (files.folder / each).is_file():
                    shutil.copyfile(files.folder / each, part / each)
    return folder


class OnnxEncoder:
    """An encoder that ``make_encoder`` made, in this process.

    Args:
        folder: Its folder.
        threads: Of ONNX Runtime.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        from workbench.models.folder import ModelFolder
        from workbench.models.tokenizer import TextTokenizer

        runtime = require("onnxruntime", extra="models")
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._most_tokens = ModelFolder(folder, config, True).embedding_tokens
        self._tokenizer = TextTokenizer(folder)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = runtime.InferenceSession(
            str(folder / GRAPH), options, providers=["CPUExecutionProvider"]
        )

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of length 1, float32 ``[texts, size]``; a text that is too long is cut.

        Raises:
            InputError: A text is empty.
        """
        import numpy as np

        if not all(text.strip() for text in texts):
            raise InputError("there is an empty text among those to embed")
        rows = self._tokenizer.tokenize_for_embedding(texts, max_tokens=self._most_tokens)
        order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
        found: np.ndarray | None = None
        for start in range(0, len(order), _ROWS):
            check_cancelled()
            places = order[start : start + _ROWS]
            longest = max(len(rows[place]) for place in places)
            ids = np.zeros((len(places), longest), np.int64)
            mask = np.zeros_like(ids)
            for row, place in enumerate(places):
                ids[row, : len(rows[place])] = rows[place]
                mask[row, : len(rows[place])] = 1
            (made,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
            if found is None:
                found = np.empty((len(rows), made.shape[1]), np.float32)
            found[places] = made
        return found if found is not None else np.empty((0, 0), np.float32)
