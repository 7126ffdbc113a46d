"""A real model in a real bundle, on a Python that has one runtime and nothing else, offline."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import venv
from pathlib import Path

import pytest
import xllamacpp

from workbench.edge.bundles import parts
from workbench.edge.bundles.building import Built, Terms, build
from workbench.edge.bundles.keys import load_signer
from workbench.store.text_index import Passage, TextIndex

pytestmark = pytest.mark.model

FRANCE = "What is the capital of France?"
MEMORY_BYTES = 400_000_000
# Run before the runner in the same process: whatever of a network is asked for is refused.
REFUSE = """
import socket, sys, runpy
def no(*args, **named): raise OSError('no network')
real = socket.socket.__init__
def only_local(self, family=-1, *rest, **named):
    if family not in (socket.AF_UNIX,): no()
    real(self, family, *rest, **named)
socket.socket.__init__ = only_local
socket.getaddrinfo = socket.create_connection = no
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has xllamacpp and nothing else that was ever installed."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    package = Path(xllamacpp.__file__).parent
    for path in (package, *package.parent.glob("xllamacpp-*.dist-info")):
        (site / path.name).symlink_to(path)
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, shared_home_path: Path) -> Built:
    folder = tmp_path_factory.mktemp("bundle")
    index = folder / "index.sqlite"
    passages = [
        Passage("1", "The lighthouse of Varnholm was built in 1868 by Ada Brekke."),
        Passage("2", "Bread is baked on Tuesdays."),
    ]
    TextIndex.build(index, passages=passages, stamp="1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(shared_home_path))
        chosen = parts.find_model("smollm2-135m")
        contents = [
            chosen.content,
            parts.make_policy(chosen, {"max_tokens": 24, "passages": 1}),
            parts.find_index(index),
        ]
        return build(
            "notes",
            folder / "notes.bundle",
            contents=contents,
            architecture=chosen.architecture,
            terms=Terms(memory_bytes=MEMORY_BYTES),
            signer=load_signer(folder / "keys"),
        )


@pytest.fixture
def installed(bare: Path, bundle: Built, tmp_path: Path) -> Path:
    """A device's folder with the bundle, started once."""
    root = tmp_path / "device"
    told = run(bare, bundle.path, "install", "--root", str(root))
    assert told["outcome"] == "updated"
    return root / "edge.py"


def run(python: Path, *words: object, before: tuple[str, ...] = ()) -> dict:  # type: ignore[type-arg]
    command = [*before, str(python), "-I", *map(str, words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=clean(), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def clean() -> dict[str, str]:
    """An environment in which nothing leads to the packages of the tests."""
    return {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "HOME": "/nonexistent"}


def test_the_python_is_bare(bare: Path) -> None:
    code = "import importlib.metadata as m; print(sorted(d.name for d in m.distributions()))"
    done = subprocess.run([str(bare), "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['xllamacpp']"


def test_the_file_alone_answers(bare: Path, bundle: Built, tmp_path: Path) -> None:
    told = run(bare, bundle.path, "ask", FRANCE, "--root", tmp_path / "device")
    assert "Paris" in told["text"]
    assert told["memory_bytes"] < MEMORY_BYTES


def test_it_answers_with_the_network_off(bare: Path, installed: Path) -> None:
    if shutil.which("unshare") is None or os.geteuid() != 0:
        pytest.skip("unshare and root are needed for a network namespace")
    told = run(bare, installed, "ask", FRANCE, before=("unshare", "--net"))
    assert "Paris" in told["text"]


def test_it_answers_where_sockets_are_refused(bare: Path, installed: Path) -> None:
    code = ["-c", REFUSE, installed.parent / "bundles" / state_of(installed)["current"]]
    told = run(bare, *code, "ask", FRANCE, "--root", installed.parent)
    assert "Paris" in told["text"]


def state_of(installed: Path) -> dict[str, str]:
    return dict(json.loads((installed.parent / "state.json").read_text()))


def test_passages_of_the_index_come_before_a_question(bare: Path, installed: Path) -> None:
    told = run(bare, installed, "ask", "Who built the lighthouse of Varnholm?")
    assert "Brekke" in told["text"]


def test_what_an_answer_used_is_noted(bare: Path, installed: Path) -> None:
    run(bare, installed, "ask", FRANCE)
    assert run(bare, installed, "status")["records_waiting"] == 1


@pytest.fixture
def cgroup() -> object:
    """A memory cgroup (version 1 or 2) with the limit that the bundle states."""
    for base, limit in (
        (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
        (Path("/sys/fs/cgroup"), "memory.max"),
    ):
        group = base / f"workbench-edge-{os.getpid()}"
        try:
            group.mkdir()
            (group / limit).write_text(str(MEMORY_BYTES))
        except OSError:
            if group.is_dir():
                group.rmdir()
            continue
        yield group
        group.rmdir()
        return
    pytest.skip("no memory cgroup can be made here")


def test_it_runs_within_the_memory_that_it_states(
    bare: Path, installed: Path, cgroup: Path
) -> None:
    """Kept by the kernel: the model's own pages count, too."""
    enter = f'echo $$ > {cgroup}/cgroup.procs; exec "$@"'
    told = run(bare, installed, "ask", FRANCE, before=("sh", "-c", enter, "sh"))
    assert "Paris" in told["text"]
    assert told["memory_bytes"] < MEMORY_BYTES


@pytest.mark.parametrize("memory_bytes", [50_000_000, 110_000_000, 250_000_000])
def test_what_does_not_fit_is_named(
    bare: Path, bundle: Built, tmp_path: Path, shared_home: Path, memory_bytes: int
) -> None:
    """By its files alone; or with what it computes in, which the process's own limit keeps."""
    small = build(
        "small",
        tmp_path / "small.bundle",
        contents=[parts.find_model("smollm2-135m").content],
        architecture="llama",
        terms=Terms(memory_bytes=memory_bytes, context_tokens=8192),
        signer=load_signer(tmp_path / "keys"),
    )
    command = [str(bare), "-I", str(small.path), "install", "--root", str(tmp_path / "d"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=clean(), check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    said = json.loads(done.stdout.splitlines()[-1])["error"]
    assert said["code"] == "memory", said
    assert not (tmp_path / "d" / "state.json").exists()


def test_an_unknown_architecture_is_named_and_nothing_is_replaced(
    bare: Path, bundle: Built, installed: Path, tmp_path: Path
) -> None:
    """The same model under a name that no llama.cpp knows, of the same length in the file."""
    model = next(part for part in bundle.manifest.parts if part.kind == "model")
    version = installed.parent / "bundles" / state_of(installed)["current"]
    data = bytearray((version / model.name).read_bytes())
    place = data.index(b"general.architecture") + len(b"general.architecture") + 4 + 8
    assert data[place : place + 5] == b"llama"
    data[place : place + 5] = b"zonda"
    other = tmp_path / "zonda.gguf"
    other.write_bytes(data)
    made = build(
        "notes",
        tmp_path / "notes-2.bundle",
        contents=[parts.Content("model", "parts/model.gguf", other)],
        architecture="zonda",
        previous=bundle.path,
        signer=load_signer(bundle.path.parent / "keys"),
    )
    command = [str(bare), "-I", str(installed), "update", str(made.path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=clean(), check=False)
    said = json.loads(done.stdout.splitlines()[-1])["error"]
    assert said["code"] == "architecture", said
    assert "zonda" in said["message"] and "nothing was replaced" in said["message"]
    assert "Paris" in run(bare, installed, "ask", FRANCE)["text"]


def test_weights_that_the_runtime_cannot_read_are_named_and_nothing_is_replaced(
    bare: Path, bundle: Built, installed: Path, tmp_path: Path
) -> None:
    """The type of one matrix becomes a number that no llama.cpp gave yet."""
    model = next(part for part in bundle.manifest.parts if part.kind == "model")
    version = installed.parent / "bundles" / state_of(installed)["current"]
    data = bytearray((version / model.name).read_bytes())
    name = b"blk.0.attn_q.weight"
    place = data.index(name) + len(name)
    (dimensions,) = struct.unpack_from("<I", data, place)
    struct.pack_into("<I", data, place + 4 + 8 * dimensions, 99)
    (tmp_path / "other.gguf").write_bytes(data)
    made = build(
        "notes",
        tmp_path / "notes-2.bundle",
        contents=[parts.Content("model", "parts/model.gguf", tmp_path / "other.gguf")],
        architecture="llama",
        previous=bundle.path,
        signer=load_signer(bundle.path.parent / "keys"),
    )
    command = [str(bare), "-I", str(installed), "update", str(made.path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=clean(), check=False)
    said = json.loads(done.stdout.splitlines()[-1])["error"]
    assert said["code"] == "architecture", said
    assert "attn_q.weight is quantised as type 99" in said["message"]
    assert "nothing was replaced" in said["message"]
    assert "Paris" in run(bare, installed, "ask", FRANCE)["text"]


def test_what_cannot_be_noted_does_not_keep_an_answer_back(bare: Path, installed: Path) -> None:
    """The records' file is no database any more: the answer comes, with a word of it."""
    (installed.parent / "outbox.sqlite").write_bytes(b"nothing like a database" * 100)
    told = run(bare, installed, "ask", FRANCE)
    assert "Paris" in told["text"]
    assert "cannot be opened" in told["notes"][-1]


def test_a_damaged_model_makes_way_for_the_version_before(
    bare: Path, bundle: Built, installed: Path, tmp_path: Path
) -> None:
    run(bare, installed, "ask", FRANCE)
    model = next(part for part in bundle.manifest.parts if part.kind == "model")
    first = installed.parent / "bundles" / state_of(installed)["current"]
    chosen = parts.Content("model", model.name, first / model.name)
    made = build(
        "notes",
        tmp_path / "notes-2.bundle",
        contents=[chosen, parts.Content("policy", "policy.json", data=b'{"max_tokens": 9}')],
        architecture="llama",
        previous=bundle.path,
        signer=load_signer(bundle.path.parent / "keys"),
    )
    told = run(bare, installed, "update", made.path)
    assert told["version"] == 2 and told["linked_bytes"] > 98_000_000
    second = installed.parent / "bundles" / made.manifest.digest / model.name
    data = bytearray(second.read_bytes())
    data[50_000_000] ^= 1
    second.unlink()  # its other name, of the first version, is another file then
    second.write_bytes(data)
    told = run(bare, installed, "ask", FRANCE)
    assert told["version"] == 1 and "Paris" in told["text"]
    assert "is damaged" in state_of(installed)["fell_back"][1]


def test_the_door_answers_in_the_shape_of_openai(bare: Path, installed: Path) -> None:
    openai = pytest.importorskip("openai")
    command = [str(bare), "-I", str(installed), "serve", "--key", "secret", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean()) as process:
        assert process.stdout is not None
        try:
            address = json.loads(process.stdout.readline())["address"]
            ask = {"model": "notes", "messages": [{"role": "user", "content": FRANCE}]}
            with openai.OpenAI(base_url=address, api_key="secret", max_retries=0) as client:
                whole = client.chat.completions.create(**ask)
                assert "Paris" in whole.choices[0].message.content
                assert whole.usage.completion_tokens > 0
                pieces = list(client.chat.completions.create(stream=True, **ask))
                text = "".join(each.choices[0].delta.content or "" for each in pieces)
                assert text == whole.choices[0].message.content
                assert client.models.list().data[0].id == "notes"
                with pytest.raises(openai.BadRequestError, match="max_tokens"):
                    client.chat.completions.create(**{**ask, "max_tokens": -1})
            stranger = openai.OpenAI(base_url=address, api_key="other", max_retries=0)
            with stranger, pytest.raises(openai.AuthenticationError):
                stranger.chat.completions.create(**ask)
        finally:
            process.kill()


def test_a_chat_keeps_what_was_said(bare: Path, installed: Path) -> None:
    command = [str(bare), "-I", str(installed), "chat", "--max-tokens", "30"]
    said = "My name is Ingrid.\nWhat is my name?\n\n"
    done = subprocess.run(
        command, input=said, capture_output=True, text=True, env=clean(), check=True
    )
    assert "Ingrid" in done.stdout.splitlines()[-1] or "Ingrid" in done.stdout
