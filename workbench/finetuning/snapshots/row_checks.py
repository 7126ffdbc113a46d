"""What can be said of each row by itself, as a pandera schema over a table of the rows.

A user's own pandera schema runs over the same table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from workbench.data.languages import UNSURE, detect_language
from workbench.data.lexicon import Lexicon, read_lexicon

from .findings import Finding, Policy
from .personal import find_personal
from .rows import Row

CountTokens = Callable[[Row], int]
_FEW_WORDS = 5  # of an answer: too few to tell its language by


def find_in_rows(
    rows: Sequence[Row],
    policy: Policy,
    *,
    count_tokens: CountTokens | None = None,
    lexicon: Lexicon | None = None,
    schema: Any = None,
) -> Iterator[Finding]:
    """Rows over the context, in another language, with personal data or insults.

    Args:
        rows: The rows.
        policy: What is allowed.
        count_tokens: Of a row by the model's own tokenizer. Without it the words are counted,
            which are fewer than the tokens: what they find is too long in any case.
        lexicon: Of insults, by default the built-in one.
        schema: A pandera schema of the user's own over the columns of ``table_of``.
    """
    import pandera.pandas as pa

    table = table_of(rows, count_tokens=count_tokens, lexicon=lexicon)
    languages = policy.languages or _own_languages(table, policy)

    def allowed(said: Any) -> Any:
        return said.isin([*languages, UNSURE]) if languages else said == said

    def fits(tokens: Any) -> Any:
        return tokens <= policy.context_tokens

    def empty(said: Any) -> Any:
        return said == ""

    # The checks are functions of ours: pandera's own are reported by their expression, not name.
    ours = pa.DataFrameSchema(
        {
            "tokens": pa.Column(int, pa.Check(fits, name="over_context")),
            "language": pa.Column(str, pa.Check(allowed, name="other_language")),
            "answer_language": pa.Column(str, pa.Check(allowed, name="other_language")),
            "personal": pa.Column(str, pa.Check(empty, name="personal_data")),
            "insults": pa.Column(str, pa.Check(empty, name="insult")),
            "insults_asked": pa.Column(str, pa.Check(empty, name="insult_in_question")),
        }
    )
    yield from _failures(ours, table, rows, policy)
    if not languages:
        yield from _mixed(table, rows, policy)
    if schema is not None:
        yield from _failures(schema, table, rows, policy, kind="own_schema")


def table_of(
    rows: Sequence[Row], *, count_tokens: CountTokens | None = None, lexicon: Lexicon | None = None
) -> Any:
    """A pandas table of the rows: question, answer, group, tokens, language, answer_language,
    personal, insults, insults_asked."""
    import pandas as pd

    words = lexicon or read_lexicon()
    return pd.DataFrame(
        {
            "question": [row.question for row in rows],
            "answer": [row.answer for row in rows],
            "group": [row.group for row in rows],
            "tokens": [
                count_tokens(row) if count_tokens else len(row.text.split()) for row in rows
            ],
            "language": [detect_language(row.question) for row in rows],
            "answer_language": [
                detect_language(row.answer) if len(row.said.split()) > _FEW_WORDS else UNSURE
                for row in rows
            ],
            "personal": [", ".join(find_personal(row.text)) for row in rows],
            "insults": [", ".join(sorted(set(words.find(row.answer)))) for row in rows],
            "insults_asked": [", ".join(sorted(set(words.find(row.question)))) for row in rows],
        }
    )


def _own_languages(table: Any, policy: Policy) -> tuple[str, ...]:
    """The language of nearly all rows that can be told; none where there is no such."""
    told = Counter(said for said in table["language"] if said != UNSURE)
    if not told:
        return ()
    language, rows = told.most_common(1)[0]
    return (language,) if rows >= policy.language_share * told.total() and rows > 1 else ()


def _mixed(table: Any, rows: Sequence[Row], policy: Policy) -> Iterator[Finding]:
    """The rows beside the most frequent language, where none is that of nearly all."""
    told = Counter(said for said in table["language"] if said != UNSURE).most_common()
    if len(told) < 2:
        return
    others = [
        row for row, said in zip(rows, table["language"], strict=True)
        if said not in (UNSURE, told[0][0])
    ]  # fmt: skip
    yield Finding(
        "mixed_languages",
        policy.severity_of("mixed_languages"),
        tuple(row.place for row in others),
        tuple(row.name for row in others),
        "questions are in " + ", ".join(f"{name} ({count})" for name, count in told)
        + ", none of which is the file's: a policy with `languages` says which are meant",
    )  # fmt: skip


def _failures(
    schema: Any, table: Any, rows: Sequence[Row], policy: Policy, *, kind: str = ""
) -> Iterator[Finding]:
    from pandera.errors import SchemaErrors

    try:
        schema.validate(table, lazy=True)
        return
    except SchemaErrors as errors:
        cases = errors.failure_cases
    seen: set[tuple[str, int]] = set()
    for case in cases.to_dict("records"):
        name, at = str(case["check"]), case["index"]
        if at is None or at != at:  # of the table as a whole
            places = tuple(row.place for row in rows)
        else:
            places = (int(at),)
            if (kind or name, int(at)) in seen:
                continue
            seen.add((kind or name, int(at)))
        own = kind or name
        yield Finding(
            own,
            policy.severity_of(own),
            places,
            tuple(rows[place].name for place in places),
            _because(own, case, policy),
        )


def _because(kind: str, case: dict[str, Any], policy: Policy) -> str:
    value = case["failure_case"]
    return {
        "over_context": f"{value} tokens or more where {policy.context_tokens} fit",
        "other_language": f"{case['column']} is {value}",
        "personal_data": f"it holds: {value}",
        "insult": f"the answer holds: {value}",
        "insult_in_question": f"the question holds: {value}",
    }.get(kind, f"{case['column']}: {value!r:.60} fails {case['check']}")
