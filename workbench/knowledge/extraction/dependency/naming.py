"""also_known_as and named_after: other names, in words and in parentheses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..schwartz_hearst import find_short_forms
from .parts import is_taxon_name
from .reading import Found, Passage
from .tree import (
    NOUNS,
    Phrase,
    Token,
    children,
    has_article,
    is_proper,
    noun_phrase,
    objects,
    subject_of,
)

_CAPITAL = r"(?=[ ][\"“]?(?-i:[A-ZÀ-ÝĀĒĪŌŪ]))"
_BORN = r"born(?![ ](?:in|on|to|near|at|and)\b)" + _CAPITAL
_CUE = re.compile(
    r"(?:(?:also|better|commonly|formerly|formally|often|sometimes|popularly|widely|previously|"
    r"usually|historically|simply|originally|alternatively|professionally|generally|colloquially|"
    r"variously|best|usually|informally|officially|frequently|traditionally|otherwise)[ ]+)*"
    r"(?:(?:known|referred[ ]to|abbreviated|designated)"
    r"(?:[ ]+(?:\w+ly|simply|by[ ][\w' ]{0,25}|to)){0,2}[ ]+as"
    r"|known[ ]by[ ][\w' ]{0,28}?(?:name|initials|nickname|abbreviation|acronym|term)s?"
    r"|pen[ ]name[ ]of|(?:Latini[sz]ed|posthumously[ ](?:called|named))(?:[ ]as)?"
    r"|(?<=[,(][ ])(?:personal|birth|real|full|given|regnal|temple|stage)[ ]name(?:[ ]was)?"
    rf"{_CAPITAL}|(?<=[,(][ ]){_BORN}|(?<=\(){_BORN}"
    r"|(?:by|under)[ ](?:its|his|her|their|the)[ ](?:\w+[ ]){0,2}"
    rf"(?:name|epithet|nickname|pseudonym|stage[ ]name)s?(?:[ ]of)?{_CAPITAL}"
    rf"|given[ ]the[ ](?:\w+[ ]){{0,2}}(?:name|nickname|title){_CAPITAL}"
    r"|(?:called|spelled|nicknamed|romanized[ ]as|written[ ]as|termed|dubbed|styled|titled))"
    r"|(?<=[(,;][ ])(?:officially|formally|in[ ]full|or[ ]simply|or|aka"
    r"|also(?![ ](?:\w+ly[ ])?(?:known|referred|called|spelled|written|sometimes|often)\b))"
    r"|(?<=\()(?:or|also|officially|aka)",
    re.IGNORECASE,
)  # fmt: skip
_NEED_CUE = re.compile(r"\b(?:called|designated|titled|styled|termed|dubbed|spelled|written as)$")
_STOP = re.compile(
    r"\s(?:is|are|was|were|has|had|who|which|that|in|by|for|because|after|from|during|between|since|"
    r"due|when|at|on|to|although|though|around|until|states|among|lies|while|where|with|born)\b|[.;:()]|\s[–—]\s?|—|,\s(?=the\s\w+\s(?:is|was)\b)"
)
_PARTS = re.compile(
    r",?\s+(?:and officially|or simply|or|and)\s+(?:the\s+)?(?=[A-Z“\"'a-z])|,\s*(?:or\s+)?"
)
_LEADING = re.compile(
    r"(?:(?:the|a|an|simply|just|either|as|also|known|officially|sometimes|more|specifically|often)\s+|[\"“”‘'])+",
    re.IGNORECASE,
)


_WITHOUT_SCRIPT = re.compile(r"\s?\([^()A-Za-z]{1,40}\)(?=[,;.]|\sand)")
"""Brackets with a name in another script, which part a list of names."""


def find_other_names(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Each ``also_known_as`` of a sentence."""
    text = _WITHOUT_SCRIPT.sub(lambda found: " " * len(found[0]), sentence.text)
    base = sentence.start_char
    told = 0
    for cue in _CUE.finditer(text):
        if cue.start() < told:
            continue
        if cue[0].lower() == "or" and not _is_definition(passage, sentence, base + cue.start()):
            continue
        bearer = _bearer(passage, sentence, base + cue.start(), text[: cue.start()], cue[0])
        if bearer is None:
            continue
        rest = text[cue.end() :]
        stop = _STOP.search(rest)
        listed = (rest[: stop.start()] if stop else rest).rstrip(" ,")
        told = cue.end() + len(listed)
        for start, end in _names(listed):
            if _SAYS_WHAT.match(listed[start:end]) or _SAYS_WHAT.match(
                listed[max(0, start - 4) : end]
            ):
                break
            span = passage.doc.char_span(
                base + cue.end() + start, base + cue.end() + end, alignment_mode="expand"
            )
            if span is None or len(span) > 9 or span.root.pos_ in {"ADV", "PUNCT", "PRON", "AUX"}:
                break
            other = Phrase(span.root, span.start, span.end)
            if other.end > bearer.start and other.start < bearer.end:
                break
            if _is_kind(passage, bearer, base + cue.start(), other):
                yield Found("kind_known_as", other, "is_a", bearer)
            else:
                yield Found("other_name_cue", bearer, "also_known_as", other)
    for token in sentence:
        if token.pos_ in {"VERB", "AUX"}:
            yield from _as_name(passage, token)
    yield from _alternatives(passage, sentence)
    yield from _same_kind(passage, sentence)
    yield from _called_by(passage, sentence)
    yield from _in_parentheses(passage, sentence)
    yield from _between_dashes(passage, sentence)


def _is_kind(passage: Passage, bearer: Phrase, cue: int, other: Phrase) -> bool:
    """Whether *a group of villages called X* says what X is, and not what the group is called."""
    common = bearer.head.pos_ == "NOUN" and not bearer.is_topic
    between = passage.doc.text[bearer.span[1] : cue]
    right_before = not between.strip() or between.strip().startswith(("of ", "in "))
    alike = (other.head.tag_ == "NNS") == (bearer.head.tag_ == "NNS")
    if not common or passage.names_topic(bearer.head) or "," in between or not right_before:
        return False
    return (is_proper(other.head) and has_article(bearer.head)) or not alike


_SAYS_WHAT = re.compile(
    r"(?:one of|an? (?:de facto|\w+ed|great|major)"
    r"|the (?:most|highest|largest|greatest|best|oldest|first|father|mother|founder))\b",
    re.IGNORECASE,
)
"""What is no name but a judgement: *known as one of the greatest*."""


def _is_definition(passage: Passage, sentence: Any, at: int) -> bool:
    """Whether a place is in the head of the sentence that defines the topic, or in brackets."""
    topic = passage.topic
    if passage.doc.text[at - 1] == "(":
        return True
    if topic is None or not sentence.start <= topic.phrase.start < sentence.end:
        return False
    verb = topic.phrase.head.head
    return bool(topic.phrase.span[1] <= at < verb.idx)


_UNDER_A_NAME = frozenset(
    {"rule", "reign", "publish", "write", "perform", "patent", "release", "record", "baptize",
     "christen", "register", "incorporate", "compete", "broadcast", "open"}
)  # fmt: skip
_OFFICES = frozenset({"king", "queen", "president", "emperor", "minister", "director"})


def _as_name(passage: Passage, verb: Token) -> Iterator[Found]:
    """*ruled as Boleslaus IV*, *patented as the Baß-Tuba*."""
    if verb.lemma_ not in _UNDER_A_NAME:
        return
    head = subject_of(verb)
    subject = passage.subject(head) if head is not None else None
    for each in objects(verb, "as"):
        other = subject is not None and subject.head.i != each.i and is_proper(each)
        if other and subject is not None and each.lower_ not in _OFFICES:
            yield Found("as_name", subject, "also_known_as", noun_phrase(each))


def _alternatives(passage: Passage, sentence: Any) -> Iterator[Found]:
    """*A military reserve, active reserve, or simply reserve, is ...*; *X or Y is ...*."""
    topic = passage.topic
    if topic is None or not sentence.start <= topic.phrase.start < sentence.end:
        return
    for index in topic.alternatives:
        yield Found("or_name", topic.phrase, "also_known_as", noun_phrase(passage.doc[index]))


def _names(listed: str) -> Iterator[tuple[int, int]]:
    """The names of a list; it ends with the first part that cannot be one."""
    at = 0
    first = True
    for part in [*_PARTS.finditer(listed), None]:
        end = part.start() if part else len(listed)
        words = listed[at:end]
        lead = _LEADING.match(words.lstrip())
        start = at + len(words) - len(words.lstrip()) + (lead.end() if lead else 0)
        name = listed[start:end].rstrip(" \"”'’,")
        if (
            not first
            and name
            and name[0].islower()
            and listed[:at].rstrip().endswith((", and", ", and the"))
        ):
            return
        if name and (first or name[0].isupper() or len(name.split()) <= 3):
            yield start, start + len(name)
        elif name:
            return
        first = False if name else first
        if part is None:
            return
        bare = "," in part[0] and "or" not in part[0] and "and" not in part[0]
        if bare and not re.search(r"\s(?:or|and)\s", listed[part.end() :]):
            return
        at = part.end()


def _bearer(passage: Passage, sentence: Any, at: int, before: str, cue: str) -> Phrase | None:
    """Whose other name it is."""
    word = passage.doc.char_span(at, at + len(cue), alignment_mode="expand")
    if word is None:
        return None
    verb = next((each for each in word if each.tag_ in {"VBN", "VBD"}), None)
    strict = bool(_NEED_CUE.search(cue)) and not cue.lower().startswith(
        ("also", "often", "some", "comm")
    )
    if before.strip() in {"", "Also"} and verb is not None:
        found = subject_of(verb)
        return passage.subject(found) if found is not None else None
    nearest = _noun_before(passage, sentence, word.start)
    own = verb is not None and any(
        each.tag_ not in {"WDT", "WP"} for each in children(verb, "nsubj", "nsubjpass")
    )
    if verb is not None and (own or verb.dep_ not in {"acl", "relcl", "advcl"}):
        found = subject_of(verb)
        if found is not None:
            return None if strict and verb.tag_ == "VBD" else passage.phrase(found)
    if nearest is None:
        return None
    return passage.phrase(nearest)


def _noun_before(passage: Passage, sentence: Any, index: int) -> Token | None:
    """The noun that a cue follows: past a comma, a bracket and another other name."""
    at = index - 1
    while at >= sentence.start and passage.doc[at].text in {",", "(", "–", "—", "-", ";"}:
        at -= 1
    while at >= sentence.start and passage.doc[at].pos_ in {"AUX", "ADV", "PART", "CCONJ"}:
        at -= 1
    if at < sentence.start:
        return None
    token = passage.doc[at]
    topic = passage.topic
    if topic is not None and sentence.start <= topic.phrase.start:
        end = topic.phrase.end
        if end <= index < end + 12:
            return topic.phrase.head
    while token.pos_ in NOUNS and token.dep_ in {"compound", "nmod"} and token.head.i < index:
        token = token.head
    if token.dep_ == "pobj" and token.head.lower_ == "of" and token.head.head.pos_ == "PROPN":
        token = token.head.head
    if is_taxon_name(token):
        while token.dep_ in {"pobj", "prep", "conj"} and token.head.i < token.i:
            token = token.head
        above = subject_of(token.head) if token.dep_ == "attr" else None
        token = above if above is not None else token
    return token if token.pos_ in NOUNS else None


def _same_kind(passage: Passage, sentence: Any) -> Iterator[Found]:
    """*the crab louse or pubic louse*: two names of one thing end with the same word."""
    for token in sentence:
        if token.lower_ != "or" or not sentence.start < token.i < sentence.end - 2:
            continue
        left = token.doc[token.i - 1]
        right = token.i + 1
        while right + 1 < sentence.end and token.doc[right].pos_ in {"ADJ", "NOUN", "DET", "PROPN"}:
            if token.doc[right].lower_ == left.lower_ or token.doc[right + 1].pos_ not in NOUNS:
                break
            right += 1
        other = token.doc[right]
        longer = other.i + 1 < sentence.end and other.nbor().lower_ == "of"
        same = (
            not longer
            and left.pos_ in NOUNS
            and other.lower_ == left.lower_
            and other.i > token.i + 1
        )
        if same and noun_phrase(left).start < left.i:
            start = token.i + 1 + (token.doc[token.i + 1].pos_ == "DET")
            yield Found(
                "same_kind", noun_phrase(left), "also_known_as", Phrase(other, start, right + 1)
            )


def _called_by(passage: Passage, sentence: Any) -> Iterator[Found]:
    """*Walter Scott called him "Glorious John"*."""
    for verb in sentence:
        if verb.lemma_ not in {"call", "nickname", "dub"} or verb.tag_ not in {"VBD", "VBZ", "VBP"}:
            continue
        told = next(
            (x for x in verb.children if x.lower_ in {"him", "her", "it"} and x.i > verb.i), None
        )
        if told is None or told.i + 2 >= sentence.end or told.nbor().text not in {'"', "“"}:
            continue
        end = told.i + 2
        while end < sentence.end and verb.doc[end].text not in {'"', "”"}:
            end += 1
        whom = passage.phrase(told)
        if whom is not None and told.i + 2 < end <= told.i + 8:
            name = Phrase(verb.doc[end - 1], told.i + 2, end)
            yield Found("called_by", whom, "also_known_as", name)


def _in_parentheses(passage: Passage, sentence: Any) -> Iterator[Found]:
    """*Hindustani (Hindi-Urdu)*, *the National Basketball Association (NBA)*."""
    base = sentence.start_char
    short_forms = set()
    for short, long in find_short_forms(sentence.text):
        two = [
            passage.doc.char_span(base + start, base + end, alignment_mode="expand")
            for start, end in (long, short)
        ]
        if all(each is not None and len(each) for each in two):
            short_forms.add(two[1].start)
            full, brief = (Phrase(each.root, each.start, each.end) for each in two)
            yield Found("short_form", full, "also_known_as", brief)
    for found in re.finditer(r"\(([^(),;:\d+=]{2,40})\)", sentence.text):
        inner = passage.doc.char_span(base + found.start(1), base + found.end(1))
        if inner is None or inner.start < sentence.start + 2 or not found[1][0].isupper():
            continue
        owner = _noun_before(passage, sentence, inner.start)
        if owner is None or inner.root.pos_ not in NOUNS or owner.i >= inner.start:
            continue
        if inner.start in short_forms or _CUE.match(found[1]) or found[1].isupper():
            continue
        if is_proper(owner) and is_proper(inner.root) and found[1] not in {"U.S.", "U.K."}:
            other = Phrase(inner.root, inner.start, inner.end)
            yield Found("name_in_parentheses", noun_phrase(owner), "also_known_as", other)


def _between_dashes(passage: Passage, sentence: Any) -> Iterator[Found]:
    """*an additional day—a leap day—or*."""
    for found in re.finditer(r"(?:—|\s–\s)((?:an?|or)\s[^—–.,;]{2,30}?)(?:—|\s–\s)", sentence.text):
        start = sentence.start_char + found.start(1) + found[1].index(" ") + 1
        inner = passage.doc.char_span(start, sentence.start_char + found.end(1))
        if inner is None or inner.root.pos_ not in NOUNS or len(inner) > 4:
            continue
        owner = passage.doc[inner.start - 3] if inner.start - 3 >= sentence.start else None
        if owner is not None and owner.pos_ in NOUNS:
            yield Found("between_dashes", noun_phrase(owner), "also_known_as",
                        Phrase(inner.root, inner.start, inner.end))  # fmt: skip


def find_namesakes(passage: Passage, sentence: Any) -> Iterator[Found]:
    """Each ``named_after`` of a sentence."""
    for verb in sentence:
        if verb.lemma_ not in {"name", "derive", "take", "call"} or verb.pos_ != "VERB":
            continue
        head = subject_of(verb)
        if head is None:
            continue
        if verb.lemma_ not in {"name", "call"}:
            name = next((each for each in children(verb, "dobj") if each.lemma_ == "name"), None)
            own = name is not None and children(name, "poss")
            name_itself = head.lemma_ == "name" and verb.lemma_ == "derive"
            if not own and not name_itself:
                continue
            if name_itself:
                head = next(iter(children(head, "poss")), next(objects(head, "of"), head))
            preps: tuple[str, ...] = ("from",)
        else:
            preps = ("after", "for") if verb.lemma_ == "name" else ("after",)
        subject = passage.subject(head)
        if subject is None and verb.lemma_ == "name" and verb.dep_ == "acl" and head.pos_ == "NOUN":
            subject = noun_phrase(head)
        for each in objects(verb, *preps):
            if subject is not None:
                after = passage.phrase(each) or noun_phrase(each)
                yield Found("named_after", subject, "named_after", after)
