"""An adapter taken elsewhere: each form, the merged model, nothing half-written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.cli.main import main
from workbench.core import settings
from workbench.core.errors import (
    CapabilityError,
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from workbench.finetuning.exporting.exporting import export_adapter
from workbench.models import adapters, catalogue, made_models
from workbench.models.loading import load
from workbench.store.files import hash_file
from workbench.store.versions import Versions

pytestmark = pytest.mark.model

TEXT = "Once upon a time there was a small machine"


def names(folder: Path | str) -> set[str]:
    return {path.name for path in Path(folder).iterdir()}


@pytest.mark.parametrize(
    ("form", "files"),
    [
        ("gguf", {"adapter.gguf"}),
        ("mlx", {"adapter_config.json", "adapters.safetensors"}),
        ("peft", {"adapter_config.json", "adapter_model.safetensors"}),
    ],
)
def test_an_adapter_has_its_files_a_record_and_a_card(
    tiny: Path, form: str, files: set[str]
) -> None:
    made = export_adapter("mine", to=form)  # type: ignore[arg-type]
    folder = tiny / "home" / "exports" / f"tiny-mine-2-{form}"
    assert (made.adapter, made.folder, made.model) == ("tiny:mine@2", str(folder), None)
    assert names(folder) == {*files, "README.md", "export.json"}
    assert {file.name for file in made.files} == files
    for file in made.files:
        assert hash_file(folder / file.name) == file.sha256
    record = json.loads((folder / "export.json").read_text())
    assert record["adapter"]["parents"] == ["tiny:mine@1"]
    card = (folder / "README.md").read_text()
    for said in ("tiny:mine@1", "scale 3", "licence", made.files[0].sha256):
        assert said in card
    for path in folder.iterdir():  # nothing of this machine goes along
        assert str(tiny) not in path.read_bytes().decode(errors="replace"), path.name


def test_what_mlx_lm_trained_is_registered_as_what_peft_saved(tiny: Path) -> None:
    """The way back, through the home folder: the same numbers, and a GGUF."""
    import dataclasses

    from workbench.models.adapter_store import register_adapter
    from workbench.models.formats.adapters import write_record

    folder = Path(export_adapter("mine@1", to="mlx", out=tiny / "out").folder)
    before = adapters.resolve("tiny:mine@1")
    files = {
        name: hash_file(folder / name) for name in ("adapter_config.json", "adapters.safetensors")
    }
    write_record(folder, dataclasses.replace(before.record, name="back", files=files))
    back = register_adapter(folder)
    assert set(back.record.files) == set(before.record.files)
    with load("tiny", engine="llamacpp", context_tokens=64) as model:
        one, other = (model.score(TEXT, " and so", adapter=name) for name in ("mine@1", "back@1"))
        assert one == pytest.approx(other, abs=1e-4)


def test_a_merged_model_is_one_of_the_catalogue(tiny: Path) -> None:
    made = export_adapter("tiny:mine@1", merge=True, quantization="Q8_0")
    assert made.model == "tiny-mine-1-q8_0"
    assert made.encoding.startswith("Q8_0")
    entry = catalogue.find("tiny-mine-1-q8_0")
    assert entry == catalogue.entries()["tiny-mine-1-q8_0"]
    assert entry.engines[0] == "llamacpp"
    assert "mine@1 merged" in entry.title
    with load("tiny:mine@1", engine="llamacpp", context_tokens=128) as live:
        expected = live.score(TEXT, " and so on")
        bare = live.score(TEXT, " and so on", adapter="mine@2")
    for engine in ("llamacpp", "transformers"):
        with load("tiny-mine-1-q8_0", engine=engine, context_tokens=128) as model:
            assert model.score(TEXT, " and so on") == pytest.approx(expected, abs=0.1)
            assert model.score(TEXT, " and so on") != pytest.approx(bare, abs=0.1)
    version = Versions().resolve(made_models.KIND, "tiny-mine-1-q8_0")
    assert [parent.reference for parent in Versions().parents(version)] == ["tiny:mine@1"]


def test_a_merged_model_may_be_removed_and_made_again(tiny: Path) -> None:
    export_adapter("mine", merge=True)
    assert catalogue.find("tiny-mine-2").name == "tiny-mine-2"
    with pytest.raises(ConflictError, match="tiny-mine-2"):
        export_adapter("mine", merge=True)
    assert export_adapter("mine", merge=True, name="other").model == "other"
    from workbench.models.operations import remove

    assert remove("tiny-mine-2").files == ["model.gguf"]
    with pytest.raises(NotFoundError, match="tiny-mine-2"):
        catalogue.find("tiny-mine-2")
    assert export_adapter("mine", merge=True).model == "tiny-mine-2"
    assert Versions().resolve(made_models.KIND, "tiny-mine-2").number == 2
    (made_models.root() / "other" / "model.json").write_text("{")
    assert "other" not in catalogue.entries()  # and the rest can be listed
    assert "tiny-mine-2" in catalogue.entries()


def test_dora_goes_by_merging(tiny: Path) -> None:
    with pytest.raises(CapabilityError, match="it is DoRA") as caught:
        export_adapter("dora", to="gguf")
    assert str(caught.value.hint) == "workbench finetuning export tiny:dora@1 --to gguf --merge"
    with pytest.raises(CapabilityError, match="none") as caught:
        load("tiny:dora", engine="llamacpp")
    assert "--merge" in str(caught.value.hint)
    with load(
        "tiny", engine="llamacpp", context_tokens=64
    ) as model:  # it does not stand in the way
        assert set(model.adapters) == {"mine@1", "mine@2"}
    made = export_adapter("dora", merge=True)
    with (
        load("tiny:dora", engine="transformers") as expected,
        load(str(made.model), engine="llamacpp", context_tokens=128) as model,
    ):
        assert model.score(TEXT, " and") == pytest.approx(expected.score(TEXT, " and"), abs=0.05)


@pytest.mark.parametrize("form", ["mlx", "peft"])
def test_a_merged_folder_is_read_by_the_python_engines(tiny: Path, form: str) -> None:
    made = export_adapter("mine@1", to=form, merge=True, quantization="F32")  # type: ignore[arg-type]
    assert made.model == f"tiny-mine-1-f32-{form}"
    engine = {"mlx": "mlx", "peft": "transformers"}[form]
    with load(made.model, engine=engine) as model, load("tiny:mine@1", engine=engine) as expected:
        assert model.score(TEXT, " and") == pytest.approx(expected.score(TEXT, " and"), abs=1e-3)


def test_arguments_that_do_not_go_together_are_refused(tiny: Path) -> None:
    for arguments, said in (
        ({"quantization": "Q8_0"}, "only a merged model"),
        ({"name": "x"}, "only a merged model"),
        ({"merge": True, "name": "x", "out": "y"}, "leave out one"),
        ({"merge": True, "quantization": "Q9"}, "Q9"),
        ({"merge": True, "to": "mlx", "quantization": "Q8_0"}, "not one of a folder"),
        ({"merge": True, "name": "../x"}, "must be letters"),
    ):
        with pytest.raises(InputError) as caught:
            export_adapter("mine", **arguments)  # type: ignore[arg-type]
        assert said in f"{caught.value.message} {caught.value.hint}"
    with pytest.raises(NotFoundError, match="mine"):
        export_adapter("mien")
    with pytest.raises(ConflictError, match="there already"):
        export_adapter("mine", out=tiny)
    assert list(made_models.list_made()) == []
    made = tiny / "home" / "made"
    assert not made.exists() or names(made) == set()


def test_an_adapter_that_has_changed_is_not_exported(tiny: Path) -> None:
    path = adapters.resolve("tiny:mine@1").folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(IntegrityError):
        export_adapter("mine@1", to="mlx")


@pytest.mark.parametrize("options", [{"to": "mlx"}, {"merge": True}, {"merge": True, "to": "peft"}])
def test_a_full_disk_leaves_nothing(tiny: Path, options: dict[str, object]) -> None:
    """In a process whose files may not grow: to Python that is a disk that is full."""
    script = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from workbench.core.errors import StorageError\n"
        "from workbench.finetuning.exporting.exporting import export_adapter\n"
        "from workbench.models import adapters\n"
        "adapters.find('mine')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))\n"
        "try:\n"
        f"    export_adapter('mine@1', **{options!r})\n"
        "except StorageError as error:\n"
        "    print('refused:', error.message)\n"
    )
    home = tiny / "home"
    environment = {**os.environ, "WORKBENCH_HOME": str(home)}
    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert run.stdout.startswith("refused:"), run.stdout + run.stderr
    left = [path for name in ("made", "exports") for path in (home / name).rglob("*")]
    assert left == []
    assert list(made_models.list_made()) == []


def test_the_command_writes_json(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tiny / "home"))

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    status, out, err = run("finetuning", "export", "mine", "--to", "gguf", "--merge", "--json")
    assert status == 0, err
    assert json.loads(out)["model"] == "tiny-mine-2"
    listed = json.loads(run("models", "list", "--json")[1])
    assert "tiny-mine-2" in {row["name"] for row in listed if row["present"]}
    assert "README.md" in run("finetuning", "export", "mine", "--to", "peft")[1]
    status, _, err = run("finetuning", "export", "dora")
    assert status == 2
    assert "--merge" in err
    assert settings.home()
