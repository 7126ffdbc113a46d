"""The verifier as a command."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .reading import check_file, read_folder
from .signing import CannotCheckError


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m verifier", description="Check an exported ledger or a proof of an entry."
    )
    parser.add_argument("path", type=Path, help="an exported ledger (JSON lines), or a proof")
    parser.add_argument("--checkpoints", type=Path, help="the folder of the signed checkpoints")
    parser.add_argument("--public-key", type=Path, help="the signer's public key, a PEM")
    given = parser.parse_args(arguments)
    try:
        key = given.public_key.read_bytes() if given.public_key else None
        kept = read_folder(given.checkpoints) if given.checkpoints else []
        report = check_file(given.path, kept, key)
    except (CannotCheckError, OSError) as error:
        sys.stderr.write(f"cannot check: {error}\n")
        return 2
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
