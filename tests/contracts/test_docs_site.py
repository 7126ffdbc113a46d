"""The checker of the built site sees each fault; the sources of the site name everything."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

REPO = Path(__file__).resolve().parents[2]
ROOMS = sorted(path.parent.name for path in (REPO / "workbench").glob("*/__init__.py"))
NAMES = ("docs_check", "docs_api", "pictures")
PAGE = """<!doctype html><html><head><link rel="stylesheet" href="a.css">{head}</head>
<body><h1 id="top">A</h1><a href="b.html#here">b</a> <a href="https://example.org/">web</a>
<img src="data:image/png;base64,AA=="> <img srcset="data:image/png;base64,AA== 1x, a.css 2x">
{body}</body></html>"""


@pytest.fixture(scope="module")
def tools() -> Iterator[dict[str, ModuleType]]:
    """The tools that make the site."""
    sys.path.insert(0, str(REPO / "tools"))
    yield {name: importlib.import_module(name) for name in NAMES}
    sys.path.remove(str(REPO / "tools"))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two sound pages and a style sheet."""
    (tmp_path / "a.html").write_text(PAGE.format(head="", body=""))
    (tmp_path / "b.html").write_text("<p id='here'><a href='a.html?x=1#top'>a</a></p>")
    (tmp_path / "a.css").write_text("/* url(https://x.org/a) */ p { background: url(#a) }")
    return tmp_path


def test_a_sound_site_has_no_fault(tools: dict[str, ModuleType], site: Path) -> None:
    assert tools["docs_check"].site_faults(site) == []
    assert tools["docs_check"].site_faults(site / "nothing") != []


@pytest.mark.parametrize(
    ("where", "planted", "said"),
    [
        ("body", "<a href='gone.html'>x</a>", "leads nowhere: gone.html"),
        ("body", "<a href='b.html#gone'>x</a>", "no such place in the page: b.html#gone"),
        ("body", "<a href='#gone'>x</a>", "no such place in the page: #gone"),
        ("body", "<a href='../../outside.html'>x</a>", "leads nowhere: ../../outside.html"),
        ("body", "<img src='gone.png'>", "loads what is not there: leads nowhere: gone.png"),
        ("head", "<script src='https://cdn.example/x.js'></script>", "loads from outside"),
        ("head", "<script src='//cdn.example/x.js'></script>", "loads from outside"),
        ("head", "<script>import 'https://cdn.example/x.js'</script>", "loads from outside"),
        ("head", "<script>fetch('https://api.example/x')</script>", "loads from outside"),
        ("head", "<link rel='preconnect' href='https://fonts.example'>", "loads from outside"),
        ("head", "<link rel='shortcut icon' href='https://x.example/i.ico'>", "from outside"),
        ("head", "<style>@import 'https://x.example/a.css';</style>", "loads from outside"),
        ("head", "<style>p{background:url(https://x.example/a.png)}</style>", "from outside"),
        ("head", "<base href='https://x.example/'>", "loads from outside"),
        ("body", "<p style='background:url(//x.example/a.png)'>x</p>", "loads from outside"),
        ("body", "<img srcset='a.css 1x, https://x.example/2.png 2x'>", "loads from outside"),
        ("body", "<img srcset='https://x.example/2.png'>", "loads from outside"),
        ("body", "<iframe src='http://x.example'></iframe>", "loads from outside"),
        ("body", "<object data='http://x.example'></object>", "loads from outside"),
        ("body", "<svg><image href='https://x.example/a.svg'/></svg>", "loads from outside"),
        ("body", "<video poster='https://x.example/a.png'></video>", "loads from outside"),
    ],
)
def test_a_planted_fault_is_seen(
    tools: dict[str, ModuleType], site: Path, where: str, planted: str, said: str
) -> None:
    parts = {"head": "", "body": "", where: planted}
    (site / "a.html").write_text(PAGE.format(**parts))
    faults = tools["docs_check"].site_faults(site)
    assert len(faults) == 1
    assert said in faults[0]
    assert faults[0].startswith("a.html: ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.css", "@import url('https://x.example/a.css');"),
        ("a.css", "@font-face { src: url(//fonts.example/a.woff2) }"),
        ("a.js", "const s = document.createElement('script'); s.src = 'https://x.example/a.js'"),
        ("a.js", "importScripts('https://x.example/a.js')"),
        ("a.svg", "<style>p { background: url(https://x.example/a.png) }</style>"),
    ],
)
def test_a_planted_load_in_a_file_beside_the_pages_is_seen(
    tools: dict[str, ModuleType], site: Path, name: str, text: str
) -> None:
    (site / name).write_text(text)
    assert [fault.split(":")[0] for fault in tools["docs_check"].site_faults(site)] == [name]


def missing_names(page: str, room: str, names: list[str]) -> list[str]:
    """The public names that an API page does not show."""
    return [
        name
        for name in names
        if f"## `{name}`\n" not in page and f"## `{name}`, a module\n" not in page
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_the_api_names_what_a_room_offers(tools: dict[str, ModuleType], room: str) -> None:
    names = tools["docs_api"].public_names(room)
    page = tools["docs_api"].room_page(room)
    assert missing_names(page, room, names) == []
    assert missing_names(page.replace("## ", "# "), room, names) == names
    assert " object at 0x" not in page


@pytest.mark.parametrize("room", ROOMS)
def test_a_public_name_says_what_it_is(room: str) -> None:
    package = importlib.import_module(f"workbench.{room}")
    silent = [
        name
        for name in getattr(package, "__all__", [])
        if callable(getattr(package, name)) and not inspect.getdoc(getattr(package, name))
    ]
    assert silent == []


def test_docstrings_become_markdown(tools: dict[str, ModuleType]) -> None:
    text = (
        "Do it.\n\n>>> 1 + 1\n2\n\nArgs:\n    a: First\n        and more.\n    b: Second.\n\nEnd."
    )
    assert tools["docs_api"].text_of(text).split("\n") == [
        "Do it.", "", "```python", ">>> 1 + 1", "2", "```", "", "", "**Args**", "",
        "- `a`: First", "  and more.", "- `b`: Second.", "", "End.",
    ]  # fmt: skip


def test_formulas_are_drawn_and_one_that_cannot_be_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text(
        "# A\n\nFrom $5 to $10, $\\sqrt{x}$ and\n\n$$\n\\frac{1}{2}\n$$\n\n$\\nonsense{x}$\n"
    )
    (tmp_path / "conf.py").write_text(
        "extensions, html_math_renderer = ['myst_parser', 'docs_math'], 'mathml'\n"
        "myst_enable_extensions = ['dollarmath']\n"
        "myst_dmath_allow_digits = myst_dmath_allow_space = False\n"
    )
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", str(tmp_path), str(tmp_path / "o")],
        env={**os.environ, "PYTHONPATH": str(REPO / "tools")},
        capture_output=True,
        text=True,
    )
    page = (tmp_path / "o" / "index.html").read_text()
    assert page.count("<math ") == 2 and "<msqrt>" in page and "<mfrac>" in page
    assert "From $5 to $10" in page
    assert r"<code>\nonsense{x}</code>" in page
    assert (
        r"index.md:9: WARNING: this formula cannot be drawn: \nonsense is not known" in built.stderr
    )
    assert "mathjax@" not in page and '<script src="http' not in page


def test_every_dashboard_can_be_photographed(tools: dict[str, ModuleType]) -> None:
    pages = tools["pictures"].pages()
    dashboards = {path.stem for path in (REPO / "notebooks" / "dashboards").glob("*.ipynb")}
    assert set(pages) == dashboards | {"report", "phone"}
    for name in dashboards:
        page = pages[name]()
        assert page.path == f"/voila/render/{name}.ipynb"
        assert page.ready and 200 < page.height_px < 3000


def how_to_commands(text: str) -> list[list[str]]:
    """The `workbench` commands of a page's examples, as words."""
    lines = [
        line.removeprefix("$ ")
        for kind, block in re.findall(r"```(sh|text)\n(.*?)```", text, re.S)
        for line in block.replace("\\\n", " ").splitlines()
        if kind == "sh" or line.startswith("$ ")
    ]
    found = [shlex.split(line.partition(" &")[0], comments=True) for line in lines]
    return [words[1:] for words in found if words[:1] == ["workbench"]]


@pytest.mark.filterwarnings("ignore:'protected_args' is deprecated")
def test_the_commands_of_the_pages_are_commands() -> None:
    spec = importlib.util.spec_from_file_location("docs", Path(__file__).with_name("test_docs.py"))
    assert spec is not None and spec.loader is not None
    docs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(docs)
    pages = sorted((REPO / "docs" / "how-to").glob("*.md"))
    commands = [words for page in pages for words in how_to_commands(page.read_text("utf-8"))]
    assert len(commands) > 30
    planted = ("greetings",)  # the room that a page teaches to add
    wrong = [words for words in commands if words[0] not in planted and not docs.parses(words)]
    assert wrong == []
    assert not docs.parses(how_to_commands("```sh\nworkbench store submti x\n```")[0])


def test_every_room_is_in_the_design(tools: dict[str, ModuleType]) -> None:
    text = (REPO / "docs" / "design" / "index.md").read_text("utf-8")
    drawn = re.findall(r">(\w+)</text>", text)
    floors = (REPO / "pyproject.toml").read_text("utf-8").partition("layers = [")[2]
    held = re.findall(r"\((\w+)\)", floors.partition("]")[0])
    assert drawn == [room for room in held if room != "__main__"]  # that only starts cli
    assert [room for room in ROOMS if f"| `{room}` |" not in text] == []


def test_every_page_is_reached() -> None:
    """Sphinx warns of a page in no contents; here without building."""
    contents = [
        (page, entry.strip())
        for page in (REPO / "docs").rglob("*.md")
        for block in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text("utf-8"), re.S)
        for entry in block.splitlines()
        if entry.strip() and not entry.startswith(":")
    ]
    reached = {REPO / "docs" / "index.md"}
    for page, entry in contents:
        folder, _, name = entry.rpartition("/")
        reached |= set((page.parent / folder).resolve().glob(f"{name}.md"))
    pages = set((REPO / "docs").rglob("*.md"))
    assert sorted(str(page.relative_to(REPO)) for page in pages - reached) == []


def test_the_lock_file_has_the_documentations_packages() -> None:
    import tomllib

    from packaging.requirements import Requirement

    about = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))
    text = (REPO / "requirements.lock").read_text("utf-8")
    for line in about["dependency-groups"]["docs"]:
        wanted = Requirement(line)
        found = re.search(rf"^{wanted.name}==(\S+)", text, re.M)
        assert found is not None and wanted.specifier.contains(found[1]), line
