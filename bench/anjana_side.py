"""anjana in an environment of its own: answers each line of JSON with a line of JSON.

Started as ``python bench/anjana_side.py FOLDER`` by bench/anonymise.py. The folder holds the rows
(table.csv) and a hierarchy a column (h-COLUMN.csv, without a heading), as both sides read them.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def digest(rows: Any) -> str:
    """The sha256 of a table's cells, row by row."""
    text = "\n".join("\t".join(map(str, row)) for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()


def main(folder: Path) -> None:
    import pandas as pd
    import pycanon.anonymity
    from anjana.anonymity import k_anonymity

    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is not an answer
    table = pd.read_csv(folder / "table.csv", dtype=str, keep_default_na=False)
    quasi = list(table.columns)
    trees: dict[str, Any] = {
        name: dict(pd.read_csv(folder / f"h-{name}.csv", header=None, dtype=str,
                               keep_default_na=False))
        for name in quasi
    }  # fmt: skip
    for line in sys.stdin:
        asked = json.loads(line)
        if "read" in asked:
            made = pd.read_csv(asked["read"], dtype=str, keep_default_na=False)
            answer: dict[str, Any] = {"k": int(pycanon.anonymity.k_anonymity(made, quasi))}
        else:
            given = table.copy()
            started_s, begun_s = time.perf_counter(), time.process_time()
            made = k_anonymity(given, [], quasi, asked["k"], asked["most_dropped"], trees)
            answer = {
                "wall_s": time.perf_counter() - started_s,
                "cpu_s": time.process_time() - begun_s,
                "input": digest(table.to_numpy()),
            }
            if "index" in made:  # rows were dropped; it holds their old numbers
                made = made.set_index("index")
            made[quasi].to_csv(asked["out"], index_label="row")
        told.write(json.dumps(answer) + "\n")
        told.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
