"""is_a: copula, apposition, the word before a name, and roles ("as a critic, he ...").

Hearst 1992, "Automatic Acquisition of Hyponyms from Large Text Corpora", gives the patterns of
lists, which stand in ``lists``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.knowledge.words import word_set

from .enumerations import enumerated
from .offices import is_office, is_office_word, office_phrase
from .parts import is_taxon_name
from .reading import Found, Passage, is_copula, is_human, is_human_word
from .tree import (
    BE,
    LIGHT,
    NOUNS,
    Phrase,
    Token,
    children,
    determiner,
    full_phrase,
    has_article,
    is_proper,
    members,
    noun_phrase,
    objects,
    predicates,
    subject_of,
)

# Not classes but relations, parts of speech about words, or fillers.
_NO_CLASS = word_set(
    "part term name word phrase synonym result cause source reason capital member home time "
    "case way example one student successor predecessor son daughter brother sister wife "
    "husband father mother child uncle aunt lover nephew niece cousin grandson friend rival "
    "partner siblings contributor north south east west northwest northeast southwest "
    "southeast minute hour mile kilometre kilometer km metre meter year day subject focus "
    "goal aim purpose majority number lot amount percent sum seat birthplace site most "
    "population nickname abbreviation question fact opposite key initial initials title "
    "recipient winner author founder creator inventor discoverer branch component portion "
    "half rest distance influence evolution signs sign contributions contribution symptom "
    "symptoms characteristics features effect effects others "
)
_PARTITIVE = word_set("one some most many two three majority several any")


def find_classes(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Each ``is_a`` of a sentence but for lists."""
    for token in sentence:
        if is_copula(token) or (token.lemma_ in {"be", "become"} and _late_predicate(token)):
            yield from _copula(passage, token)
        elif token.dep_ == "appos":
            yield from _apposition(passage, token)
        elif token.dep_ == "prep" and token.lower_ == "as":
            yield from _role(passage, token)
        elif (
            token.dep_ in {"oprd", "dobj"} and token.pos_ in NOUNS and token.head.lemma_ in _MAKES
        ) or (token.pos_ in NOUNS and token.dep_ == "ccomp" and _makes_it(token)):
            yield from _made(passage, token, token.head)
        if token.pos_ == "PROPN":
            yield from _word_before(passage, token)


_MAKES = frozenset({"designate", "declare", "proclaim"})
_SAYS = frozenset({"serve", "work", "act", "establish"})


def class_of(token: Token) -> Token | None:
    """The class that a predicate names: *one of the kings* is king, *a set of rules* stays set."""
    if token.lemma_.lower() in _PARTITIVE or (token.pos_ == "NUM" and token.dep_ != "nummod"):
        inner = next((each for each in objects(token, "of", "among")), None)
        return inner if inner is not None and inner.pos_ in NOUNS else None
    if token.tag_ in {"JJS", "RBS"} or any(
        each.text == "-" for each in token.children if token.lower_ == "largest"
    ):
        return None
    last_of_list = token.pos_ in {"ADJ", "INTJ"} and (
        (token.dep_ == "conj" and token.head.pos_ in NOUNS | {"INTJ"})
        or (token.dep_ == "attr" and has_article(token))
    )
    if token.lemma_.lower() in _NO_CLASS or not (token.pos_ in NOUNS or last_of_list):
        return None
    if token.tag_ in {"WP", "WDT"} or token.pos_ == "PRON" or token.lower_ in {"co", "non"}:
        return None
    return token


def _makes_it(token: Token) -> bool:
    """Whether it is *making it the only ...*."""
    it = any(each.lower_ == "it" for each in children(token, "nsubj"))
    return bool(it and token.head.lemma_ == "make")


def _late_predicate(verb: Token) -> bool:
    """Whether it is *X was among the largest countries*."""
    return any(each.lower_ == "among" for each in children(verb, "prep"))


_REAL_CHANGE = word_set("go come continue grow rise")


def _is_not_said(verb: Token) -> bool:
    """Whether a copula is denied, supposed, wished for, or what somebody believes."""
    if any(
        each.dep_ == "neg" or each.lower_ in {"may", "might", "could"} for each in verb.children
    ):
        return True
    if verb.dep_ == "conj" and children(verb.head, "neg") and not children(verb, "nsubj"):
        return True
    if verb.dep_ == "xcomp" and verb.head.lemma_ not in _REAL_CHANGE | BE:
        return True
    believed = verb.dep_ in {"acl", "ccomp"} and verb.head.pos_ in NOUNS
    return believed and any(each.lower_ == "that" for each in children(verb, "mark"))


def _copula(passage: Passage, verb: Token) -> Iterator[Found]:
    if _is_not_said(verb):
        return
    head = subject_of(verb)
    if head is None or head.lower_ in {"there", "this", "that", "what", "who", "which"}:
        return
    if head.lemma_.lower() in {"example", "reason", "cause", "result", "way", "aim", "goal", "use"}:
        return
    if verb.head.lemma_ in _VERDICTS and verb.dep_ in {"xcomp", "ccomp"}:
        return
    said = predicates(verb)
    if head.lower_ == "it" and any(_is_cleft(each) for each in said[:1]):
        return
    if any(each.lower_ in {"other", "others"} for one in said for each in children(one, "poss")):
        return
    kinds = head.tag_ == "NNS" and head.pos_ == "NOUN" and not passage.names_topic(head)
    if kinds and said and all(map(_is_bare_name, said)):
        for each in said:
            yield Found("copula_listed", noun_phrase(each), "is_a", noun_phrase(head))
        return
    if head.pos_ == "NOUN" and len(said) == 1 and _is_bare_name(said[0]):
        for each in members(head):
            told = is_superlative(each) or children(each, "amod") or each.dep_ == "conj"
            if (
                told
                and class_of(each) is not None
                and (has_article(head) or children(head, "poss"))
            ):
                yield Found("copula_reversed", noun_phrase(said[0]), "is_a", noun_phrase(each))
        return
    for each in said[:1]:
        if _goes_on_without_article(each):
            continue
        said = [*said, *(one for one in enumerated(each) if one not in said)]
    for subject in _subjects(passage, verb, head):
        for predicate in said:
            named = class_of(predicate)
            if named is None or named.ent_type_ in {"DATE", "CARDINAL", "PERCENT", "QUANTITY"}:
                continue
            if is_human(passage, subject.head) and is_office(named):
                continue
            if is_proper(named) and is_proper(subject.head) and not has_article(named):
                continue
            yield Found("copula", subject, "is_a", _class_phrase(named))


def _is_cleft(token: Token) -> bool:
    """Whether it is *it is his portraits that are ...*."""
    said = determiner(token) not in {"a", "an"} and not is_superlative(token)
    clauses = [each for each in children(token, "relcl") if each.tag_ in {"VBN", "VBZ", "VBP"}]
    return (
        said
        and any(one.lower_ == "that" for each in clauses for one in each.children)
        and bool(children(token, "poss"))
    )


def _goes_on_without_article(token: Token) -> bool:
    """Whether it is *the arts of preparation, cooking and presentation*: no list of classes."""
    return not has_article(token) or determiner(token) == "the"


_VERDICTS = word_set("consider regard think believe say claim deem hold judge")


def _is_bare_name(token: Token) -> bool:
    return is_proper(token) and not has_article(token) and token.tag_ in {"NNP", "NNPS"}


def _subjects(passage: Passage, verb: Token, head: Token) -> Iterator[Phrase]:
    if head.lemma_.lower() in {"majority", "most", "some", "many", "all", "type", "form", "one"}:
        inner = next(objects(head, "of"), None)
        head = inner if inner is not None else head
    if head.lemma_.lower() == "percent":
        return
    coordinated = members(head)
    if any(each.lower_ == "or" for one in coordinated for each in children(one, "cc")):
        coordinated = [head]
    for each in coordinated:
        found = passage.subject(each)
        if found is not None:
            yield found


def is_superlative(token: Token) -> bool:
    """Whether a noun has a superlative."""
    return any(each.tag_ == "JJS" for each in token.children)


def _class_phrase(token: Token) -> Phrase:
    """A class without the demonym of a person's ("an American journalist")."""
    found = noun_phrase(token)
    start = found.start
    while start < token.i and is_human_word(token.lemma_.lower()):
        first = found.head.doc[start]
        if first.ent_type_ != "NORP" and first.lower_ not in {"-", "and", "born"}:
            break
        start += 1
    return Phrase(token, start, found.end)


def _apposition(passage: Passage, token: Token) -> Iterator[Found]:
    """*Carnatic music, the classical tradition*; *the river, the Congo*."""
    head = token.head
    if token.lower_ == "one" and head.pos_ == "PROPN":
        named, subject = class_of(token), passage.subject(_right_before(token, head))
        if named is not None and subject is not None:
            yield Found("apposition_one", subject, "is_a", _class_phrase(named))
        return
    if token.pos_ not in NOUNS or head.pos_ not in NOUNS or head.lower_ in passage_pronouns:
        return
    if head.ent_type_ in {"DATE", "CARDINAL"} or token.ent_type_ in {
        "DATE",
        "CARDINAL",
        "QUANTITY",
    }:
        return
    between = head.doc[head.i + 1 : token.left_edge.i]
    if any(each.text in {"(", "–", "—"} for each in between) and not has_article(token):
        return
    siblings = [each for each in children(head, "appos") if each != token]
    more = [each for each in [*children(token, "conj", "appos"), *siblings] if has_article(each)]
    if determiner(token) == "the" and token.pos_ == "NOUN" and len(more) > 1:
        return  # "the murder of A, the trial of B, and the end of C"
    if (token.ent_type_ == "PERSON" and head.ent_type_ == "PERSON") or is_taxon_name(head):
        return
    if (
        head.lemma_.lower() in {"family", "genus", "order", "suborder", "class"}
        and head.dep_ == "pobj"
    ):
        return
    if is_proper(token) and not is_proper(head):
        head = _nearest_noun(token, head)
    elif token.pos_ == "NOUN" and has_article(token):
        head = _right_before(token, head)
    if is_proper(token) and not is_proper(head) and class_of(head) is not None:
        if not children(head, "poss") and not has_article(head) and head.tag_ != "NNS":
            return
        yield Found("apposition_name_last", noun_phrase(token), "is_a", _class_phrase(head))
    elif token.pos_ == "NOUN" and has_article(token) and class_of(token) is not None:
        subject = passage.subject(head)
        if subject is None and determiner(token) in {"a", "an"} and not children(head, "amod"):
            subject = noun_phrase(head) if head.pos_ == "NOUN" else None
        if subject is None:
            return
        for each in members(token):
            named = class_of(each)
            if named is not None and not (is_office(named) and is_human(passage, head)):
                yield Found("apposition", subject, "is_a", _class_phrase(named))


def _nearest_noun(name: Token, head: Token) -> Token:
    """The noun right before the comma: *the arm of Africa's river, the Congo* is of the river."""
    at = noun_phrase(name).start - 1
    while at > head.i and (name.doc[at].text == "," or name.doc[at].dep_ == "det"):
        at -= 1
    nearest = name.doc[at]
    return nearest if nearest.pos_ == "NOUN" else head


def _right_before(token: Token, head: Token) -> Token:
    """The noun that an apposition stands right after, with the name that it is the end of."""
    at = token.left_edge.i - 1
    while at > head.i and (
        token.doc[at].text in {",", '"', "”", "—", "–"} or token.doc[at].lower_ == "then"
    ):
        at -= 1
    nearest = token.doc[at]
    if nearest.pos_ not in NOUNS or nearest.i <= head.i:
        return head
    while nearest.dep_ in {"compound", "nmod"} and nearest.head.i > nearest.i:
        nearest = nearest.head
    while nearest.dep_ == "pobj" and nearest.head.lower_ == "of":
        above = nearest.head.head
        if above.pos_ not in NOUNS or above.i < head.i:
            break
        nearest = above
    return nearest


passage_pronouns = word_set("it they he she this that them")


_SEEN_AS = word_set(
    "portray cast regard describe see know consider think depict star appear hail credit "
    "recognize recognise remember view dismiss acknowledge treat interpret identify disguise pose "
    "celebrate sell refer define elect appoint crown use classify categorize label list play "
    "include name represent characterize"
)


def _role(passage: Passage, prep: Token) -> Iterator[Found]:
    """*As a critic of ..., he wrote*; *she worked as a nurse*."""
    verb = prep.head
    at_start = prep.i == prep.sent.start
    first = prep.nbor() if prep.i + 1 < prep.sent.end else prep
    if not at_start and verb.lemma_ not in _SAYS:
        indefinite = first.lower_ in {"a", "an"} and verb.pos_ == "VERB"
        if not indefinite or verb.lemma_ in _SEEN_AS:
            return
    head = subject_of(verb)
    if not at_start and (head is None or not is_human(passage, head)):
        return
    subject = passage.subject(head) if head is not None else None
    if subject is None:
        return
    for each in _roles(prep):
        named = class_of(each)
        if named is None:
            continue
        if at_start and first.lower_ not in {"a", "an"} and is_office_word(named):
            yield Found("role_office", subject, "held_office", office_phrase(named))
        elif not is_office(named) and (
            verb.lemma_ in _SAYS or at_start or is_human_word(named.lemma_.lower())
        ):
            yield Found("role", subject, "is_a", _class_phrase(named))


def _roles(prep: Token) -> list[Token]:
    """The nouns of *as a novelist, critic, and poet*, by their order where the tree is wrong."""
    found = [one for each in children(prep, "pobj") for one in members(each)]
    at = prep.i + 1
    while at < prep.sent.end and prep.doc[at].pos_ in {"DET", "ADJ", "ADV"}:
        at += 1
    while at + 1 < prep.sent.end and prep.doc[at + 1].pos_ in NOUNS:
        at += 1
    listed = enumerated(prep.doc[at]) if at < prep.sent.end and prep.doc[at].pos_ in NOUNS else []
    return listed if len(listed) > len(found) else found


def _made(passage: Passage, token: Token, verb: Token) -> Iterator[Found]:
    """*Designated a World Heritage Site*; *making it the only ...*."""
    if verb.lemma_ in _MAKES and verb.tag_ != "VBN":
        return
    head = subject_of(verb)
    subject = passage.subject(head) if head is not None else None
    if subject is not None:
        yield Found("designated", subject, "is_a", noun_phrase(token))


def _word_before(passage: Passage, token: Token) -> Iterator[Found]:
    """*the fictional character Phileas Fogg*, *the poet Homer*."""
    if token.dep_ in {"compound", "nmod"} and token.head.pos_ == "PROPN" and token.head.i > token.i:
        return
    phrase = full_phrase(token)
    common = None
    for each in token.doc[phrase.start : token.i]:
        if each.pos_ == "NOUN" and each.tag_ in {"NN", "NNS"} and each.text[0].islower():
            common = each
    if common is None or common.i + 1 >= phrase.end or token.doc[common.i + 1].pos_ != "PROPN":
        return
    if not (determiner(token) == "the" or children(token, "poss") or phrase.start == common.i):
        return
    word = common.lemma_.lower()
    if not is_human_word(word) and word not in {"character", "novel", "film", "language", "god"}:
        return
    if word in LIGHT or is_office(common):
        return
    name = Phrase(token, common.i + 1, phrase.end)
    kind = Phrase(common, phrase.start, common.i + 1)
    yield Found("word_before_name", name, "is_a", kind)
