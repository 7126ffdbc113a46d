"""Words for peoples and places that the small model often takes for something else."""

from __future__ import annotations

from workbench.knowledge.words import word_set

from .tree import PLACES, Token, is_place, noun_phrase

DEMONYMS = word_set(
    "American British English Scottish Welsh Irish French German Italian Spanish Portuguese Dutch "
    "Belgian Flemish Swiss Austrian Hungarian Czech Slovak Slovene Slovenian Polish Russian Soviet "
    "Ukrainian Belarusian Lithuanian Latvian Estonian Finnish Swedish Norwegian Danish Icelandic "
    "Greek Turkish Ottoman Bulgarian Romanian Serbian Croatian Bosnian Albanian Macedonian "
    "Montenegrin Moldovan Georgian Armenian Azerbaijani Persian Iranian Iraqi Syrian Lebanese "
    "Israeli Palestinian Jordanian Saudi Yemeni Omani Emirati Kuwaiti Qatari Bahraini Egyptian "
    "Libyan Tunisian Algerian Moroccan Sudanese Ethiopian Eritrean Somali Kenyan Ugandan Tanzanian "
    "Rwandan Congolese Nigerian Ghanaian Senegalese Malian Ivorian Cameroonian Angolan Zambian "
    "Zimbabwean Mozambican Namibian Malagasy Indian Pakistani Bangladeshi Nepalese Nepali "
    "Bhutanese Burmese Thai Lao Laotian Cambodian Khmer Vietnamese Malaysian Singaporean "
    "Indonesian Javanese Filipino Chinese Taiwanese Tibetan Mongolian Mongol Korean Japanese "
    "Afghan Uzbek Kazakh Kyrgyz Tajik Turkmen Uyghur Australian Canadian Quebecois Mexican "
    "Guatemalan Honduran Salvadoran Nicaraguan Panamanian Cuban Jamaican Haitian Dominican "
    "Bahamian Barbadian Trinidadian Colombian Venezuelan Guyanese Surinamese Ecuadorian Peruvian "
    "Bolivian Chilean Argentine Argentinian Uruguayan Paraguayan Brazilian Roman Byzantine "
    "Carthaginian Macedonian Athenian Spartan Genoese Venetian Florentine Prussian Bavarian "
    "Catalan Basque Castilian Sicilian Arab Arabian Kurdish Berber Phoenician Babylonian Assyrian "
    "Sumerian Akkadian Mughal Bengali Punjabi Tamil Maratha Hawaiian Fijian Samoan Maltese Cypriot "
    "Yugoslav Czechoslovak Austro-Hungarian Luxembourgish Monegasque Frankish Norman Anglo-Saxon"
)
"""Adjectives of states and peoples, of today and of history."""

DIRECTIONS = word_set(
    "north south east west northern southern eastern western central northeastern northwestern "
    "southeastern southwestern north-central south-central northeast northwest southeast southwest "
    "upper lower inner outer mid midwestern"
)


def is_demonym(token: Token) -> bool:
    """Whether a word is an adjective of a state or a people."""
    return token.text in DEMONYMS or (
        token.ent_type_ == "NORP" and token.text[:1].isupper() and token.text not in FAITHS
    )


LANDS = word_set(
    "region coast coastline plain subcontinent valley peninsula basin world hemisphere plateau "
    "mountains hills highlands lowlands islands archipelago river rivers delta desert steppe shore "
    "gulf bay sea ocean lake lakes county province district state city town village coastal-plain "
    "continent territory area empire kingdom republic sphere canton forest park"
)
"""Nouns that with a name before them name a place: *the Levant region*, *the Gangetic plain*."""

_NO_PLACE = frozenset(
    {"DATE", "TIME", "PERSON", "EVENT", "CARDINAL", "QUANTITY", "LANGUAGE", "LAW"}
)


def is_placelike(token: Token) -> bool:
    """Whether a noun names a place, also where the model sees none or no name at all."""
    if is_place(token):
        return True
    before = token.nbor(-1) if token.i > token.sent.start else None
    if token.pos_ == "PROPN" and before is not None and before.text in LANDS:
        return True  # "the river Aller"
    if token.lemma_.lower() in LANDS and token.pos_ in {"NOUN", "PROPN"}:
        inside = token.doc[noun_phrase(token).start : token.i]
        return any(
            each.pos_ == "PROPN" or each.ent_type_ in PLACES or is_demonym(each) for each in inside
        )
    return False


def may_name_a_place(token: Token) -> bool:
    """Whether a name could be a place's where the words around it say that it is one."""
    return is_placelike(token) or (
        token.pos_ == "PROPN" and token.ent_type_ not in _NO_PLACE | {"NORP", "WORK_OF_ART"}
    )


WATERS_AND_MOUNTAINS = word_set("river lake mountain volcano glacier sea strait stream creek fjord")
"""What lies in several places, or has towns on its shore."""

SEA_SIDE = word_set("coast coastline seaboard shoreline")

FAITHS = word_set(
    "Sufi Muslim Islamic Jewish Christian Catholic Protestant Buddhist Hindu Orthodox Sikh Jain "
    "Roman-Catholic Marxist Lutheran Puritan Shia Sunni Baptist Methodist Republican Democratic "
    "Communist Anglican Calvinist Jesuit Franciscan Dominican-order Zoroastrian Taoist Confucian "
    "Nazi Baroque Renaissance Romantic Neoclassical Enlightenment Evangelical Quaker Mormon Stoic"
)
