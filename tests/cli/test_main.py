"""The command line from outside: help, near matches, exit statuses, and what goes where."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import workbench.cli.main as main_module
from workbench.cli.commands import as_options
from workbench.cli.main import ALIASES, ROOM_ALIASES
from workbench.core.errors import InputError
from workbench.core.operations import find, rooms


def test_help_names_every_room_and_everyday_verb(run: Any) -> None:
    for flag in ("--help", "-h"):
        found = run(flag)
        assert (found.status, found.err) == (0, "")
        for word in (*rooms(), *ALIASES):
            assert f"  {word}" in found.out


def test_no_command_shows_the_help_on_stderr(run: Any) -> None:
    found = run()
    assert (found.status, found.out) == (2, "")
    assert "Every day:" in found.err


def test_version(run: Any) -> None:
    assert run("--version").out == "workbench, version 0.1.0\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["confg"], "error: no command named 'confg'; did you mean 'config'?\nhint: workbench "),
        (["config", "shwo"], "error: no verb of config named 'shwo'; did you mean 'show'?\n"),
        (["zzz"], "error: no command named 'zzz'; known: "),
        (["config", "show", "--jsno"], "--json"),
        (["config", "show", "extra"], "unexpected extra argument"),
        (["chta", "Hi"], "did you mean 'chat'?\n"),
        (
            ["models", "ps"],
            "the gateway says which are in its\nhint: workbench serving models list",
        ),
        (["chat", "Hi", "--engine", "llamacp"], "found 'llamacp'; did you mean 'llamacpp'?\n"),
        (["--set", "sed", "1", "config", "show"], "did you mean 'seed'?"),
        (["--set", "seed", "x", "config", "show"], "'seed' from command line is 'x'"),
        (["--home", "", "config", "show"], "it must be a path"),
    ],
)
def test_a_users_mistake_ends_with_2_and_says_what_is_allowed(
    run: Any, arguments: list[str], words: str
) -> None:
    found = run(*arguments)
    assert (found.status, found.out) == (2, "")
    assert words in found.err
    assert "Traceback" not in found.err


def test_settings_shown_as_json(
    run: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workbench.toml").write_text("seed = 4\n")
    monkeypatch.setenv("WORKBENCH_THREADS", "1")
    found = run("--set", "model", "other", "config", "show", "--json")
    assert (found.status, found.err) == (0, "")
    shown = json.loads(found.out)
    assert shown["home"] == {"value": str(home), "source": "environment (WORKBENCH_HOME)"}
    assert shown["threads"] == {"value": 1, "source": "environment (WORKBENCH_THREADS)"}
    assert shown["seed"] == {"value": 4, "source": str(tmp_path / "workbench.toml")}
    assert shown["model"] == {"value": "other", "source": "command line"}
    assert shown["offline"] == {"value": False, "source": "default"}


def test_home_option_is_stronger_than_the_environment(run: Any, tmp_path: Path) -> None:
    shown = json.loads(run("--home", tmp_path / "other", "config", "show", "--json").out)
    assert shown["home"] == {"value": str(tmp_path / "other"), "source": "command line"}
    assert not (tmp_path / "other").exists()


def test_a_choice_made_for_one_command_is_gone_after_it(run: Any) -> None:
    run("--set", "seed", "5", "config", "show")
    assert json.loads(run("config", "show", "--json").out)["seed"]["value"] == 0


def test_a_plugins_room_is_a_command(run: Any, probe: Path) -> None:
    assert "probe" in run("--help").out
    found = run("probe", "--help")
    assert found.status == 0
    assert "Talk while working" in found.out
    assert run("--set", "seed", "7", "probe", "setting", "seed").out == "7\n"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["judge"], 0),
        (["judge", "--no-ok"], 1),
        (["judge", "--no-ok", "--json"], 1),
        (["talk", "--fail"], 2),
        (["stop", "--how", "cancel"], 130),
        (["stop", "--how", "ctrl-c"], 130),
        (["stop", "--how", "nonsense"], 2),
        (["stop"], 2),
        (["stop", "--how", "pipe"], 2),
    ],
)
def test_exit_statuses(run_apart: Any, probe: Path, arguments: list[str], status: int) -> None:
    found = run_apart("probe", *arguments)
    assert found.status == status
    assert "Traceback" not in found.err


def test_our_own_fault_keeps_its_traceback(run_apart: Any, probe: Path) -> None:
    found = run_apart("probe", "stop", "--how", "fault")
    assert found.status == 1
    assert "Traceback" in found.err
    assert "ZeroDivisionError: a fault of ours" in found.err


def test_an_error_and_its_hint_go_to_stderr(run: Any, probe: Path) -> None:
    found = run("probe", "talk", "--fail", "--json")
    assert (found.status, found.out) == (2, "")
    assert found.err == "error: it was asked to fail\nhint: --no-fail\n"


def test_ctrl_c_from_outside(probe: Path, command: Any) -> None:
    process = subprocess.Popen(
        command("probe", "stop", "--how", "wait"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.split() == ["stopped"]


def test_ctrl_c_while_the_command_line_is_imported() -> None:
    """What the script of the package does, with the key pressed in the middle of it."""
    source = """
import importlib.abc, sys
class Pressed(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "workbench.core.settings":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Pressed())
from importlib.metadata import entry_points
(script,) = entry_points(group="console_scripts", name="workbench")
script.load()()
"""
    found = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (130, "stopped\n")


def test_the_package_is_a_command_too() -> None:
    """What is typed where an environment's scripts are not on the path."""
    for words, status, said in (
        (["--version"], 0, "workbench, version 0.1.0\n"),
        (["privacy", "anonymize"], 2, "anonymise"),
    ):
        found = subprocess.run(
            [sys.executable, "-m", "workbench", *words], capture_output=True, text=True
        )
        assert found.returncode == status
        assert said in found.stdout + found.stderr


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_reader_that_goes_away_ends_it_quietly(
    probe: Path, command: Any, flags: list[str]
) -> None:
    # Unbuffered, Python itself takes a write that the pipe took a part of for a whole one.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        command("probe", "lines", *flags),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=variables,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    os.read(process.stdout.fileno(), 10)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), err) == (141, b"")


def test_a_closed_pipe_elsewhere_is_not_taken_for_our_readers(run_apart: Any, probe: Path) -> None:
    found = run_apart("probe", "stop", "--how", "pipe")
    assert found.err == "error: a process that this one was talking to went away\n"


@pytest.mark.parametrize("variables", [{}, {"PYTHONIOENCODING": "ascii"}])
def test_json_can_be_written_whatever_the_text(
    run_apart: Any, probe: Path, variables: dict[str, str]
) -> None:
    found = run_apart("probe", "text", "--json", **variables)
    assert found.status == 0, found.err
    assert json.loads(found.out) == {"name": "a\udcff", "word": "é…漢"}


def test_an_alias_is_the_room_it_stands_for(run: Any) -> None:
    for alias, room in ROOM_ALIASES.items():
        assert run(alias, "--help").out.splitlines()[2:] == run(room, "--help").out.splitlines()[2:]


def test_help_loads_no_operations(run_apart: Any, probe: Path) -> None:
    (probe / "wb_probe_room.py").write_text("raise SystemExit('loaded')\n")
    assert run_apart("config", "show").status == 0
    assert run_apart("probe", "--help").err == "loaded\n"


@pytest.mark.parametrize(
    ("hint", "typed"),
    [
        (
            "shorten it, or models.load('m', context_tokens=...)",
            "shorten it, or raise context_tokens under [models.m] in workbench.toml",
        ),
        ("models.load('m', engine='transformers')", "--engine transformers"),
        ("workbench models list", "workbench models list"),
    ],
)
def test_a_hint_is_what_one_can_do_here(
    hint: str, typed: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise InputError("no", hint=hint)

    monkeypatch.setattr(main_module.workbench, "main", fail)
    with pytest.raises(SystemExit):
        main_module.main([])
    assert capsys.readouterr().err == f"error: no\nhint: {typed}\n"


@pytest.mark.parametrize(
    ("name", "hint", "typed"),
    [
        ("data.check", "aside with on_bad='quarantine'", "aside with --on-bad quarantine"),
        ("fairness.audit", "or lower min_rows", "or lower --min-rows"),
        ("fairness.audit", "task='regression' for a quantity", "--task regression for a quantity"),
        ("fairness.audit", "name a target of the model", "name a target of the model"),
        ("fairness.audit", "see f(x, target='y')", "see f(x, target='y')"),
        ("fairness.audit", "lower min_rows in workbench.toml", "lower min_rows in workbench.toml"),
        ("data.check", "lower min_rows", "lower min_rows"),
    ],
)
def test_an_argument_of_python_is_named_as_the_option(name: str, hint: str, typed: str) -> None:
    assert as_options(hint, find(name)) == typed


def test_what_click_refuses_is_said_in_the_same_form(run: Any) -> None:
    for typed, said in (
        (("chat", "Hi", "--max-tokns", "3"), "error: no such option --max-tokns; did you mean"),
        (("chat",), "error: missing argument 'PROMPT'"),
        (("reports", "run", "a", "-p", "n"), "error: option '-p' takes a name and a value\n"),
        (
            ("chat", "Hi", "--engine", "cuda"),
            "error: parameter 'engine' of models.chat: it must be",
        ),
    ):
        found = run(*typed)
        assert (found.status, found.out) == (2, "")
        assert found.err.startswith(said)
        assert re.search(r"\nhint: (for example .+; )?workbench .*--help\n", found.err)
        assert "Usage" not in found.err
