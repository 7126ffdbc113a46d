"""Tokens per CPU second of our gateway and of two other servers of models, over HTTP.

    python bench/run.py --only servers --rounds 3

All get the same conversations, greedily, one at a time, and count their own tokens. mlx-lm and
transformers serve the float32 weights that were unpacked from the 4-bit file; ours serves that
file's own 4 bits on one thread, once on llama.cpp (its default here: it measures how many) and
once on what ``models tune`` chooses on these machines. CPU is that of a server's process with all
it started.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import urllib.request
import venv
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateways import PEERS, Server, check_engine, free_port, start_ours
from shape import Benchmark, Figure, take_turns
from sides import MODEL, conversation, folder_path

TOKENS = 96
# Both read the blocks of the shipped Q4_1 file. The engine is held, and named in the figure: a home
# that was tuned would choose by itself.
OURS = {"llamacpp": "llama.cpp, 1 thread", "onnx": "onnxruntime, 1 thread"}
FASTAPI, ACCELERATE = "0.165.0", "1.15.0"
SUBJECTS = itertools.cycle(
    ("a sailor and the sea", "a baker and his oven", "a fox in winter", "two trains at night")
)


@dataclass(frozen=True)
class Sample:
    """One answer: its tokens, and the CPU time of all of the server's processes."""

    tokens: int
    cpu_s: float

    @property
    def tokens_per_cpu_s(self) -> float:
        return self.tokens / self.cpu_s


def ask(server: Server, model: str, subject: str) -> Sample:
    """An answer to one conversation."""
    messages = conversation()
    messages[-1] = {"role": "user", "content": f"Write a long story about {subject}."}
    body: dict[str, Any] = {
        "model": model,
        "messages": messages,
        "max_tokens": TOKENS,
        "temperature": 0,
    }
    if server.name == "ours":
        body["workbench"] = {"cache": "off"}
    request = urllib.request.Request(
        server.chat_url,
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {server.key}"},
    )
    before_s = server.cpu_s()
    with urllib.request.urlopen(request, timeout=300) as reply:
        answer = json.load(reply)
    tokens = int(answer["usage"]["completion_tokens"])
    assert tokens > TOKENS // 2, answer
    return Sample(tokens, server.cpu_s() - before_s)


def start_mlx(folder: Path) -> Server:
    """mlx-lm's server on the float32 weights."""
    port = free_port()
    words = ["-m", "mlx_lm", "server", "--model", str(folder_path()), "--port", str(port)]
    return _start("mlx-lm server", [sys.executable, *words], folder, port, "/health")


def start_transformers(folder: Path) -> Server:
    """``transformers serve`` on the same, in an environment that adds to ours what it needs."""
    place = PEERS / f"transformers-serve-{FASTAPI}"
    python = place / "bin" / "python"
    if not (place / "made").is_file():
        venv.create(place, with_pip=True)
        site = next((place / "lib").glob("python*/site-packages"))
        ours = sysconfig.get_paths()["purelib"]
        (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
        pip = [str(python), "-m", "pip", "install", "-q"]
        needed = [f"fastapi=={FASTAPI}", f"accelerate=={ACCELERATE}"]
        subprocess.run([*pip, *needed], check=True)
        (place / "made").touch()
    port = free_port()
    start = "import sys; from transformers.cli.transformers import main; sys.exit(main())"
    words = ["serve", str(folder_path()), "--device", "cpu", "--dtype", "float32"]
    command = [str(python), "-c", start, *words, "--host", "127.0.0.1", "--port", str(port)]
    return _start("transformers serve", command, folder, port, "/health")


def _start(name: str, command: list[str], folder: Path, port: int, path: str) -> Server:
    # By its own defaults, whatever this shell says of threads: with one, transformers serve does
    # 16 tokens a CPU second where with two that wait for each other it does 6.
    own = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    variables = {**own, "HF_HUB_OFFLINE": "1", "NO_PROXY": "*"}
    with (folder / f"{name.split()[0]}.log").open("w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, text=True, env=variables, cwd=folder
        )
    server = Server(name, process, f"http://127.0.0.1:{port}", "none")
    server.wait(path)
    return server


def against(engine: str, ours: Server, theirs: Server, bound: float, *, rounds: int) -> Figure:
    """Ours and another server by turns."""
    model = str(folder_path())
    ask(ours, MODEL, "rain")
    check_engine(ours, engine)
    ask(theirs, model, "rain")
    mine, others = take_turns(
        lambda: ask(ours, MODEL, next(SUBJECTS)),
        lambda: ask(theirs, model, next(SUBJECTS)),
        rounds=rounds,
    )
    return Figure(
        f"tokens per CPU second over HTTP, Q4_1 ({OURS[engine]}) against float32",
        theirs.name,
        "tokens per CPU s",
        tuple(each.tokens_per_cpu_s for each in mine),
        tuple(each.tokens_per_cpu_s for each in others),
        bound=bound,
        details={"tokens": [each.tokens for each in (*mine, *others)]},
    )


def measure(rounds: int) -> Sequence[Figure]:
    """Ours against each."""
    found = []
    with tempfile.TemporaryDirectory() as base:
        for start, bound in ((start_mlx, 8.0), (start_transformers, 10.0)):
            with closing(start(Path(base))) as theirs:
                for engine in OURS:
                    folder = Path(base, f"{start.__name__}-{engine}")
                    folder.mkdir()
                    # One of ours at a time: an idle one would hold a second copy of the model.
                    with closing(start_ours(folder, None, engine=engine, threads=1)) as ours:
                        found.append(against(engine, ours, theirs, bound, rounds=rounds))
    return found


BENCHMARKS = (Benchmark("servers", measure),)
