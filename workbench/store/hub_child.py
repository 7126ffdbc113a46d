"""The program that a child process runs to bring one file from a hub.

It is a process of its own so that it can be ended at once, and so that the hub library's settings
(no telemetry, no progress drawn on the terminal) never reach the user's own session.
"""

from __future__ import annotations

import argparse
import errno
import sys
from pathlib import Path
from typing import Any

_CONNECT_TIMEOUT_S = 8.0


def main() -> int:
    """Fetch one file; the last line says why it failed: ``ERROR <kind> <class>``."""
    parser = argparse.ArgumentParser()
    for name in ("kind", "repository", "revision", "path", "folder"):
        parser.add_argument(name)
    given = parser.parse_args()
    from huggingface_hub import errors

    try:
        _bring(given)
    except errors.GatedRepoError as error:
        return _fail("gated", error)
    except (
        errors.RepositoryNotFoundError,
        errors.RevisionNotFoundError,
        errors.RemoteEntryNotFoundError,
    ) as error:
        return _fail("not-found", error)
    except errors.FileMetadataError as error:
        return _fail("no-hub", error)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return _fail("no-space" if full else "network", error)
    except errors.HTTPError as error:  # of the library that it stands on
        return _fail("network", error)
    return 0


def _bring(given: argparse.Namespace) -> None:
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

    # The library waits and tries for minutes where there is no network; one short look tells.
    get_hf_file_metadata(
        hf_hub_url(given.repository, given.path, repo_type=given.kind, revision=given.revision),
        timeout=_CONNECT_TIMEOUT_S,
    )
    hf_hub_download(
        given.repository,
        given.path,
        repo_type=given.kind,
        revision=given.revision,
        local_dir=Path(given.folder),
        tqdm_class=_reporter(),
    )


def _reporter() -> Any:
    from tqdm import tqdm

    class Lines(tqdm):
        """Progress as the lines that ``run_child`` reads."""

        def display(self, *args: Any, **keywords: Any) -> bool:
            sys.stdout.write(f"Progress {int(self.n)} of {int(self.total or 0)}\n")
            sys.stdout.flush()
            return True

    return Lines


def _fail(kind: str, error: BaseException) -> int:
    sys.stdout.write(f"ERROR {kind} {type(error).__name__}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
