"""Install with pip, and say how far it is: `python tools/install.py [pip's arguments]`.

pip says nothing for minutes when it is quiet, and 500 lines when it is not. Here a line comes as
soon as a tenth is done; all that pip says is kept in a file, and its end is shown if it fails.
"""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

_TAKEN = re.compile(r"^(Collecting|Processing|Requirement already satisfied:) ")
_UNPACKS = re.compile(r"^Installing collected packages: (.*)")
_STEPS = 10
_SHOWN_ON_FAILURE = 15
_LOOKS_EACH_S = 2.0


def count_locked(lines: Iterable[str]) -> int:
    """How many packages of a lock file are meant for this machine (its markers are asked)."""
    from pip._vendor.packaging.requirements import Requirement

    wanted = 0
    for line in lines:
        text = line.split("\\")[0].strip()
        if not text or text.startswith(("#", "--")):
            continue
        marker = Requirement(text).marker
        wanted += marker is None or marker.evaluate()
    return wanted


def _say(line: str) -> None:
    print(line, flush=True)


class Progress:
    """Says a line for each tenth of what is to be done, and never one twice."""

    def __init__(self, what: str, total: int, *, say: Callable[[str], None] = _say) -> None:
        self.what, self.total, self.say, self._said = what, total, say, 0

    def reached(self, count: int) -> None:
        step = count * _STEPS // max(self.total, 1)
        if step > self._said and count <= self.total:  # nothing is said when the total is unknown
            self._said = step
            self.say(f"workbench:   {self.what} {count} of {self.total} packages")


def _installed(site: Path) -> int:
    return len(list(site.glob("*.dist-info")))


def _watch_unpacking(site: Path, names: str, stop: threading.Event) -> None:
    # pip says nothing between the list of what it unpacks and its last line.
    progress, before = Progress("unpacked", names.count(",") + 1), _installed(site)
    while not stop.wait(_LOOKS_EACH_S):
        progress.reached(_installed(site) - before)


def run(arguments: list[str], *, total: int, log: Path) -> int:
    """pip's return code; what it said is in ``log``."""
    command = [sys.executable, "-m", "pip", "install", "--progress-bar", "off", *arguments]
    site = Path(sysconfig.get_paths()["purelib"])
    fetched, taken = Progress("fetched", total), 0
    last: deque[str] = deque(maxlen=_SHOWN_ON_FAILURE)
    stop = threading.Event()
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        with started as process, log.open("a", encoding="utf-8") as kept:
            for line in process.stdout or ():
                kept.write(line)
                last.append(line)
                if _TAKEN.match(line):
                    fetched.reached(taken)
                    taken += 1
                elif (unpacks := _UNPACKS.match(line)) and "," in unpacks[1]:
                    print("workbench:   all fetched, now unpacking them", flush=True)
                    of = (site, unpacks[1], stop)
                    threading.Thread(target=_watch_unpacking, args=of, daemon=True).start()
    finally:
        stop.set()
    if started.returncode:
        sys.stderr.write("".join(last))
        print(
            f"workbench: pip failed; all that it said is in {log}. Type the same make command to go"
            " on: what was fetched is in pip's cache.",
            file=sys.stderr,
        )
    return started.returncode


def main() -> int:
    arguments = sys.argv[1:]
    lock = next((Path(each) for each in arguments if each.endswith(".lock")), None)
    total = count_locked(lock.read_text("utf-8").splitlines()) if lock else 0  # 0: not known
    try:
        return run(arguments, total=total, log=Path(sys.prefix) / "install.log")
    except KeyboardInterrupt:
        print("workbench: interrupted; the same make command goes on from here", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
