"""Kuzu's side of ``knowledge_cypher.py``, run by the Python of a side environment that has kuzu.

``kuzu_side.py FOLDER``: loads the folder's Parquet files into a database of its own, then answers
each line of input (a query and a list of parameters) with the rows and the milliseconds of each.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import kuzu


def main(folder: Path) -> None:
    """Load, then answer until the input ends."""
    told = json.loads((folder / "tables.json").read_text())
    started_s = time.perf_counter()
    path = folder / "kuzu"
    database = kuzu.Database(str(path), buffer_pool_size=told["buffer_bytes"], max_num_threads=1)
    connection = kuzu.Connection(database)
    for made, copied in told["statements"]:
        connection.execute(made)
        connection.execute(copied.replace("FOLDER", str(folder)))
    connection.close()
    database.close()
    load_s = time.perf_counter() - started_s
    database = kuzu.Database(
        str(path), read_only=True, buffer_pool_size=told["buffer_bytes"], max_num_threads=1
    )
    connection = kuzu.Connection(database)
    sys.stdout.write(json.dumps({"load_s": load_s}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        asked = json.loads(line)
        answers = []
        for parameters in asked["parameters"]:
            started_s = time.perf_counter()
            result = connection.execute(asked["query"], parameters)
            rows = []
            while result.has_next():
                rows.append(result.get_next())
            answers.append({"rows": rows, "ms": 1000 * (time.perf_counter() - started_s)})
            result.close()
        sys.stdout.write(json.dumps(answers) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
