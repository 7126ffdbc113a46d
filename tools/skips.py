"""Fail if a test of a JUnit file was skipped, or if none ran: CI must have what tests need.

Tests that failed are told once more, in a line each: of a run that broke off, whose end says only
that it did, nothing else names them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def main(path: Path) -> int:
    """Print each skipped test with its reason; 1 if there is one, or no test at all.

    What failed is printed, too, and does not count: pytest ended with a status for it.
    """
    cases = list(ElementTree.parse(path).iter("testcase"))
    skipped = [(case, skip) for case in cases for skip in case.iter("skipped")]
    for case, skip in skipped:
        print(f"skipped: {case.get('classname')}.{case.get('name')}: {skip.get('message')}")
    if not cases:
        print("no test ran")
    for case in cases:
        for fault in (*case.iter("failure"), *case.iter("error")):
            first = (fault.get("message") or "").strip().partition("\n")[0][:200]
            print(f"failed: {case.get('classname')}.{case.get('name')}: {first}")
    return 1 if skipped or not cases else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
