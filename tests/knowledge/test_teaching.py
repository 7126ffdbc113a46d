"""A network is trained at home, whole or not at all, and read with where it is there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from workbench.core import settings
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, IntegrityError
from workbench.core.progress import Progress
from workbench.evaluation.knowledge_sets import KNOWLEDGE_SETS, read_knowledge_set
from workbench.knowledge import operations as knowledge
from workbench.knowledge.extraction.dependency import extractor as extractor_module
from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.learnt import deciding, inputs, keeping, loading
from workbench.knowledge.extraction.learnt.training import lessons
from workbench.knowledge.extraction.protocol import Passage
from workbench.knowledge.teaching import Teaching, teach
from workbench.models import catalogue
from workbench.models.loading import model_files

pytestmark = pytest.mark.model
HELD_OUT = ("extraction_fourth_held_out", "extraction_fifth_held_out")
ROWS = lessons.labelled_rows()[:40]
ALL_TITLES = lessons.silver_titles


def make_home(folder: Path, shared: Path) -> Path:
    """A home with the leads and the embedder, and no network yet."""
    with settings.override(home=shared):
        model_files(catalogue.find(inputs.WORDS))
        lessons.read_leads()
    folder.mkdir()
    for part in ("blobs", "sources", "models", "datasets"):
        (folder / part).symlink_to(shared / part)
    return folder


@pytest.fixture(scope="module")
def few_lessons() -> Iterator[None]:
    """Forty labelled sentences and six other leads in place of all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lessons, "labelled_rows", lambda: ROWS)
        patch.setattr(lessons, "silver_titles", lambda leads: ALL_TITLES(leads, count=6))
        yield


@pytest.fixture(scope="module")
def taught(
    few_lessons: None, shared_home_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Teaching:
    """A network in a home of its own."""
    home = make_home(tmp_path_factory.mktemp("taught") / "home", shared_home_path)
    with settings.override(home=home):
        return teach()


def home_of(taught: Teaching) -> Path:
    return taught.path.parents[1]


def networks(home: Path) -> list[Path]:
    """All files that are in the networks' folder, drafts too."""
    folder = home / keeping.FOLDER
    return sorted(folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def empty_home(shared_home_path: Path, home: Path) -> Path:
    """The test's own home, with the leads and the embedder."""
    return make_home(home, shared_home_path)


def passages() -> list[Passage]:
    leads = lessons.read_leads()
    return [Passage(leads[title]) for title in dict.fromkeys(row["title"] for row in ROWS[:12])]


def test_the_same_lessons_give_the_same_bytes_and_torch_is_left_as_it_was(
    taught: Teaching, empty_home: Path
) -> None:
    random.seed(5)
    torch.manual_seed(5)
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    again = teach()
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
    assert again.path.read_bytes() == taught.path.read_bytes()
    assert networks(empty_home) == [again.path]
    assert again.labelled_sentences >= len(ROWS)
    assert again.rule_sentences > 0
    assert again.licenses[inputs.LEADS].startswith("CC BY-SA")
    before = again.path.stat().st_mtime_ns
    third = teach()
    assert third.training_cpu_s is None
    assert (third.sha256, third.path.stat().st_mtime_ns) == (taught.sha256, before)


@pytest.mark.parametrize("label", ["Reading leads by rules", "Training the network"])
def test_cancelled_it_leaves_nothing(
    label: str, few_lessons: None, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, update = CancelToken(), Progress.update
    seen: set[str] = set()

    def stop(task: Progress, done: float, **more: object) -> None:
        seen.add(task.label)
        if task.label == label and done >= 3:
            token.cancel()
        update(task, done, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Progress, "update", stop)
    with cancellable(token), pytest.raises(CancelledError):
        teach()
    assert label in seen
    assert networks(empty_home) == []


@pytest.mark.parametrize("changed", ["set", "rules", "network", "parser", "embedder"])
def test_of_another_input_it_is_another_network_and_the_old_one_is_not_read_with(
    changed: str, taught: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    with settings.override(home=home_of(taught)):
        assert keeping.find_network() == taught.path
        assert inputs.key_of(taught.inputs) == inputs.key_of(inputs.training_inputs())
        if changed == "set":
            monkeypatch.setitem(KNOWLEDGE_SETS, inputs.LABELLED[-1], "0" * 64)
        elif changed == "embedder":
            monkeypatch.setattr(inputs, "WORDS", "smollm2-135m")
        elif changed == "parser":
            monkeypatch.setattr(inputs, "english_version", lambda: "spacy 0")
        else:
            monkeypatch.setattr(inputs, f"{'RULES_' * (changed == 'rules')}VERSION", "0")
        assert keeping.find_network() is None
        assert "network" not in DependencyExtractor().version


def test_nothing_of_the_held_out_sets_is_learnt_from() -> None:
    held_out = {row["title"] for name in HELD_OUT for row in read_knowledge_set(name)}
    assert set(HELD_OUT) <= set(inputs.kept_apart())
    learnt = {row["title"] for name in inputs.LABELLED for row in read_knowledge_set(name)}
    assert not learnt & held_out
    leads = dict.fromkeys([*sorted(held_out), *sorted(learnt), "An article of no set"], "")
    assert ALL_TITLES(leads) == ["An article of no set"]


def test_rules_read_alone_until_it_is_taught_and_who_builds_is_told(
    taught: Teaching, empty_home: Path, tmp_path: Path
) -> None:
    alone = DependencyExtractor(settler=None)
    assert DependencyExtractor().version == alone.version
    folder = tmp_path / "documents"
    folder.mkdir()
    for number, each in enumerate(passages()):
        (folder / f"{number}.txt").write_text(each.text)
    built = knowledge.build("leads", [folder])
    assert "workbench knowledge teach" in built.advice
    assert built.advice == knowledge.show("leads").advice
    by_rules = knowledge.as_of("leads").facts
    (empty_home / keeping.FOLDER).symlink_to(taught.path.parent)
    due = knowledge.show("leads")  # it is still what the rules alone read
    assert "network" not in due.extractors["dependencies"]
    assert "workbench knowledge update leads" in due.advice
    updated = knowledge.update("leads")
    assert updated.advice == knowledge.show("leads").advice == ""
    assert updated.unchanged == updated.documents
    assert f"network {taught.sha256[:12]}" in knowledge.show("leads").extractors["dependencies"]
    assert knowledge.as_of("leads").facts != by_rules


def test_processes_that_read_beside_this_one_read_with_the_same_network(
    taught: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extractor_module, "helpers_for", lambda passages: 1)
    with settings.override(home=home_of(taught)):  # which the environment of a helper has not
        some, extractor = passages(), DependencyExtractor()
        alone = list(extractor.extract_many(some))
        assert alone != list(DependencyExtractor(settler=None).extract_many(some))
        with extractor.at_work(len(some)):
            assert extractor._shared is not None
            helper = extractor._shared._helpers[0]
            assert helper.ask(some)
            assert helper.answer() == alone


def test_a_changed_file_is_refused_and_taught_again(
    taught: Teaching, few_lessons: None, empty_home: Path
) -> None:
    path = empty_home / keeping.FOLDER / taught.path.name
    path.parent.mkdir()
    content = bytearray(taught.path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match="sha256"):
        loading.find_settler()
    assert teach().sha256 == taught.sha256
    settler = loading.find_settler()
    assert settler is not None
    assert settler.version == f"network {taught.sha256[:12]} decides {deciding.VERSION}"
