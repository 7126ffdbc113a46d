"""Claims outside a notebook: bounds, values, words. Inside one: test_runner."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import ClaimError, InputError
from workbench.core.plain import to_plain
from workbench.reports import claim, uses

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(value=NUMBERS, low=NUMBERS, width=st.floats(0, 1e6))
def test_a_claim_holds_exactly_between_its_bounds(value: float, low: float, width: float) -> None:
    made = claim("x", value, low=low, high=low + width)
    assert made.ok == (low <= value <= low + width)


@pytest.mark.parametrize(
    ("value", "bounds", "ok"),
    [
        (0.9, {"low": 0.9}, True),  # the ends are inside
        (0.9, {"high": 0.9}, True),
        (0.8999, {"low": 0.9}, False),
        (3, {"equals": 3}, True),
        (True, {"equals": True}, True),
        (True, {"equals": 1}, False),  # to a reader "True" is not "1"
        ("cat", {"equals": "cat"}, True),
        ("dog", {"equals": "cat"}, False),
        (math.nan, {"low": 0}, False),
        (math.inf, {"low": 0}, False),  # a figure that left the numbers is no proof of anything
        (None, {"low": 0}, False),
        (math.nan, {"equals": math.pi}, False),
    ],
)
def test_bounds(value: object, bounds: dict[str, float], ok: bool) -> None:
    assert claim("x", value, **bounds).ok is ok


def test_what_is_not_finite_has_a_plain_form_and_says_what_it_was() -> None:
    made = claim("loss", math.nan, high=2)
    assert to_plain(made)["value"] is None
    assert made.text == "✗ failed  loss = nan (at most 2)"


def test_scalars_of_numpy_and_torch_are_numbers() -> None:
    import numpy as np

    made = claim("x", np.float32(0.5), low=np.float64(0.25), high=1)
    assert (made.value, type(made.value), type(made.low)) == (0.5, float, float)
    assert claim("n", np.array(3), equals=3).ok


@pytest.mark.parametrize(
    ("value", "bounds", "said"),
    [
        (1, {}, "no bound"),
        (1, {"low": 2, "high": 1}, "nothing can meet it"),
        (1, {"low": math.nan}, "finite"),
        (1, {"low": True}, "finite"),
        (1, {"low": 0, "equals": 1}, "one kind"),
        ([1, 2], {"low": 0}, "list"),
        ("fast", {"low": 0}, "bounds for a number"),
        (True, {"low": 0}, "bounds for a number"),
    ],
)
def test_what_makes_no_sense_is_refused(value: object, bounds: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        claim("x", value, **bounds)


def test_an_array_is_refused_with_a_hint() -> None:
    import numpy as np

    with pytest.raises(InputError, match="ndarray") as caught:
        claim("x", np.ones(3), low=0)
    assert "mean" in (caught.value.hint or "")


def test_require_stops_and_its_error_survives_pickling() -> None:
    assert claim("x", 1, low=0).require().ok
    with pytest.raises(ClaimError, match="'x' failed: 1 is not at least 2") as caught:
        claim("x", 1, low=2).require()
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.context["claim"]["low"] == 2


def test_the_line_says_with_words_how_it_went() -> None:
    assert claim("accuracy", 0.93456, low=0.9).text == "✓ passed  accuracy = 0.9346 (at least 0.9)"
    said = claim("time", 12345.6, low=1, high=2, unit="ms").text
    assert said == "✗ failed  time = 12,346 ms (1 to 2)"


def test_truth_is_told_as_yes_and_no() -> None:
    assert claim("agrees", False, equals=True).text == "✗ failed  agrees = no (exactly yes)"


def test_uses_wants_a_hash() -> None:
    uses("data", "sha256:" + "0a" * 32)
    with pytest.raises(InputError, match="64 hexadecimal"):
        uses("data", "0a" * 31)


def test_the_notebooks_own_names_load_no_runner() -> None:
    code = (
        "import sys\n"
        "from workbench.reports import stamp, claim, uses\n"
        "heavy = {'papermill', 'nbformat', 'jupyter_client', 'IPython', 'numpy', 'pydantic',\n"
        "         'jinja2', 'mistune', 'importlib.metadata', 'subprocess'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "from workbench.reports import run\n"
        "assert 'papermill' not in sys.modules\n"
        "import papermill\n"
        "assert heavy & set(sys.modules), 'this check sees nothing'\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
