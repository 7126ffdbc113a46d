"""The tree of errors: what it holds, and that each error survives a trip to another process."""

from __future__ import annotations

import copy
import pickle
import re
import subprocess
import sys

import pytest

from workbench.core import errors
from workbench.core.errors import NotFoundError, WorkbenchError, all_errors


def tree_drawn(docstring: str) -> dict[str, tuple[str, str]]:
    """Class name to (parent, builtin) as the drawing says."""
    found: dict[str, tuple[str, str]] = {}
    above: dict[int, str] = {}
    for line in docstring.splitlines():
        match = re.match(r"^( {4}[│├└─ ]*)([A-Z]\w+)(?: \((\w+)\))?", line)
        if match is None or not match[2].endswith("Error"):
            continue
        depth = (len(match[1]) - 4) // 4
        above[depth] = match[2]
        found[match[2]] = (above.get(depth - 1, ""), match[3] or "")
    return found


def core_errors() -> list[type[WorkbenchError]]:
    return [cls for cls in all_errors() if cls.__module__ == errors.__name__]


def test_the_drawn_tree_is_the_tree() -> None:
    drawn = tree_drawn(errors.__doc__ or "")
    real = {}
    for cls in core_errors():
        ours = [base for base in cls.__bases__ if issubclass(base, WorkbenchError)]
        builtin = [base for base in cls.__bases__ if base.__module__ == "builtins"]
        parent = ours[0].__name__ if ours else ""
        real[cls.__name__] = (parent, builtin[0].__name__ if builtin and parent else "")
    assert drawn == real


def test_the_comparison_sees_a_class_that_is_not_drawn() -> None:
    line = next(line for line in (errors.__doc__ or "").splitlines() if "ClaimError" in line)
    drawn = tree_drawn((errors.__doc__ or "").replace(line, ""))
    assert "ClaimError" not in drawn
    assert len(drawn) == len(core_errors()) - 1


def test_codes_are_unique_words() -> None:
    codes = [cls.code for cls in core_errors()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


def test_each_class_declares_a_code_of_its_own() -> None:
    assert [cls.__name__ for cls in all_errors() if "code" not in vars(cls)] == []


@pytest.mark.parametrize("cls", core_errors(), ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])
def test_an_error_survives_pickling(cls: type[WorkbenchError], again: object) -> None:
    error = cls("found 3, allowed 2", hint="try 2", number=3, names=["a"])
    found = again(error)  # type: ignore[operator]
    assert type(found) is cls
    assert (found.message, found.hint, found.context) == (error.message, error.hint, error.context)
    assert str(found) == "found 3, allowed 2"
    assert isinstance(found, cls.__bases__)


def test_plain_pickling_would_lose_the_hint() -> None:
    class ForgetfulError(WorkbenchError):
        def __reduce__(self) -> tuple[object, ...]:
            return type(self), self.args

    reduced = ForgetfulError("message", hint="hint").__reduce__()
    assert reduced[0](*reduced[1]).hint is None  # type: ignore[operator]


def test_an_error_crosses_to_another_process() -> None:
    source = (
        "import pickle, sys\n"
        "from workbench.core.errors import StorageError\n"
        "sys.stdout.buffer.write(pickle.dumps(StorageError('disk full', hint='free', free=0)))"
    )
    out = subprocess.run([sys.executable, "-c", source], capture_output=True, check=True).stdout
    error = pickle.loads(out)
    assert isinstance(error, OSError)
    assert (str(error), error.hint, error.context) == ("disk full", "free", {"free": 0})


def test_exit_statuses() -> None:
    statuses = {cls.__name__: cls.exit_status for cls in core_errors()}
    other = {name: status for name, status in statuses.items() if status != 2}
    assert other == {"NotebookError": 1, "ClaimError": 1, "CancelledError": 130}


def test_to_dict_is_what_a_record_keeps() -> None:
    error = errors.ConfigError("bad", hint="mend", setting="seed")
    assert error.to_dict() == {"code": "config", "message": "bad", "hint": "mend"}


@pytest.mark.parametrize(
    ("name", "known", "words"),
    [
        ("smolm2", ["smollm2", "qwen"], "did you mean 'smollm2'?"),
        ("zzz", ["b", "a"], "known: a, b"),
        ("zzz", [], "there is no model yet"),
        ("zzz", [f"m{i:02d}" for i in range(34)], "m07 and 26 more"),
    ],
)
def test_not_found_names_what_there_is(name: str, known: list[str], words: str) -> None:
    error = NotFoundError.among("model", name, known, hint="workbench models list")
    assert error.message.startswith(f"no model named {name!r}; ")
    assert words in error.message
    assert error.hint == "workbench models list"


def test_near_names_whatever_the_case_and_all_names_where_they_are_few() -> None:
    columns = [f"column-{number:02}" for number in range(20)] + ["sex"]
    assert "did you mean 'sex'?" in NotFoundError.among("column", "SEX", columns).message
    said = NotFoundError.among("column", "gender!", columns).message
    assert said.endswith(", sex") and said.count("column-") == 20
    many = NotFoundError.among("column", "?", [f"c{number}" for number in range(40)]).message
    assert many.endswith(" and 10 more")


def test_names_that_no_hint_lists_are_all_said() -> None:
    known = [f"n{number:02}" for number in range(15)]
    assert NotFoundError.among("thing", "zzz", known).message.endswith(", n13, n14")


def test_of_thousands_none_is_listed_where_none_is_near() -> None:
    known = [f"thing {number}" for number in range(4000)]
    error = NotFoundError.among("entity", "zzz", known, listed=False)
    assert error.message == "no entity named 'zzz'; none of 4,000 is like it"
    near = NotFoundError.among("entity", "thing 12x", known, listed=False)
    assert "did you mean 'thing 12" in near.message
