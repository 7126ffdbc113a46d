"""What a director makes: films and plays, and not the museum or the company that one directs."""

from __future__ import annotations

from workbench.knowledge.words import word_set

from .people import INSTITUTIONS
from .reading import Passage
from .tree import PLACES, Token, noun_phrase

DIRECTORS = word_set("director co-director")
_STAGED = word_set(
    "film movie play musical drama documentary comedy thriller tragedy show episode video ballet "
    "sitcom series melodrama western short"
)
_TELLS_OF_FILMS = _STAGED | word_set(
    "filmmaker screenplay screenwriter starring star cinema actor actress film-maker trilogy"
)


def is_staged(passage: Passage, thing: Token) -> bool:
    """Whether what is directed is a film or a play, by its label or by words around it."""
    phrase = noun_phrase(thing)
    named = {each.lower_ for each in thing.doc[phrase.start : phrase.end]}
    if thing.ent_type_ == "WORK_OF_ART" or thing.lemma_.lower() in _STAGED:
        return True
    if named & INSTITUTIONS or thing.ent_type_ in PLACES:
        return False
    topic = passage.topic
    told = {each.lemma_.lower() for each in thing.sent if each.i != thing.i}
    known = topic.classes if topic is not None else frozenset()
    return bool((told | known) & _TELLS_OF_FILMS)
