"""What every lab has to show: its solution passes, its stub fails, its notebook is as its source.

The first lab also catches answers that are wrong in the ways that learners are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from workbench.core.errors import InputError
from workbench.learning.answers import NamespaceAnswers
from workbench.learning.catalogue import CHECKS, HIDDEN, LabSpec, all_labs, find_lab
from workbench.learning.checking import Verdict, find_check, load_checks, run_check
from workbench.learning.grading import grade_notebook
from workbench.learning.hidden import Hidden
from workbench.learning.operations import build
from workbench.learning.source import notebook_text, read_cells, solution_of

from .conftest import needs_bubblewrap

NAMES = [spec.name for spec in all_labs()]
EACH = pytest.mark.parametrize("name", NAMES)
FIRST = "serving/01_first_answers"


def verdicts(spec: LabSpec, namespace: dict[str, Any]) -> dict[str, dict[str, Verdict]]:
    """Every check of a lab, each by itself: by question, the public and the hidden verdict."""
    public, secret = load_checks(spec.folder / CHECKS), load_checks(spec.folder / HIDDEN)
    answers, hidden, found = NamespaceAnswers(namespace), Hidden(spec, seed=5), {}
    try:
        for question in spec.questions:
            found[question.id] = {
                "public": run_check(find_check(public, question.id), answers),
                "hidden": run_check(find_check(secret, question.id), answers, hidden),
            }
    finally:
        hidden.close()
    return found


def run_cells(spec: LabSpec, *, solutions: bool) -> dict[str, Any]:
    """Run a lab's cells here, without its checks."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in read_cells(spec, solutions=solutions):
        if cell.code and not cell.text.startswith("check("):
            exec(cell.text, namespace)
    return namespace


@EACH
def test_notebook_is_as_its_source_says(name: str) -> None:
    assert not build(name, check=True).changed


@EACH
@needs_bubblewrap
@pytest.mark.model
@pytest.mark.slow
def test_solution_passes_the_grading(name: str, shared_home: Path, tmp_path: Path) -> None:
    spec = find_lab(name)
    notebook = tmp_path / "solution.ipynb"
    notebook.write_text(notebook_text(spec, solutions=True))
    found = grade_notebook(notebook)
    assert found.ok, [question.message for question in found.questions]
    assert found.cells_failed == ()
    assert found.score == found.score_possible == spec.points


@EACH
@pytest.mark.model
def test_untouched_stub_fails_every_check(name: str, shared_home: Path) -> None:
    spec = find_lab(name)
    namespace = run_cells(spec, solutions=False)
    found = verdicts(spec, namespace)
    passed = [(q, kind) for q, both in found.items() for kind, v in both.items() if v.ok]
    assert passed == []
    made = [value for value in namespace.values() if not isinstance(value, type)]
    for closed in [value for value in made if hasattr(value, "close")]:
        closed.close()


@EACH
def test_the_lab_keeps_the_style(name: str) -> None:
    """Short cells, about half prose, no class, three hints at most that say more and more."""
    spec = find_lab(name)
    cells = read_cells(spec, solutions=True)
    code = [cell for cell in cells if cell.code]
    assert max(len(cell.text.splitlines()) for cell in code) <= 15
    assert 0.35 <= 1 - len(code) / len(cells) <= 0.65
    assert not any("class " in cell.text for cell in code)
    nbformat.validate(nbformat.reads(notebook_text(spec), as_version=4))
    for question in spec.questions:
        assert question.hints
        assert solution_of(spec, question.id)
        assert f'check("{question.id}")' in notebook_text(spec).replace('\\"', '"')


def test_unknown_question_has_no_solution() -> None:
    with pytest.raises(InputError):
        solution_of(find_lab(NAMES[0]), "q99")


@pytest.fixture(scope="module")
def solved(shared_home_path: Path) -> Iterator[dict[str, Any]]:
    """The first lab solved, with its model loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_HOME", str(shared_home_path))
        namespace = run_cells(find_lab(FIRST), solutions=True)
        yield namespace
        namespace["model"].close()


PLANTED = {
    "a constant": (
        "q1",
        "def ask(question):\n    return 'The capital of France is Paris.'",
        "another answer to another question",
    ),
    "the public questions are hard-coded": (
        "q1",
        "def ask(question):\n    return 'Paris.' if 'France' in question else 'The sea is deep.'",
        "as the answer to",
    ),
    "the temperature is left out": (
        "q1",
        "def ask(question):\n"
        "    m = [{'role': 'user', 'content': question}]\n"
        "    return model.chat(m, max_tokens=24).text",
        "left out, it is the model's default",
    ),
    "the temperature is another one": (
        "q1",
        "def ask(question):\n"
        "    m = [{'role': 'user', 'content': question}]\n"
        "    return model.chat(m, max_tokens=24, temperature=1.0).text",
        "temperature is not 0",
    ),
    "the reply is returned whole": (
        "q1",
        "def ask(question):\n"
        "    m = [{'role': 'user', 'content': question}]\n"
        "    return model.chat(m, max_tokens=24, temperature=0)",
        "field `text`",
    ),
    "the answer has another length": (
        "q1",
        "def ask(question):\n"
        "    m = [{'role': 'user', 'content': question}]\n"
        "    return model.chat(m, max_tokens=12, temperature=0).text",
        "another length",
    ),
    "the seed is the same for all": (
        "q2",
        "def ask_several(question, seeds, temperature):\n"
        "    m = [{'role': 'user', 'content': question}]\n"
        "    return [model.chat(m, max_tokens=24, temperature=temperature, seed=1).text\n"
        "            for seed in seeds]",
        "not handed on",
    ),
    "no seed at all": (
        "q2",
        "def ask_several(question, seeds, temperature):\n"
        "    m = [{'role': 'user', 'content': question}]\n"
        "    return [model.chat(m, max_tokens=24, temperature=temperature).text for _ in seeds]",
        "seed is not handed on",
    ),
    "a mean instead of a sum": (
        "q3",
        "def sentence_logprob(prompt, sentence):\n"
        "    s = model.score(prompt, sentence)\n"
        "    return sum(s) / len(s)",
        "the sum over its tokens",
    ),
    "a probability instead of its logarithm": (
        "q3",
        "def sentence_logprob(prompt, sentence):\n"
        "    return math.exp(sum(model.score(prompt, sentence)))",
        "is it a probability instead",
    ),
    "the minus sign is lost": (
        "q4",
        "def perplexity(logprobs):\n    return math.exp(sum(logprobs) / len(logprobs))",
        "minus sign is missing",
    ),
    "another base": (
        "q4",
        "def perplexity(logprobs):\n    return 2 ** (-sum(logprobs) / len(logprobs))",
        "base is e",
    ),
    "the sum decides": (
        "q5",
        "def likeliest(prompt, continuations):\n"
        "    return max(continuations, key=lambda c: sum(model.score(prompt, c)))",
        "sum favours the short one",
    ),
    "the mean is per word": (
        "q5",
        "def likeliest(prompt, continuations):\n"
        "    return max(continuations, key=lambda c: sum(model.score(prompt, c)) / len(c.split()))",
        "best by the mean per word",
    ),
    "the mean is per character": (
        "q5",
        "def likeliest(prompt, continuations):\n"
        "    return max(continuations, key=lambda c: sum(model.score(prompt, c)) / len(c))",
        "best by the mean per character",
    ),
    "the position is returned": (
        "q5",
        "def likeliest(prompt, continuations):\n    return 1",
        "not its score or its position",
    ),
    "fields may be left out": (
        "q6",
        "person_schema = {'type': 'object', 'properties': "
        "{'name': {'type': 'string'}, 'age': {'type': 'integer'}}}",
        "leave a field out",
    ),
    "the text is not parsed": (
        "q6",
        'def extract(sentence):\n    return \'{"name": "Maria", "age": 34}\'',
        "json.loads",
    ),
    "the public sentence is hard-coded": (
        "q6",
        "def extract(sentence):\n    return {'name': 'Maria', 'age': 34}",
        "to be",
    ),
    "all of the time counts": (
        "q7",
        "def decode_rate(completion_tokens, first_token_s, duration_s):\n"
        "    return completion_tokens / duration_s",
        "divides by all of the time",
    ),
    "the first token counts": (
        "q7",
        "def decode_rate(completion_tokens, first_token_s, duration_s):\n"
        "    return completion_tokens / (duration_s - first_token_s)",
        "the first token is counted",
    ),
}


@pytest.mark.model
@pytest.mark.parametrize("planted", PLANTED)
def test_planted_wrong_answers(planted: str, solved: dict[str, Any], shared_home: Path) -> None:
    question, code, said = PLANTED[planted]
    spec, namespace = find_lab(FIRST), dict(solved)
    exec(code, namespace)
    answers = NamespaceAnswers(namespace)
    verdict = run_check(find_check(load_checks(spec.folder / CHECKS), question), answers)
    if verdict.ok:
        hidden = Hidden(spec, seed=11)
        try:
            check = find_check(load_checks(spec.folder / HIDDEN), question)
            verdict = run_check(check, answers, hidden)
        finally:
            hidden.close()
    assert not verdict.ok
    assert said in verdict.message, verdict.message
