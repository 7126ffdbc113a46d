"""Files from a model hub, through huggingface_hub where it is installed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from workbench.core.errors import FetchError, StorageError, WorkbenchError
from workbench.core.optional import require

from .child import ChildResult, run_child


class HubFolder:
    """The files of one repository at one revision, each brought when it is opened."""

    def __init__(self, repository: str, revision: str, *, kind: str, staging: Path) -> None:
        self._repository, self._revision, self._kind = repository, revision, kind
        self._folder = staging / "hub"
        self._uri = f"hf:{repository}@{revision}"

    @contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """Bring one file and stream its bytes; what an interrupted run got of it is gone on from.

        Raises:
            DependencyError: huggingface_hub is not installed.
            FetchError: The hub cannot be reached, refused, or has no such file.
            StorageError: The disk is full.
        """
        require("huggingface_hub", extra="models")
        arguments = [
            sys.executable,
            "-P",
            "-m",
            "workbench.store.hub_child",
            self._kind,
            self._repository,
            self._revision,
            path,
            str(self._folder),
        ]
        environment = {
            **os.environ,
            "DO_NOT_TRACK": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "HF_HUB_VERBOSITY": "error",
            "PYTHONIOENCODING": "utf-8",
        }
        result = run_child(arguments, label=f"fetch {path}", environment=environment)
        if result.status != 0:
            raise self._explain(path, result)
        with (self._folder / path).open("rb") as stream:
            yield stream

    def discard(self) -> None:
        """Remove what was brought."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _explain(self, path: str, result: ChildResult) -> WorkbenchError:
        said = [line for line in result.output.splitlines() if line.startswith("ERROR ")]
        kind = said[-1].split()[1] if said else "unknown"
        if kind == "no-space":
            return StorageError(
                f"no space left on the disk while fetching {path} from {self._uri}",
                hint="free some space, or set WORKBENCH_HOME to another disk",
            )
        reason, hint = {
            "gated": (
                "its owner asks users to accept a licence first",
                "accept it on the model's page, then `hf auth login`",
            ),
            "not-found": (
                "the hub has no such repository, revision or file, or it is private",
                "check the name and revision; for a private one `hf auth login`",
            ),
            "network": (
                "the hub could not be reached",
                "check the network, and HF_ENDPOINT if it is set",
            ),
            "no-hub": (
                "what answered does not speak the hub's protocol",
                "check HF_ENDPOINT",
            ),
        }.get(kind, (f"the download ended with status {result.status}", "try again"))
        return FetchError(f"{path} from {self._uri}: {reason}", hint=hint, reason=kind)
