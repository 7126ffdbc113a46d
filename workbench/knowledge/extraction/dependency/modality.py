"""Whether a sentence says a fact, or denies it, doubts it, supposes it or asks for it.

A rule sees two names and what joins them; *Mira Holm was not born in Oslo* and *it is false that
she was born in Oslo* join them as well. So every fact of every rule passes here: along the tree
from its one end to its other, and then up through the clauses that govern it (*denied that*, *is
said to*, *the rumour that*). What a relative clause or an apposition says, the verb above it leaves
as it is: *Mira Holm, a painter, did not marry* still says that she was a painter.

De Marneffe, Manning & Potts 2012, "Did It Happen?", on what follows from which verbs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from workbench.knowledge.words import word_set

from .governing import governor_objects, leaves_as_it_is, supposes, tells_a_claim
from .reading import Found
from .tree import Token, children

Objection = Literal["denied", "doubted", "supposed", "asked"]

_NEGATIONS = word_set("not n't n’t never neither nor hardly scarcely no")
_NOT_DENYING = word_set("only just merely simply solely until long least")
_DOUBT = word_set(
    "allegedly reportedly supposedly purportedly probably possibly perhaps maybe presumably "
    "conceivably apparently seemingly ostensibly putatively reputedly likely falsely wrongly "
    "erroneously incorrectly mistakenly rumouredly rumoredly"
)
_SHORT_OF = word_set("almost nearly")
_ALLEGED = word_set(
    "alleged supposed purported reputed putative rumoured rumored possible probable potential "
    "would-be presumed"
)
_IF = word_set("if unless whether lest though")
_WITHOUT = word_set("without except excluding unlike instead")
_NOUNS_OF_LORE = word_set("legend rumor rumour tradition myth folklore hearsay gossip lore story")
_VERBS = frozenset({"VERB", "AUX"})
_FINITE = frozenset({"VBD", "VBZ", "VBP"})
_COMPLEMENTS = frozenset({"ccomp", "xcomp", "csubj", "csubjpass", "pcomp", "acl"})


def is_said(found: Found) -> bool:
    """Whether a fact is told as one."""
    return objection(found) is None


def objection(found: Found) -> Objection | None:
    """Why a fact is none, or None if it is said.

    A name counts as one also where somebody errs or may be called so, but not where it is denied.
    """
    told = next(_objections(found), None)
    if told == "doubted" and found.relation == "also_known_as":
        return None
    return told


def _objections(found: Found) -> Iterator[Objection]:
    thing = found.object.head
    below = _way_up(thing)
    subject = found.subject.head
    above = _way_up(subject) if subject.sent.start == thing.sent.start else []
    if above:
        met = next((each for each in below if each in above), below[-1])
        above = above[: above.index(met)] if met in above else []
    else:
        met = next((each for each in below if each.pos_ in _VERBS), below[-1])
    yield from _along(found, below[: below.index(met) + 1])
    yield from _along(found, above)
    yield from _over(found, met)
    if found.relation in _ONE_VALUE and _is_one_of_two(thing):
        yield "doubted"


_ONE_VALUE = word_set("born_in died_in born_on died_on founded_on")


def _is_one_of_two(thing: Token) -> bool:
    """Whether it is *in Vienna or in Oslo*: that one was born twice is not said."""
    for each in (thing, thing.head):
        heads = (each, each.head) if each.dep_ == "conj" else (each,)
        if any(one.lower_ == "or" for head in heads for one in children(head, "cc")):
            return each.pos_ not in _VERBS
    return False


def _way_up(token: Token) -> list[Token]:
    return [token, *token.ancestors]


def _along(found: Found, way: list[Token]) -> Iterator[Objection]:
    """What the words between the ends say against a fact, from below."""
    shared = True
    for at, token in enumerate(way):
        if at and token.pos_ in _VERBS and way[at - 1].dep_ == "conj":
            shared = _shares(way[at - 1])
        if shared:
            yield from _own(found, token)
        if token.lower_ in _WITHOUT or (
            token.lower_ == "than" and token.i and token.nbor(-1).lower_ in {"rather", "other"}
        ):
            yield "denied"
        if at + 1 < len(way) and (token.dep_ in _COMPLEMENTS or tells_a_claim(token)):
            yield from governor_objects(token, way[at + 1])


def _over(found: Found, top: Token) -> Iterator[Objection]:
    """What the clauses above the fact's own say against it."""
    at = top
    if tells_a_claim(at):
        yield "doubted"
    while at.dep_ in _COMPLEMENTS or (at.dep_ == "conj" and at.pos_ in _VERBS):
        above = at.head
        if at.dep_ == "acl" and not _is_content(at):
            return
        if at.dep_ == "conj":
            if _shares(at):
                yield from _own(found, above)
        else:
            yield from governor_objects(at, above)
            yield from _own(found, above, governs=at)
        if at.dep_ == "acl":  # what is said of *the claim that ...*
            yield from governor_objects(at, above.head)
            return
        at = above
    if at.dep_ == "ROOT" and at.pos_ in _VERBS | {"ADJ", "NOUN"}:
        yield from _mood(at)


def _is_content(clause: Token) -> bool:
    """Whether a clause at a noun tells what is claimed: *the rumour that ...*."""
    return any(each.lower_ in {"that", "whether"} for each in children(clause, "mark"))


def _shares(second: Token) -> bool:
    """Whether a verb lies under the negation of the verb that it is joined to.

    *He did not marry or settle in Oslo*, but not *he did not marry and died in Oslo*.
    """
    joined = {each.lower_ for each in children(second.head, "cc") if each.i < second.i}
    if "but" in joined:
        return False
    finite = second.tag_ in _FINITE or children(second, "aux", "auxpass", "nsubj", "nsubjpass")
    return bool(joined & {"or", "nor"}) or not finite


def _own(found: Found, token: Token, *, governs: Token | None = None) -> Iterator[Objection]:
    """What a word's own adverbs, auxiliaries and conjunctions say against the fact."""
    for each in token.children:
        word = each.lower_
        negates = each.dep_ == "neg" or word in _NEGATIONS
        if negates and _denies(found, token, each, governs):
            yield "denied"
        if each.dep_ in {"advmod", "npadvmod"} and _reaches(found, token, each):
            yield from _of_adverb(token, each)
        if each.dep_ == "mark" and word in _IF and (word != "though" or _is_as_though(each)):
            yield "supposed"
        if word == "according" and {x.lemma_.lower() for x in each.subtree} & _NOUNS_OF_LORE:
            yield "doubted"
        if each.dep_ in {"amod", "compound"} and word in _ALLEGED:
            inside = found.object.start <= each.i < found.object.end
            if not (inside and found.relation == "is_a"):
                yield "doubted"
        aside = each.dep_ in {"parataxis", "ccomp"} and each.i < found.object.head.i
        if aside and token.pos_ in _VERBS and supposes(each) and not children(each, "mark"):
            yield "doubted"  # "Karl Berg, it is said, was ..."
    if token.pos_ in _VERBS:
        yield from _auxiliaries(found, token)


def _of_adverb(token: Token, adverb: Token) -> Iterator[Objection]:
    if adverb.lower_ in _DOUBT:
        yield "doubted"
    no_longer = adverb.lower_ == "longer" and adverb.i and adverb.nbor(-1).lower_ == "no"
    if no_longer or (adverb.lower_ in _SHORT_OF and token.pos_ == "VERB"):
        yield "denied"


def _is_as_though(mark: Token) -> bool:
    return bool(mark.i and mark.nbor(-1).lower_ == "as")


def _denies(found: Found, token: Token, negation: Token, governs: Token | None) -> bool:
    """Whether a negation reaches the fact; *not only*, *not A but B* and *A, not B* do not."""
    doc, last = token.doc, _last_end(found)
    after = doc[negation.i + 1].lower_ if negation.i + 1 < len(doc) else ""
    if after in _NOT_DENYING:
        return False
    if negation.dep_ in {"det", "neg", "advmod", "cc", "preconj"} and negation.lower_ == "no":
        return token.pos_ in {"NOUN", "PROPN", "ADV"} and negation.i < token.i
    if negation.lower_ == "nor" and negation.i > max(token.i, last):
        return False
    if governs is not None:
        return negation.i < governs.i and not leaves_as_it_is(governs, token)
    if negation.i > max(token.i, last):
        return False  # "born in Vienna, not in Oslo"
    for each in doc[negation.i : last]:
        if (
            each.lower_ == "but"
            and each.dep_ == "cc"
            and (each.head == token or each.head.pos_ not in _VERBS)
        ):
            return False
    return True


def _last_end(found: Found) -> int:
    """Where the later of a fact's two ends stands; its object may come first."""
    ends = found.subject.head, found.object.head
    return int(max(each.i for each in ends if each.sent.start == ends[1].sent.start))


def _reaches(found: Found, token: Token, adverb: Token) -> bool:
    """Whether an adverb is said of the fact: it stands before its object, or ends the clause."""
    if adverb.i < max(token.i, _last_end(found)):
        return True
    after = token.doc[adverb.i + 1] if adverb.i + 1 < len(token.doc) else None
    return after is None or after.is_punct or after.is_space


def _auxiliaries(found: Found, verb: Token) -> Iterator[Objection]:
    """*may*, *could have*, *would have*, and *had she died* without an *if*."""
    auxiliaries = children(verb, "aux", "auxpass")
    told = {each.lower_ for each in auxiliaries}
    perfect = "have" in told or "'ve" in told
    if told & {"may", "might"} and verb.lemma_ not in _ALLOWED:
        yield "doubted"
    if told & {"could", "must"} and (perfect or (verb.lemma_ == "be" and "could" in told)):
        yield "doubted"
    if told & {"should", "ought"} or (told & {"would", "'d"} and (perfect or _has_condition(verb))):
        yield "supposed"
    subjects = children(verb, "nsubj", "nsubjpass")
    first = auxiliaries[0] if auxiliaries else verb
    inverted = subjects and first.i < subjects[0].left_edge.i and first.text in _INVERTED
    if inverted and verb.dep_ in {"advcl", "ccomp"}:
        yield "supposed"


_ALLOWED = word_set("include comprise contain involve feature refer call know")
"""What *may* allows, and does not doubt: *complications may include fever*."""
_INVERTED = frozenset({"Had", "Were", "Should", "had", "were", "should"})


def _has_condition(verb: Token) -> bool:
    return any(
        each.lower_ in {"if", "unless"}
        for clause in children(verb, "advcl")
        for each in children(clause, "mark")
    )


def _mood(root: Token) -> Iterator[Objection]:
    """Questions and commands; what hangs on a condition that is told first."""
    text = root.sent.text.rstrip().rstrip("\"'”’)»")
    if text.endswith("?"):
        yield "asked"
    subjects = children(root, "nsubj", "nsubjpass", "expl", "csubj")
    helped = {each.tag_ for each in children(root, "aux")} & {"MD", "TO"}
    if root.tag_ == "VB" and root.pos_ == "VERB" and not subjects and not helped:
        yield "supposed"
    for clause in children(root, "advcl"):
        if clause.i < root.i and any(x.lower_ in {"if", "unless"} for x in clause.children):
            yield "supposed"
