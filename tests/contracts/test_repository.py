"""What is and is not in the repository: a whole lock file, no hosts, no machines, no weights."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

REPO = Path(__file__).resolve().parents[2]
LOCK = REPO / "requirements.lock"
MOST_BYTES = 1_000_000
WEIGHTS = (".gguf", ".safetensors", ".pkl", ".pickle", ".pt", ".pth", ".npy", ".npz", ".onnx",
           ".parquet", ".arrow", ".sqlite", ".whl", ".zip", ".gz")  # fmt: skip
# The first bytes of files that must not hide under another name.
MAGIC = {b"GGUF": "GGUF", b"\x80\x04\x95": "pickle", b"\x80\x02}": "pickle", b"PK\x03\x04": "zip",
         b"\x93NUMPY": "NumPy", b"SQLite format 3": "SQLite", b"PAR1": "Parquet"}  # fmt: skip
# Written in pieces, so that this file does not name what it looks for.
HOSTS = re.compile(
    r"(?:files\.)?pythonho" r"sted\.org|pypi\.o" r"rg|download\.pytor" r"ch\.org"
    r"|registry\.npmj" r"s\.org|deb\.debi" r"an\.org|/op" r"t/(?:pypi|wheels)",
    re.I,
)  # fmt: skip
MACHINES = re.compile(
    r"(?<![\w.<])/(?:ro" r"ot|ho" r"me/[a-z]+|Us" r"ers/[A-Za-z]+|wo" r"rk/(?:main|shared))/"
)


def project() -> dict[str, Any]:
    return tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))


def needed() -> list[Requirement]:
    """Every requirement of pyproject.toml that the lock file answers."""
    about = project()
    lists = [about["project"]["dependencies"], about["dependency-groups"]["dev"]]
    lists += about["project"]["optional-dependencies"].values()
    found = [Requirement(text) for lines in lists for text in lines]
    return [each for each in found if each.name not in ("torch", "workbench")]


def locked(text: str) -> dict[str, list[tuple[Requirement, int]]]:
    """Each locked package's requirements, one a marker, with the number of its hashes."""
    found: dict[str, list[tuple[Requirement, int]]] = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        lines = [line.rstrip("\\").strip() for line in block.splitlines()]
        lines = [line for line in lines if line and not line.startswith(("#", "--index"))]
        if lines:
            requirement = Requirement(lines[0])
            hashes = [
                line for line in lines[1:] if re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line)
            ]
            name = canonicalize_name(requirement.name)
            found.setdefault(name, []).append((requirement, len(hashes)))
            assert len(hashes) == len(lines) - 1, lines[0]
    return found


def lock_faults(text: str) -> list[str]:
    """What a lock file lacks."""
    packages = locked(text)
    found = [
        f"{name}: no hash"
        for name, rows in packages.items()
        if any(hashes == 0 for _, hashes in rows)
    ]
    for requirement in needed():
        rows = packages.get(canonicalize_name(requirement.name), [])
        versions = [str(row.specifier).removeprefix("==") for row, _ in rows]
        if not versions:
            found.append(f"{requirement.name}: missing")
        found += [
            f"{requirement.name}: {version} is not {requirement.specifier}"
            for version in versions
            if not requirement.specifier.contains(Version(version))
        ]
    return found + [f"names {match[0]}" for match in re.finditer(r"\w+://\S+", text)]


def test_the_lock_file_answers_every_requirement() -> None:
    text = LOCK.read_text("utf-8")
    assert lock_faults(text) == []
    assert len(locked(text)) > 150


def test_a_lock_file_with_a_fault_is_seen() -> None:
    text = LOCK.read_text("utf-8")
    without = re.sub(r"\nclick==.*?\n(?=[a-z])", "\n", text, flags=re.S)
    assert lock_faults(without) == ["click: missing"]
    old = re.sub(r"\nclick==\S+", "\nclick==7.0", text)
    assert lock_faults(old) == ["click: 7.0 is not >=8.1"]
    bare = re.sub(r"(\nclick==[^\n]*?) \\\n.*?\n(?=[a-z])", r"\1\n", text, flags=re.S)
    assert lock_faults(bare) == ["click: no hash"]
    assert lock_faults("--index-url https://example.org/simple\n" + text)


def test_torch_is_one_version_everywhere_and_not_in_the_lock_file() -> None:
    pin = re.search(r"^TORCH\s*:=\s*(\S+)$", (REPO / "Makefile").read_text("utf-8"), re.M)
    assert pin is not None
    about = project()
    assert pin[1] in about["project"]["optional-dependencies"]["models"]
    metadata = about["tool"]["uv"]["dependency-metadata"]
    assert [f"{each['name']}=={each['version']}" for each in metadata] == [pin[1]]
    names = locked(LOCK.read_text("utf-8"))
    assert "torch" not in names
    assert [name for name in names if name.startswith(("nvidia", "cuda", "triton"))] == []


def holds_text(path: Path) -> bool:
    """Whether a packed file is one of JSON lines, which a frozen set may be: it is read whole."""
    if not path.name.endswith(".jsonl.gz"):
        return False
    lines = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    return all(isinstance(json.loads(line), dict) for line in lines)


def test_packed_weights_are_no_text(tmp_path: Path) -> None:
    text, weights = tmp_path / "rows.jsonl.gz", tmp_path / "weights.jsonl.gz"
    text.write_bytes(gzip.compress(b'{"a": 1}\n{"a": 2}\n'))
    weights.write_bytes(gzip.compress(b"GGUF\x03\x00"))
    assert holds_text(text)
    with pytest.raises(ValueError):
        holds_text(weights)


def test_no_large_file_and_no_weights(tracked: list[Path]) -> None:
    assert [str(p) for p in tracked if (REPO / p).stat().st_size > MOST_BYTES] == []
    weighty = [path for path in tracked if path.suffix in WEIGHTS and not holds_text(REPO / path)]
    assert list(map(str, weighty)) == []
    hidden = {
        str(path): kind
        for path in tracked
        for magic, kind in MAGIC.items()
        if (REPO / path).read_bytes()[:16].startswith(magic)
    }
    assert hidden == {}


def texts(tracked: list[Path]) -> dict[str, str]:
    found = {}
    for path in tracked:
        try:
            found[str(path)] = (REPO / path).read_text("utf-8")
        except UnicodeDecodeError:
            continue
    return found


@pytest.mark.parametrize(("pattern", "planted"), [
    (HOSTS, "see https://py" "pi.org/simple"), (HOSTS, "--find-links /op" "t/wheels"),
    (MACHINES, 'open("/ro' 'ot/x")'), (MACHINES, "/Us" "ers/ada/models"),
])  # fmt: skip
def test_no_registry_and_no_machine_is_named(
    tracked: list[Path], pattern: re.Pattern[str], planted: str
) -> None:
    found = {
        name: match[0] for name, text in texts(tracked).items() if (match := pattern.search(text))
    }
    assert found == {}
    assert pattern.search(planted)


def test_nothing_generated_or_private_is_tracked(tracked: list[Path]) -> None:
    unwanted = re.compile(r"(^|/)(__pycache__|\.ipynb_checkpoints|\.venv|\.DS_Store|\.env)(/|$)")
    assert [str(path) for path in tracked if unwanted.search(str(path))] == []
    assert not [path for path in tracked if path.parts[0] == "reports"]
    assert [path for path in tracked if path.parts[:2] == ("workbench", "reports")]


def test_ci_is_a_strict_script_and_skips_fail_it(tmp_path: Path) -> None:
    script = REPO / ".ci" / "run"
    assert script.stat().st_mode & 0o100
    assert "set -euo pipefail" in script.read_text("utf-8")
    subprocess.run(["bash", "-n", str(script)], check=True)
    cases = {
        "<testsuite><testcase classname='a' name='b'/></testsuite>": 0,
        "<testsuite><testcase name='b'><skipped message='no'/></testcase></testsuite>": 1,
        "<testsuite/>": 1,
    }
    for content, status in cases.items():
        (tmp_path / "junit.xml").write_text(content)
        command = [sys.executable, str(REPO / "tools" / "skips.py"), str(tmp_path / "junit.xml")]
        assert subprocess.run(command, capture_output=True, check=False).returncode == status
    content = "<testcase classname='a' name='b'><failure message='E 1 &lt; 0'/></testcase>"
    (tmp_path / "junit.xml").write_text(f"<testsuite>{content}</testsuite>")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "failed: a.b: E 1 < 0\n")
