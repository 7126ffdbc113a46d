"""Forms over operations: fields from the signature, errors said plainly, one run at a time."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Literal

import pytest

from workbench.core import operations
from workbench.core.errors import InputError, NotFoundError
from workbench.core.operations import operation
from workbench.core.progress import progress
from workbench.evaluation.checks import Check
from workbench.studio.operation_forms import OLD_NOTE, Field, OperationForm


@pytest.fixture
def weigh(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """An operation that waits until it is let go."""
    operations.all_operations()
    monkeypatch.setattr(operations, "_registry", dict(operations._registry))
    go = threading.Event()

    @operation("probe.weigh", title="Weigh")
    def weigh(
        text: str,
        *,
        times: int = 2,
        loud: bool = False,
        unit: Literal["g", "kg"] | None = None,
        model: str | None = None,
    ) -> Check:
        """Weigh a text.

        Args:
            text: What is weighed.
            times: How often.
            loud: Say it loudly.
            unit: Of what comes out.
            model: Which scales.
        """
        if not text:
            raise InputError("the text is empty", hint="write something")
        with progress("weighing", total=None, unit="steps") as task:
            while not go.wait(0.01):
                task.advance()
        return Check(f"{text} {times} {loud} {unit} {model}", float(len(text)), None, None, True)

    return go


FIELDS = (
    Field("text", "Text", "abc", long=True),
    Field("times"),
    Field("loud"),
    Field("unit"),
    Field("model", value="b", choices=("a", ("the second", "b"))),
)


def test_fields_come_from_the_signature(weigh: threading.Event) -> None:
    form = OperationForm("probe.weigh", FIELDS, button="Go")
    kinds = {name: type(made).__name__ for name, made in form.inputs.items()}
    assert kinds == {
        "text": "Textarea", "times": "IntText", "loud": "Checkbox", "unit": "Dropdown",
        "model": "Dropdown",
    }  # fmt: skip
    assert form.inputs["text"].tooltip == "What is weighed."
    assert [value for _, value in form.inputs["unit"].options] == ["", "g", "kg"]
    # What is left to the operation is not sent.
    assert form.values() == {"text": "abc", "times": 2, "loud": False, "model": "b"}
    with pytest.raises(InputError, match="no parameter 'size'"):
        OperationForm("probe.weigh", [Field("size")], button="Go")
    with pytest.raises(NotFoundError):
        OperationForm("probe.measure", [], button="Go")


def test_a_number_that_is_left_out_is_the_operations_own() -> None:
    fields = (Field("dataset", value="people.csv"), Field("rows_per_user"), Field("epsilon"))
    form = OperationForm("privacy.train", fields, button="Go")
    assert form.inputs["rows_per_user"].value == ""
    assert form.values() == {"dataset": "people.csv", "epsilon": 2.0}
    form.inputs["rows_per_user"].value = "3"
    assert form.operation.validate(form.values())["rows_per_user"] == 3
    for wrong in ("0", "1.5", "three"):
        form.inputs["rows_per_user"].value = wrong
        with pytest.raises(InputError, match="rows_per_user"):
            form.operation.validate(form.values())


def test_one_run_at_a_time_and_its_result(weigh: threading.Event) -> None:
    heard: list[Any] = []
    form = OperationForm("probe.weigh", FIELDS, button="Go", on_result=heard.append)
    form.button.click()
    first = form.latest
    assert first is not None and "wb-waits" in form.button._dom_classes
    form.run()
    assert form.latest is first  # a second click begins nothing
    weigh.set()
    assert first.result(60).value == 3.0
    assert "wb-waits" not in form.button._dom_classes
    assert heard == [first.outcome]
    assert form._place.children == (first.widget,)


def test_letters_that_a_press_overtook_count(weigh: threading.Event) -> None:
    weigh.set()
    form = OperationForm("probe.weigh", FIELDS, button="Go")

    async def press_and_type() -> None:
        form.inputs["text"].value = "a"
        form.button.click()
        await asyncio.sleep(0.01)
        form.inputs["text"].value = "all of it"
        while form.latest is None:
            await asyncio.sleep(0.01)

    asyncio.run(press_and_type())
    assert form.latest is not None and not form.is_old
    assert form.latest.result(60).value == 9.0


def test_what_cannot_be_is_said_plainly(weigh: threading.Event) -> None:
    form = OperationForm("probe.weigh", FIELDS, button="Go")
    form.inputs["text"].value = ""
    form.run()
    assert form.latest is not None
    with pytest.raises(InputError):
        form.latest.result(60)
    assert "the text is empty" in form.latest._text.value
    assert "write something" in form.latest._text.value
    assert "wb-waits" not in form.button._dom_classes
    form.inputs["times"] = type(form.inputs["text"])(value="often")
    form.run()
    said = form._place.children[0].value
    assert "times" in said and "wb-trouble" in said


def test_a_run_is_cancelled(weigh: threading.Event) -> None:
    form = OperationForm("probe.weigh", FIELDS, button="Go")
    form.run()
    assert form.latest is not None
    form.latest.cancel()
    form.latest._thread.join(60)
    assert "cancelled" in form.latest._text.value
    assert "wb-waits" not in form.button._dom_classes


def test_what_is_shown_belongs_to_the_last_press(weigh: threading.Event) -> None:
    heard: list[str] = []
    form = OperationForm(
        "probe.weigh", FIELDS, button="Go", on_result=lambda _: heard.append("result"),
        on_ask=lambda: heard.append("ask"), on_old=lambda: heard.append(f"old {form.is_old}"),
    )  # fmt: skip
    form.inputs["text"].value = "before anything was asked"
    assert heard == [] and form._note.value == ""
    weigh.set()
    form.run()
    assert form.latest is not None
    form.latest.result(60)
    assert heard == ["ask", "result"]
    form.inputs["text"].value = "other"
    assert form.is_old and form._note.value == OLD_NOTE
    assert "wb-old" in form._place._dom_classes
    form.inputs["text"].value = "before anything was asked"  # as it was asked
    assert not form.is_old and form._note.value == ""
    assert "wb-old" not in form._place._dom_classes
    form.inputs["times"] = type(form.inputs["text"])(value="often")
    form.run()  # refused before it begins: the last result must not stand beside it
    assert heard == ["ask", "result", "old True", "old False", "ask"]
    assert form.latest.widget not in form._place.children


def test_what_is_audited_is_what_the_other_forms_begin_with() -> None:
    one = OperationForm(
        "fairness.audit",
        (
            Field("dataset", "Table", "adult"),
            Field("model", "Model", "logistic", choices=("logistic", "tree")),
        ),
        button="Audit",
    )
    other = OperationForm(
        "fairness.slices",
        (
            Field("dataset", "Table", "adult"),
            Field("model", "Model", "logistic", choices=("logistic",)),
        ),
        button="Search",
    )
    other.follow(one)
    one.inputs["dataset"].value = "german"
    assert other.inputs["dataset"].value == "german"
    one.inputs["model"].value = "tree"
    assert other.inputs["model"].value == "logistic"  # it has no such choice
    other.inputs["dataset"].value = "law"
    assert one.inputs["dataset"].value == "german"


def test_a_hint_is_said_in_the_words_of_the_form(weigh: threading.Event) -> None:
    form = OperationForm("probe.weigh", FIELDS[:3], button="Go")
    assert form.in_fields("times=3, say") == "3 in “times”, say"
    assert form.in_fields("unit='kg' is heavier") == "--unit kg on the command line is heavier"
    assert form.in_fields("give a model, or see f(times=3)") == "give a model, or see f(times=3)"
    assert form.in_fields("shape=3") == "shape=3"  # no argument of this operation
