"""What the room gives by name stays what it is, whatever was imported before it."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import workbench.monitoring.business as business
names = list(business.__all__)
for _ in range(2):
    wrong = [name for name in names if not callable(getattr(business, name))]
    assert not wrong, wrong
"""


def test_a_module_does_not_take_the_place_of_a_function() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)
