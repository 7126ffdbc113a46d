"""Docs that cannot drift: a page for each error, a reference made from code, sorted words."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from workbench.core import settings
from workbench.core.errors import WorkbenchError, all_errors
from workbench.core.operations import Operation, all_operations
from workbench.core.schema import docstring_arguments

REPO = Path(__file__).resolve().parents[2]
OWN_ERRORS = [cls for cls in all_errors() if cls.__module__ == "workbench.core.errors"]
OPERATIONS = [found for found in all_operations() if found.function.__module__[:10] == "workbench."]


def page_faults(text: str, code: str) -> list[str]:
    parts = [f"# `{code}`", "**What it means.**", "**Why it comes.**", "**What to do.**", "```text"]
    return [part for part in parts if part not in text]


@pytest.mark.parametrize("cls", OWN_ERRORS, ids=lambda cls: cls.code)
def test_each_error_has_a_page(cls: type[WorkbenchError]) -> None:
    text = (REPO / "docs" / "errors" / f"{cls.code}.md").read_text("utf-8")
    assert page_faults(text, cls.code) == []
    assert page_faults(text.replace("**What to do.**", ""), cls.code) == ["**What to do.**"]


def test_each_page_has_an_error() -> None:
    pages = {path.stem for path in (REPO / "docs" / "errors").glob("*.md")}
    assert pages == {cls.code for cls in OWN_ERRORS}


@pytest.mark.parametrize("tool", ["environment.py", "reference.py"])
def test_what_is_made_from_code_has_not_drifted(tool: str) -> None:
    found = subprocess.run(
        [sys.executable, str(REPO / "tools" / tool), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_the_comparison_sees_a_page_that_has_drifted(tmp_path: Path) -> None:
    for name in ("tools", "docs"):
        shutil.copytree(REPO / name, tmp_path / name)
    page = tmp_path / "docs" / "reference" / "settings.md"
    page.write_text(page.read_text("utf-8").replace("`seed`", "`sead`"))
    check = [sys.executable, str(tmp_path / "tools" / "reference.py"), "--check"]
    found = subprocess.run(check, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "docs/reference/settings.md is not what it is made from" in found.stderr


def test_the_reference_names_everything() -> None:
    reference = REPO / "docs" / "reference"
    text = (reference / "operations.md").read_text("utf-8")
    assert [found.name for found in OPERATIONS if f"### `{found.name}`" not in text] == []
    text = (reference / "settings.md").read_text("utf-8")
    assert [name for name in settings.declared() if f"| `{name}` |" not in text] == []
    heads = set(re.findall(r"### `\[+(\w+)", text))
    assert heads == set(settings.TABLES)


def operation_faults(operation: Operation) -> list[str]:
    """What is missing from an operation's own words."""
    found = []
    if not operation.title or operation.title.endswith("."):
        found.append("its title is no title")
    if not operation.help.splitlines() or not operation.help.splitlines()[0].endswith((".", ";")):
        found.append("its docstring does not begin with a sentence")
    told = docstring_arguments(operation.function)
    names = {parameter.name for parameter in operation.parameters}
    found += [f"nothing is said of {name}" for name in sorted(names - set(told))]
    found += [f"{name} is no parameter" for name in sorted(set(told) - names)]
    return found


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_operation_says_what_it_and_its_parameters_are(operation: Operation) -> None:
    text = " ".join(operation.help.split())
    first = re.match(r".*?[.;](?= |$)", text)
    assert first is not None, "its docstring does not begin with a sentence"
    assert [fault for fault in operation_faults(operation) if "sentence" not in fault] == []


def test_the_look_at_operations_sees_each_fault() -> None:
    def silent(a: int) -> None: ...

    def wrong(a: int) -> None:
        """Do it.

        Args:
            b: Nothing.
        """

    assert operation_faults(Operation("x.y", silent, "Do.")) == [
        "its title is no title",
        "its docstring does not begin with a sentence",
        "nothing is said of a",
    ]
    assert operation_faults(Operation("x.y", wrong, "Do it")) == [
        "nothing is said of a",
        "b is no parameter",
    ]


def test_the_glossary_is_sorted_and_says_each_word_once() -> None:
    text = (REPO / "docs" / "glossary.md").read_text("utf-8")
    words = re.findall(r"^- \*\*(.+?)\*\*:", text, re.M)
    assert len(words) > 30
    assert words == sorted(set(words))
    assert all(word in words for word in ("room", "operation", "engine", "claim", "lease"))


def test_decisions_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in (REPO / "docs" / "adr").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for name in names:
        text = (REPO / "docs" / "adr" / name).read_text("utf-8")
        for part in ("## Decision", "## Rivals", "## What it costs"):
            assert part in text, name


def links(path: Path) -> list[str]:
    """The places inside the repository that a page links to."""
    found = re.findall(r"\]\(([^)#\s]+)", path.read_text("utf-8"))
    return [link for link in found if "://" not in link and not link.startswith("mailto:")]


def test_links_lead_somewhere() -> None:
    pages = [*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md"), REPO / "labs" / "README.md"]
    broken = [
        f"{page.relative_to(REPO)}: {link}"
        for page in pages
        for link in links(page)
        if not (page.parent / link).exists()
    ]
    assert broken == []


def readme_commands() -> list[list[str]]:
    """The `workbench` commands of the README's examples, as words."""
    blocks = re.findall(r"```sh\n(.*?)```", (REPO / "README.md").read_text("utf-8"), re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    found = [shlex.split(line, comments=True) for line in lines]
    return [
        words[words.index("workbench") + 1 :]
        for words in found
        if "workbench" in words and words[0] not in ("source", "make")
    ]


def parses(words: list[str]) -> bool:
    """Whether the command line takes the words, without running what they ask for."""
    from workbench.cli.main import workbench

    try:
        with workbench.make_context("workbench", list(words)) as ctx:
            command: click.Command | None = workbench
            rest = ctx.protected_args + ctx.args
            while isinstance(command, click.Group):
                _, command, rest = command.resolve_command(ctx, rest)
            assert command is not None
            command.make_context("command", rest).close()
    except (click.ClickException, WorkbenchError):
        return False
    return True


@pytest.mark.filterwarnings("ignore:'protected_args' is deprecated")
def test_the_readmes_commands_are_commands() -> None:
    commands = readme_commands()
    assert len(commands) >= 5
    assert [" ".join(words) for words in commands if not parses(words)] == []
    assert not parses(["chat", "--modle", "x"])
    assert not parses(["report", "rnu"])


def unknown_verbs(text: str) -> list[str]:
    """The `workbench NOUN VERB` in code that name no command; what is behind them is not read."""
    from workbench.cli.main import workbench

    code = re.findall(r"```sh\n(.*?)```|(?<!`)`([^`\n]+)`", text, re.S)
    named = re.findall(
        r"(?:^|[\s/(])workbench ([a-z][a-z-]*)(?: +([a-z][a-z-]*)(?=[\s`]|$))?",
        "\n".join(block or inline for block, inline in code),
    )
    context, wrong = click.Context(workbench), []
    for noun, verb in named:
        command = workbench.get_command(context, noun)
        if isinstance(command, click.Group) and verb:
            command = command.get_command(context, verb)
        if command is None:
            wrong.append(f"{noun} {verb}".strip())
    return wrong


@pytest.mark.parametrize(
    "page", [*sorted((REPO / "docs" / "how-to").glob("*.md")), REPO / "README.md"],
    ids=lambda page: page.stem,
)  # fmt: skip
def test_the_commands_that_a_page_names_are_there(page: Path) -> None:
    assert unknown_verbs(page.read_text("utf-8")) == []


def test_a_command_that_is_not_there_is_seen() -> None:
    assert unknown_verbs("As a job: `workbench store enqueue x`.") == ["store enqueue"]
    assert unknown_verbs("```sh\nworkbench chta hello\n```") == ["chta hello"]
    assert unknown_verbs("`workbench store submit x`, `workbench chat hello`") == []


def test_the_readmes_make_targets_are_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (REPO / "Makefile").read_text("utf-8"), re.M))
    for page in ("README.md", "CONTRIBUTING.md"):
        named = re.findall(r"(?:^|`)make ([a-z]+)", (REPO / page).read_text("utf-8"), re.M)
        assert set(named) <= targets, page
        assert named


def test_the_readme_maps_all_eighteen_systems() -> None:
    text = (REPO / "README.md").read_text("utf-8")
    assert re.findall(r"^\| (\d+) \|", text, re.M) == [str(n) for n in range(1, 19)]


def relations_in(text: str) -> set[str]:
    """The relations of a table that has one or two in the first cell of a row."""
    rows = text.partition("\n| relation | ")[2].partition("\n\n")[0].splitlines()[2:]
    return {name.strip(" `") for row in rows for name in row.split("|")[1].split(",")}


def test_the_relations_are_those_of_the_guidelines() -> None:
    page = (REPO / "docs/how-to/knowledge.md").read_text("utf-8")
    guidelines = REPO / "workbench/evaluation/frozen/knowledge/README.md"
    known = relations_in(page)
    assert known == relations_in(guidelines.read_text("utf-8"))
    assert f"{len(known)} relations" in page
    assert len(relations_in(page.replace("| `child_of` |", "|  |")) & known) == len(known) - 1
    for rule in re.findall(r"rules (?:add|remove) \w+ '([^']+)'", page):
        assert set(re.findall(r"(\w+)\(", rule)) <= known, rule
