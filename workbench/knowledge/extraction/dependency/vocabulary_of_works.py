"""Words for works, for those who make and found them, and for making and founding."""

from __future__ import annotations

from workbench.knowledge.words import word_set

MAKE = word_set(
    "create invent write paint design discover compose author direct develop build construct "
    "produce publish propose introduce formulate release record coin devise illustrate "
    "compile sculpt commission pioneer draw film complete erect finish patent originate carve"
)
DEFINITE = word_set(
    "invent discover develop devise coin formulate pioneer propose design patent introduce"
)
FOUND = word_set("found establish form incorporate co-found cofound settle")
ARISE = word_set("emerge originate appear arise develop begin premiere evolve")
MAKERS = word_set(
    "creator author inventor discoverer director composer designer writer founder co-founder "
    "cofounder architect developer painter co-creator originator co-author co-inventor"
)
WORKS = word_set(
    "work novel film book poem play opera painting song album symphony project treatise story "
    "musical series game painting sculpture essay ballet theory drama epic sonata concerto hymn "
    "comic manga sitcom single text translation treatise anthem bible magazine newspaper "
    "thriller comedy tragedy documentary codex manuscript poetry play"
)
ORGANISATIONS = word_set(
    "company organization organisation university school city club party church movement "
    "empire dynasty state republic college institute society band bank kingdom group"
)
