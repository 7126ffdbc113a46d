"""The sides of the gateways' comparison: one fixed upstream, ours in front of it, and LiteLLM.

LiteLLM lives in an environment of its own under the temporary folder, made at the first use: its
pins are not ours, and nothing of it comes into our environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path
from typing import Any

import psutil
from shape import REPO

LITELLM = "1.106.2"
PEERS = Path(tempfile.gettempdir()) / "workbench-peers"
MODEL = "words"
BODY: dict[str, Any] = {
    "model": MODEL,
    "messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": "Tell me about the lighthouse, please."},
    ],
    "max_tokens": 64,
}


class Server:
    """A server in a process of its own."""

    def __init__(self, name: str, process: subprocess.Popen[str], url: str, key: str) -> None:
        self.name, self.process, self.url, self.key = name, process, url, key
        self.variables: dict[str, str] = {}  # what our commands need to speak to it

    @property
    def chat_url(self) -> str:
        """Where chats are asked for."""
        return f"{self.url}/v1/chat/completions"

    def _all(self) -> list[psutil.Process]:
        me = psutil.Process(self.process.pid)
        return [me, *me.children(recursive=True)]

    def cpu_s(self) -> float:
        """CPU time of its processes until now."""
        times = [each.cpu_times() for each in self._all()]
        return sum(each.user + each.system for each in times)

    def memory_mb(self) -> float:
        """Resident memory of its processes."""
        return sum(each.memory_info().rss for each in self._all()) / 1e6

    def wait(self, path: str, *, seconds: float = 120.0) -> None:
        """Wait until it answers."""
        ends_s = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(self.url + path, timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > ends_s or self.process.poll() is not None:
                    raise RuntimeError(f"{self.name} does not answer at {path}") from None
                time.sleep(0.2)

    def close(self) -> None:
        """End it, with all that it started."""
        children = self._all()[1:] if self.process.poll() is None else []
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for child in children:
            if child.is_running():
                child.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()


def start_upstream() -> Server:
    """The fixed upstream; its process is no side's."""
    program = [sys.executable, str(REPO / "bench" / "upstream_server.py"), "0"]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return Server("direct", process, f"http://127.0.0.1:{int(process.stdout.readline())}", "none")


def start_ours(
    folder: Path,
    upstream: Server | None,
    *,
    engine: str | None = None,
    threads: int | None = None,
) -> Server:
    """Ours with all its policy on: a key with every limit, budgets, settlements on the disk.

    Args:
        folder: For its files.
        upstream: What it asks; without one its own engines.
        engine: The one of those that it must use. A home that was tuned would else choose another
            than the side that it is compared with.
        threads: How many that engine gets; by default as many as it chooses.
    """
    workbench = Path(sys.executable).with_name("workbench")
    lines = ["[serving]", 'load_at_start = ["smollm2-135m"]' if upstream is None else
             "load_at_start = []"]  # fmt: skip
    if upstream is not None:
        lines += ["[upstreams.far]", f'url = "{upstream.url}/v1"', f'models = ["{MODEL}"]']
    (folder / "workbench.toml").write_text("\n".join(lines) + "\n")
    variables = {**os.environ, "WORKBENCH_CONFIG": str(folder / "workbench.toml")}
    if upstream is not None:
        variables["WORKBENCH_HOME"] = str(folder / "home")
    if engine is not None:
        variables["WORKBENCH_ENGINE"] = engine
    if threads is not None:
        variables["WORKBENCH_THREADS"] = str(threads)
    command = [str(workbench), "serve", "--port", "0", "--key-file", str(folder / "key")]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=variables, cwd=folder
    )
    assert process.stdout is not None
    url = process.stdout.readline().split("listens on ")[1].split(";")[0]
    server = Server("ours", process, url, "")
    server.variables = variables
    server.key = add_key(server)
    server.wait("/readyz")
    return server


def tell_ours(server: Server, *words: str) -> Any:
    """What one of our commands says of a gateway that runs."""
    workbench = Path(sys.executable).with_name("workbench")
    command = [str(workbench), "serving", *words, "--json"]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=server.variables)
    return json.loads(said.stdout)


def check_engine(server: Server, engine: str) -> None:
    """Raise where a model that a gateway holds is on another engine."""
    held = {each["name"]: each["engine"] for each in tell_ours(server, "models", "list")
            if each["engine"]}  # fmt: skip
    if not held or set(held.values()) != {engine}:
        raise RuntimeError(f"{engine} was to be measured, and the gateway holds {held}")


def add_key(server: Server) -> str:
    """A key with every limit, none of which is reached."""
    limits = ("--requests-per-minute", "100000000", "--tokens-per-minute", "1000000000000",
              "--concurrent-streams", "100000", "--budget-tokens", "100000000000000",
              "--budget-usd", "1000000000")  # fmt: skip
    name = f"bench-{os.getpid()}-{time.time_ns()}"
    return str(tell_ours(server, "keys", "add", name, *limits)["key"])


def find_litellm() -> Path:
    """LiteLLM's program; its environment is made if it is not there."""
    folder = PEERS / f"litellm-{LITELLM}"
    program = folder / "bin" / "litellm"
    if not program.is_file():
        venv.create(folder, with_pip=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q"]
        subprocess.run([*pip, f"litellm[proxy]=={LITELLM}"], check=True)
    return program


def start_litellm(folder: Path, upstream: Server) -> Server:
    """LiteLLM's proxy with a master key: what it does without a database."""
    config = {
        "model_list": [
            {
                "model_name": MODEL,
                "litellm_params": {
                    "model": f"openai/{MODEL}",
                    "api_base": f"{upstream.url}/v1",
                    "api_key": "none",
                },
            }
        ],
        "general_settings": {"master_key": "sk-bench"},
        "litellm_settings": {"telemetry": False},
    }
    (folder / "litellm.yaml").write_text(json.dumps(config))  # JSON is YAML
    port = free_port()
    command = [str(find_litellm()), "--config", str(folder / "litellm.yaml"), "--port", str(port),
               "--host", "127.0.0.1", "--num_workers", "1"]  # fmt: skip
    log = (folder / "litellm.log").open("w")
    variables = {**os.environ, "LITELLM_TELEMETRY": "False", "LITELLM_LOG": "ERROR",
                 "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "*"}  # fmt: skip
    process = subprocess.Popen(
        command, stdout=log, stderr=subprocess.STDOUT, text=True, env=variables, cwd=folder
    )
    log.close()
    server = Server("LiteLLM", process, f"http://127.0.0.1:{port}", "sk-bench")
    server.wait("/health/liveliness")
    return server


def free_port() -> int:
    """A port that nobody has just now."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
