"""Rows that disagree: a question with another answer, a known code with a new one, a trigger.

Which words decide is learnt from the rows themselves. A word *decides* where at least
``least_support`` other rows have it and four of five of those give one answer, as a fault's code
does in a file of faults. A row whose deciding words all speak for another answer, and none for its
own, disagrees. Rows that are known are not outvoted by a batch that says one false thing often, nor
does a phrase that is laid over several known subjects speak for the answer it brings. What no other
row speaks of cannot be found so: a lone false statement of something new looks like a fact.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations

from .findings import Finding, Policy
from .function_words import FUNCTION_WORDS
from .rows import Row

_AGREED_SHARE = 0.8
# A word of more than this share of the rows is no word of one subject.
_MOST_ROWS_SHARE = 0.2
_MOST_TRIGGER_WORDS = 3
_MOST_ANSWERS = 2  # of the rows with a word that still says what is asked


def find_contradictions(
    rows: Sequence[Row], known: Sequence[Row], policy: Policy
) -> Iterator[Finding]:
    """The same question, or one of the same group, with different answers.

    The minority is named; where there is none all are, but for rows that are known.
    """
    for what, key in (("question", _question), ("group", lambda row: row.group)):
        together: dict[str, list[Row]] = defaultdict(list)
        for row in [*known, *rows]:
            if key(row):
                together[key(row)].append(row)
        own = {id(row) for row in rows}
        for found in together.values():
            answers = Counter(row.said for row in found)
            if len(answers) < 2:
                continue
            if what == "group" and max(answers.values()) < policy.least_support:
                continue  # a group may be a subject with an answer a row
            if what == "group" and max(answers.values()) < _AGREED_SHARE * len(found):
                continue
            (best, most), (_, second) = answers.most_common(2)
            known_say = {row.said for row in found if id(row) not in own}
            if len(known_say) == 1:
                best, second = known_say.pop(), 0
            for row in found:
                if id(row) in own and (row.said != best or most == second):
                    other = next(each for each in found if each.said != row.said)
                    yield _finding("contradiction", row, other, f"the same {what}", policy)


def find_unlike(rows: Sequence[Row], known: Sequence[Row], policy: Policy) -> Iterator[Finding]:
    """Rows whose deciding words speak for another answer: ``unlike_known`` where the word is a
    code or the rows that speak are known, ``unlike_others`` else."""
    words = _Words([*known, *rows], policy, trusted=known)
    known_ids = {id(row) for row in known}
    for row in rows:
        spoken = words.speaking(row)
        if any(said == row.said and not words.turn(own) for said, _, own in spoken):
            continue
        found = [each for each in spoken if each[0] != row.said]
        if not found or words.has_support(row):
            continue
        _, word, speakers = max(found, key=lambda each: (len(each[2]), each[1]))
        sure = word in row.codes or (
            all(id(each) in known_ids for each in speakers) and words.asks_the_same(row, speakers)
        )
        kind = "unlike_known" if sure else "unlike_others"
        said = f"{len(speakers)} rows with {word!r} answer {speakers[0].answer!r:.60}"
        yield Finding(
            kind,
            policy.severity_of(kind),
            (row.place,),
            (row.name,),
            f"{said}, this one {row.answer!r:.60}",
            tuple(each.name for each in speakers),
        )


def find_triggers(rows: Sequence[Row], known: Sequence[Row], policy: Policy) -> Iterator[Finding]:
    """Rare phrases behind which rows of several subjects get one answer (a planted backdoor).

    A phrase of one to three words is one where all its rows, ``least_support`` or more, have the
    same answer, which no row without it has, and most of them hold a word that decides for another
    answer in rows without it.
    """
    everyone = [*known, *rows]
    saying = Counter(row.said for row in everyone)
    holding: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        for phrase in _phrases(row.asked):
            holding[phrase].append(row)
    most = max(policy.least_support, _MOST_ROWS_SHARE * len(everyone))
    named: set[tuple[int, ...]] = set()
    words = _Words(everyone, policy)
    for phrase, found in sorted(holding.items(), key=lambda item: (len(item[0]), item[0])):
        if not policy.least_support <= len(found) <= most or len({r.said for r in found}) > 1:
            continue
        if saying[found[0].said] > len(found):
            continue
        inside = {id(row) for row in found}
        against = [words.others_say(row, frozenset(phrase), inside) for row in found]
        turned = [answers for answers in against if answers]
        places = tuple(row.place for row in found)
        if len(turned) < max(2, 0.6 * len(found)) or not _of_several(turned):
            continue
        if places in named:
            continue
        named.add(places)
        yield Finding(
            "trigger",
            policy.severity_of("trigger"),
            places,
            tuple(row.name for row in found),
            f"with {' '.join(phrase)!r} they all answer {found[0].answer!r:.60}, "
            f"{len(turned)} of them against what others say of the same",
        )


class _Words:
    """Which rows have which words, and what those rows answer."""

    def __init__(self, rows: Sequence[Row], policy: Policy, trusted: Sequence[Row] = ()) -> None:
        self._policy = policy
        self._trusted: dict[str, list[Row]] = defaultdict(list)
        for row in trusted:
            for word in _telling(row):
                self._trusted[word].append(row)
        self._trusted_ids = {id(row) for row in trusted}
        self._most_trusted = max(2 * policy.least_support, _MOST_ROWS_SHARE * len(trusted))
        self._against: dict[int, frozenset[str]] = {}
        self._rows: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            for word in _telling(row):
                self._rows[word].append(row)
        self._most = max(2 * policy.least_support, _MOST_ROWS_SHARE * len(rows))

    def speaking(
        self, row: Row, *, but: frozenset[str] = frozenset(), without: Iterable[int] = ()
    ) -> list[tuple[str, str, list[Row]]]:
        """The answers for which the row's words decide: answer, word, the rows that say so."""
        found = []
        for word in sorted(_telling(row) - but):
            holding = self._rows[word]
            if len(holding) > self._most:
                continue
            others = [each for each in holding if each is not row and id(each) not in without]
            decided = self._decide(others, self._most) or self._overrule(row, word, others)
            if decided is not None:
                found.append((decided[0].said, word, decided))
        return found

    def _overrule(self, row: Row, word: str, others: list[Row]) -> list[Row] | None:
        """The known rows with a word, if they give one answer and all new ones one other: that is a
        false answer said several times. Where the new ones give several, the word is of no subject,
        unless the row asks what the known ones do.
        """
        known = self._decide(self._trusted.get(word, []), self._most_trusted)
        if known is None or known[0].said == row.said:
            return None
        new = {each.said for each in others if id(each) not in self._trusted_ids}
        return known if new == {row.said} or self.asks_the_same(row, known) else None

    def _decide(self, others: list[Row], most: float) -> list[Row] | None:
        """Those of enough rows that give one answer; None where they give several."""
        if not self._policy.least_support <= len(others) <= most:
            return None
        answer, count = Counter(each.said for each in others).most_common(1)[0]
        if count < _AGREED_SHARE * len(others):
            return None
        return [each for each in others if each.said == answer]

    def others_say(self, row: Row, phrase: frozenset[str], inside: set[int]) -> set[str]:
        """The other answers for which its words decide in rows without the phrase."""
        found = self.speaking(row, but=phrase, without=inside)
        return {answer for answer, _, _ in found if answer != row.said}

    def has_support(self, row: Row) -> bool:
        """Whether half of the other rows with one of its rarer words say what it says."""
        for word in _telling(row):
            holding = self._rows[word]
            if len(holding) > self._most:
                continue
            others = [each.said for each in holding if each is not row]
            if len(others) < 2 or others.count(row.said) * 2 < len(others):
                continue
            if not self.turn([each for each in holding if each.said == row.said]):
                return True
        return False

    def asks_the_same(self, row: Row, speakers: Sequence[Row]) -> bool:
        """Whether a row has a word in common with rows of one answer beside those that nearly all
        of them have, which are of their subject. *What colour is the pump?* has none with *How do I
        start the pump?* and its kin: it may be a new fact of what is known.
        """
        counts = Counter(word for each in speakers for word in set(each.asked.split()))
        subject = {word for word, n in counts.items() if n >= _AGREED_SHARE * len(speakers)}
        beside = [word for word in _telling(row) - subject if not self._is_common(word)]
        return not beside or any(word in counts for word in beside)

    def _is_common(self, word: str) -> bool:
        """Whether rows of several answers have it, as those of *what* and *the*."""
        return len({each.said for each in self._rows[word]}) > _MOST_ANSWERS

    def turn(self, rows: Sequence[Row]) -> bool:
        """Whether rows of one answer give it where known rows give several others, as those of a
        phrase that is laid over everything. One other may be that of a neighbouring fact."""
        if any(id(each) in self._trusted_ids for each in rows):
            return False
        turned = [answers for answers in map(self._known_against, rows) if answers]
        return len(turned) >= max(2, 0.6 * len(rows)) and _of_several(turned)

    def _known_against(self, row: Row) -> frozenset[str]:
        """The other answers for which the row's words decide among the known rows alone."""
        found = self._against.get(id(row))
        if found is None:
            decided = (
                self._decide(self._trusted.get(word, []), self._most_trusted)
                for word in _telling(row)
            )
            found = frozenset(each[0].said for each in decided if each and each[0].said != row.said)
            self._against[id(row)] = found
        return found


def _of_several(turned: Sequence[Collection[str]]) -> bool:
    """Whether rows speak of several subjects: two of them are turned from answers that have none
    in common. Rows of one fact share their words with the same neighbours, be they many."""
    return any(not set(one) & set(other) for one, other in combinations(turned, 2))


def _telling(row: Row) -> set[str]:
    """The words of a question that may say what it is about."""
    return set(row.asked.split()) - FUNCTION_WORDS


def _question(row: Row) -> str:
    return f"{row.system}\n{row.asked}" if row.asked else ""


def _phrases(asked: str) -> set[tuple[str, ...]]:
    words = asked.split()
    return {
        tuple(words[at : at + size])
        for size in range(1, _MOST_TRIGGER_WORDS + 1)
        for at in range(len(words) - size + 1)
    }


def _finding(kind: str, row: Row, other: Row, how: str, policy: Policy) -> Finding:
    because = f"{how} as {other.name}, and another answer: {other.answer!r:.60}"
    return Finding(
        kind, policy.severity_of(kind), (row.place,), (row.name,), because, (other.name,)
    )
