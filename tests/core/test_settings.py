"""Settings: an argument over the environment over the file over the default."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import math
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.core.errors import ConfigError, NotFoundError, WorkbenchError
from workbench.core.settings import Setting


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder without a workbench.toml here or above."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_four_sources_in_order(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.resolve("seed") == settings.Value(0, "default")
    file = empty_folder / "workbench.toml"
    file.write_text("seed = 1\n")
    assert settings.resolve("seed") == settings.Value(1, str(file))
    monkeypatch.setenv("WORKBENCH_SEED", "2")
    assert settings.resolve("seed") == settings.Value(2, "environment (WORKBENCH_SEED)")
    with settings.override(seed=3):
        assert settings.resolve("seed") == settings.Value(3, "argument")
        with settings.override(seed=4, model=None):
            assert settings.get("seed") == 4
            assert settings.resolve("model").source == "default"
        assert settings.get("seed") == 3
    assert settings.get("seed") == 2


def test_the_file_of_a_folder_above_is_found(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_folder / "workbench.toml").write_text("seed = 7\n")
    below = empty_folder / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert settings.get("seed") == 7


def test_a_changed_file_is_read_again(empty_folder: Path) -> None:
    file = empty_folder / "workbench.toml"
    file.write_text("seed = 1\n")
    assert settings.get("seed") == 1
    file.write_text("seed = 2\n")
    os.utime(file, ns=(0, 0))
    assert settings.get("seed") == 2


def test_workbench_config_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "mine.toml"
    named.write_text("seed = 9\n")
    Path("workbench.toml").write_text("seed = 1\n")
    monkeypatch.setenv("WORKBENCH_CONFIG", str(named))
    assert settings.resolve("seed") == settings.Value(9, str(named))


def test_workbench_config_must_name_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "missing.toml"))
    with pytest.raises(ConfigError, match=r"WORKBENCH_CONFIG names .*missing.toml"):
        settings.get("seed")


def test_a_deleted_working_folder_has_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert settings.resolve("seed").source == "default"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seed = 'many'", "it must be a whole number of at least 0"),
        ("seed = -1", "is -1; it must be a whole number of at least 0"),
        ("threads = 5000", "is 5000; it must be a whole number of at least 1 and at most"),
        ("seed = 2.7", "is 2.7; it must be a whole number"),
        ("seed = true", "is True; it must be a whole number"),
        ("seed = [1]", "must be a whole number"),
        ("lease_s = 'nan'", "must be a number of at least 0.1"),
        ("lease_s = inf", "must be a number"),
        ("offline = 'perhaps'", "it must be true or false"),
        ("engine = 'llamacp'", r"did you mean 'llamacpp'\?"),
        ("engine = 'cuda'", "one of auto, llamacpp, transformers, mlx"),
        ("model = 5", "is 5; it must be text"),
        ("reports_dir = ''", "it must be a path"),
        ("reports_dir = 5", "it must be a path"),
        ("[model]\nname = 'x'", "it must be text"),
    ],
)
def test_a_bad_value_says_what_is_allowed(empty_folder: Path, text: str, words: str) -> None:
    file = empty_folder / "workbench.toml"
    file.write_text(text + "\n")
    name = text.strip("[").split()[0].rstrip("]")
    with pytest.raises(ConfigError, match=words) as caught:
        settings.get(name)
    assert str(file) in str(caught.value)
    assert caught.value.hint == f"edit {file}"


def test_the_hint_for_a_bad_variable_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_THREADS", "all")
    with pytest.raises(ConfigError) as caught:
        settings.get("threads")
    assert caught.value.hint == "unset WORKBENCH_THREADS"


def test_a_bad_argument_is_refused_at_once() -> None:
    with (
        pytest.raises(ConfigError, match="from argument is 'cuda'"),
        settings.override(engine="cuda"),
    ):
        pytest.fail("the block must not run")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("YES", True), (" on ", True), ("false", False), ("0", False), ("off", False)],
)
def test_words_for_true_and_false(text: str, value: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_OFFLINE", text)
    assert settings.get("offline") is value


def test_a_whole_float_is_a_whole_number(empty_folder: Path) -> None:
    (empty_folder / "workbench.toml").write_text("seed = 3.0\nlease_s = 5\n")
    assert settings.get("seed") == 3
    assert isinstance(settings.get("seed"), int)
    assert settings.get("lease_s") == 5.0


def test_unknown_names(empty_folder: Path) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'seed'"):
        settings.get("sed")
    with pytest.raises(NotFoundError, match="did you mean 'model'"), settings.override(modle="x"):
        pytest.fail("the block must not run")
    file = empty_folder / "workbench.toml"
    file.write_text("modle = 'x'\n")
    with pytest.raises(NotFoundError, match="did you mean 'model'") as caught:
        settings.get("seed")
    assert caught.value.hint == f"edit {file}"


@pytest.mark.parametrize("content", [b"seed = \n", b"seed = '\xff'\n"])
def test_a_file_that_is_no_toml(empty_folder: Path, content: bytes) -> None:
    (empty_folder / "workbench.toml").write_bytes(content)
    with pytest.raises(ConfigError, match="not valid TOML"):
        settings.get("seed")


def test_a_table_belongs_to_a_room(empty_folder: Path) -> None:
    (empty_folder / "workbench.toml").write_text("seed = 2\n[models.mine]\nfile = 'x'\n")
    assert settings.get("seed") == 2


def test_home_is_absolute_and_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", "relative/home")
    assert settings.home() == Path.cwd() / "relative/home"
    assert not settings.home().exists()
    monkeypatch.setenv("WORKBENCH_HOME", "~/x")
    assert settings.home() == Path.home() / "x"


def test_the_default_home_follows_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert settings.default_home() == tmp_path / "workbench"
    monkeypatch.setattr("sys.platform", "darwin")
    assert settings.default_home().parts[-3:] == ("Library", "Application Support", "workbench")


def test_threads_are_those_this_process_may_use() -> None:
    assert 1 <= settings.default_threads() <= 8


def test_an_override_ends_at_the_thread() -> None:
    seen: list[int] = []
    with settings.override(seed=5):
        plain = threading.Thread(target=lambda: seen.append(settings.get("seed")))
        carried = threading.Thread(
            target=contextvars.copy_context().run,
            args=(lambda: seen.append(settings.get("seed")),),
        )
        for thread in (plain, carried):
            thread.start()
            thread.join()
    assert seen == [0, 5]


def test_two_tasks_do_not_see_each_other() -> None:
    async def task(seed: int) -> int:
        with settings.override(seed=seed):
            await asyncio.sleep(0)
            found: int = settings.get("seed")
            return found

    async def both() -> list[int]:
        return await asyncio.gather(task(1), task(2))

    assert asyncio.run(both()) == [1, 2]


def test_an_override_ends_with_its_block_after_an_error() -> None:
    with pytest.raises(RuntimeError), settings.override(seed=5):
        raise RuntimeError
    assert settings.get("seed") == 0


def test_a_declared_setting_is_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_DECLARED", dict(settings._DECLARED))
    settings.declare(Setting("rooms_own", float, 1.5, "a room's own", low=1))
    monkeypatch.setenv("WORKBENCH_ROOMS_OWN", "0.5")
    with pytest.raises(ConfigError, match="at least 1"):
        settings.get("rooms_own")
    assert "rooms_own" in settings.declared()


def test_every_setting_resolves_to_its_type() -> None:
    for name, found in settings.resolve_all().items():
        assert isinstance(found.value, settings.declared()[name].type), name


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.declared()["seed"].default = 5  # type: ignore[misc]


@pytest.mark.parametrize("setting", settings.declared().values(), ids=lambda s: s.name)
def test_every_default_would_pass_as_a_value(setting: Setting) -> None:
    default: Any = setting.default() if callable(setting.default) else setting.default
    assert settings.parse(setting, default, "test") == default
    assert setting.help
    assert not (setting.type is float and math.isnan(default))


def test_no_bad_value_passes_another_kind_of_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, setting in settings.declared().items():
        for raw in ("", " ", "\x01", "1e999", "-5", "[]"):
            monkeypatch.setenv(setting.variable, raw)
            try:
                settings.get(name)
            except WorkbenchError as error:
                assert error.hint == f"unset {setting.variable}"
            monkeypatch.delenv(setting.variable)


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_home_that_may_not_be_read_is_said_so(below: str, tmp_path: Path) -> None:
    """In a process that lacks root's right to read everything, if there is such a right."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    command = [sys.executable, "-c", "from workbench.core import settings; settings.home()"]
    if os.geteuid() == 0:
        rights = "-dac_override,-dac_read_search"
        command = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}", *command]
    done = subprocess.run(
        command,
        env={**os.environ, "WORKBENCH_HOME": str(closed / below)},
        capture_output=True,
        text=True,
        check=False,
    )
    closed.chmod(0o700)
    assert f"but {closed} may not be read" in done.stderr


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_home_that_is_a_file_is_said_so(
    below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("")
    monkeypatch.setenv("WORKBENCH_HOME", str(occupied / below))
    with pytest.raises(ConfigError, match=r"WORKBENCH_HOME.*occupied is a file"):
        settings.home()
    occupied.unlink()
    assert settings.home() == occupied / below


def test_a_table_that_is_a_letter_off_is_said(empty_folder: Path) -> None:
    (empty_folder / "workbench.toml").write_text("[servng]\nthreads = 1\n", "utf-8")
    with pytest.raises(NotFoundError, match=r"did you mean \[serving\]"):
        settings.get("model")


def test_a_table_of_a_plugin_is_its_own(empty_folder: Path) -> None:
    (empty_folder / "workbench.toml").write_text("[weather]\ncity = 'Oslo'\n", "utf-8")
    assert settings.get("model")


def test_what_runs_long_keeps_what_a_broken_file_said(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings, "_keeps_last_good", threading.Event())
    file = empty_folder / "workbench.toml"
    file.write_text("seed = 5\n")
    assert settings.get("seed") == 5
    _rewrite(file, "seed = ")
    with pytest.raises(ConfigError, match="not valid TOML"):
        settings.get("seed")  # a command says it
    settings.keep_last_good()
    assert settings.get("seed") == 5
    assert settings.get("seed") == 5
    assert caplog.text.count("stays in force") == 1
    _rewrite(file, "seed = 6\n")
    assert settings.get("seed") == 6


def _rewrite(file: Path, content: str) -> None:
    """Another content with another time, however coarse the clock of the file system."""
    before_ns = file.stat().st_mtime_ns
    file.write_text(content)
    os.utime(file, ns=(before_ns + 10**9, before_ns + 10**9))
