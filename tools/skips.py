"""Fail if a test of a JUnit file was skipped, or if none ran: CI must have what tests need."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def main(path: Path) -> int:
    """Print each skipped test with its reason; 1 if there is one, or no test at all."""
    cases = list(ElementTree.parse(path).iter("testcase"))
    skipped = [(case, skip) for case in cases for skip in case.iter("skipped")]
    for case, skip in skipped:
        print(f"skipped: {case.get('classname')}.{case.get('name')}: {skip.get('message')}")
    if not cases:
        print("no test ran")
    return 1 if skipped or not cases else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
