"""Words that govern a clause, by what follows from them for what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from workbench.knowledge.words import word_set

from .tree import Token, children

_DENYING = word_set(
    "deny refuse fail decline dispute refute disprove reject prevent forbid prohibit avoid neglect "
    "pretend contradict rebut debunk forget omit bar dissuade stop hinder"
)
_SUPPOSING = word_set(
    "allege rumour rumor believe think suppose speculate suggest claim assume presume suspect "
    "imagine hypothesize hypothesise theorize theorise conjecture postulate guess assert contend "
    "purport repute doubt fear hope wish want plan intend try attempt aim expect propose promise "
    "threaten offer dream seem appear let ask wonder request urge demand order desire seek "
    "fantasize fantasise vow pledge accuse inquire enquire tempt aspire argue insist maintain"
)
_REPORTING = word_set("say report tell hold")
_DOUBTFUL = word_set(
    "false untrue wrong incorrect mistaken impossible unlikely doubtful unclear unknown uncertain "
    "possible probable likely disputed questionable conceivable plausible debatable unproven "
    "improbable inaccurate fictitious unable unwilling reluctant unsure rumoured rumored alleged "
    "supposed myth lie rumor rumour legend error mistake misconception fallacy hoax falsehood "
    "fiction claim question possibility fabrication unconfirmed eager willing hesitant keen"
)
_CLAIMS = word_set(
    "claim rumor rumour myth legend allegation suggestion speculation theory hypothesis belief "
    "idea notion story assertion tradition possibility suspicion misconception lie dream hope fear "
    "conjecture assumption question accusation denial probability likelihood"
)
_LORE = word_set(
    "legend rumor rumour tradition myth folklore gossip hearsay lore story some many people others "
    "few it one"
)
_FACTIVE = word_set(
    "know realize realise learn notice mention reveal remember discover understand see"
)


def supposes(verb: Token) -> bool:
    """Whether a verb tells what is thought or passed on: *it is said*, *some believe*."""
    if verb.pos_ not in {"VERB", "AUX"}:
        return False
    lemma = verb.lemma_.lower()
    if lemma in _SUPPOSING:
        return True
    subjects = children(verb, "nsubj", "nsubjpass")
    vague = any({each.lower_, each.lemma_.lower()} & _LORE for each in subjects)
    passive = bool(children(verb, "auxpass", "nsubjpass"))
    return lemma in _REPORTING and (passive or vague)


def governor_objects(clause: Token, above: Token) -> Iterator[Literal["denied", "doubted"]]:
    """What the word that governs a clause says against what the clause says."""
    lemma = above.lemma_.lower()
    if above.pos_ in {"VERB", "AUX"} and clause.dep_ != "pcomp":
        yield from _verb_objects(clause, above)
    elif clause.dep_ == "pcomp":
        if above.lower_ in {"without", "instead"} or (
            above.lower_ == "of" and above.head.lower_ == "instead"
        ):
            yield "denied"
        elif above.head.pos_ == "VERB":
            yield from _verb_objects(clause, above.head)
    elif {lemma, above.lower_} & _DOUBTFUL or _tells_claim(clause, lemma):
        yield "doubted"
    if clause.dep_ == "acl":
        bare = {each.lower_ for each in children(above, "det", "neg")}
        if bare & {"no", "neither"}:
            yield "denied"


def _tells_claim(clause: Token, lemma: str) -> bool:
    return (clause.dep_ == "acl" and lemma in _CLAIMS) or tells_a_claim(clause)


def tells_a_claim(clause: Token) -> bool:
    """Whether a clause that the parser takes for a relative one tells what a claim says.

    *The rumour that she was born there*, and not *the rumour that was born there*.
    """
    subjects = children(clause, "nsubj", "nsubjpass")
    own = bool(subjects) and subjects[-1].tag_ not in {"WDT", "WP"}
    return clause.dep_ == "relcl" and own and clause.head.lemma_.lower() in _CLAIMS


def _verb_objects(clause: Token, verb: Token) -> Iterator[Literal["denied", "doubted"]]:
    lemma = verb.lemma_.lower()
    lies = lemma == "lie" and (clause.dep_ == "pcomp" or bool(children(clause, "mark")))
    ends = lemma == "cease" and clause.lemma_ != "exist"  # that has a date, as what it ends has
    if lies or ends or lemma in _DENYING or _has_nobody(verb):
        yield "denied"
    going = lemma == "go" and verb.tag_ == "VBG"  # "was going to marry"
    if going or supposes(verb) or _is_lore(clause, verb):
        yield "doubted"
    told = children(verb, "acomp", "attr", "oprd")
    if any(each.lemma_.lower() in _DOUBTFUL or each.lower_ in _DOUBTFUL for each in told):
        yield "doubted"


def _has_nobody(verb: Token) -> bool:
    """Whether nobody and nothing does it: *no evidence shows that*."""
    return any(
        each.lower_ in {"nobody", "nothing", "none"}
        or any(one.lower_ in {"no", "neither"} for one in children(each, "det"))
        for each in children(verb, "nsubj", "nsubjpass")
    )


def _is_lore(clause: Token, verb: Token) -> bool:
    """Whether it is *legend has it that* or *tradition holds that*."""
    subjects = {each.lemma_.lower() for each in children(verb, "nsubj")}
    tells = verb.lemma_.lower() in {"have", "hold", "relate", "go", "run"}
    return clause.dep_ in {"ccomp", "csubj"} and tells and bool(subjects & _LORE)


def leaves_as_it_is(clause: Token, verb: Token) -> bool:
    """Whether a verb's negation leaves the clause true: *did not know that she was born there*."""
    return clause.dep_ == "ccomp" and verb.lemma_.lower() in _FACTIVE
