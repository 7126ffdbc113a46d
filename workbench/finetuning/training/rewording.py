"""A user's own questions in other words, those that an embedder holds to be near.

Sixty rows are soon known by heart, and then a strange wording is given another fact's answer: the
model has seen too few words to know which fact they belong to. An embedder has seen more. Words of
a question that say which answer is meant become others that lie as near to that answer's
questions; what comes is kept if the embedder still finds the same answer. It is no English, and
need not be: what is learnt is which words belong to which answer (the lab log has figures).
"""

from __future__ import annotations

import hashlib
import io
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.cancellation import check_cancelled
from workbench.core.progress import progress
from workbench.core.seeds import derive_seed
from workbench.finetuning.examples import Example

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tokenizer import TextTokenizer

    Describe = Callable[[Sequence[str]], np.ndarray]

EACH = 20  # rewordings of a row, at most
MOST_WORDS = 6_000
_NEAR = 0.22  # cosine of a word and an answer's direction from which they belong together
_MARGIN = 0.07  # by which a rewording is nearer to its own answer than to any other
_NEIGHBOURS = 36
_SPANS = 3  # words of a question that are replaced one at a time
_TRIES = 60  # of a row
_MOST_TRIES = 30_000  # of all rows together: each is embedded
_WORD = re.compile(r"[A-Za-z][a-z]{2,}")


@dataclass(frozen=True)
class Words:
    """Everyday words and their vectors, float32 ``[n, d]``."""

    words: tuple[str, ...]
    vectors: np.ndarray


@dataclass(frozen=True)
class _Meanings:
    """What tells the answers apart: a direction each, and how near words and texts lie to them."""

    middle: np.ndarray
    directions: np.ndarray
    words_middle: np.ndarray

    def of_words(self, vectors: np.ndarray) -> np.ndarray:
        """Cosines, ``[n, answers]``."""
        return _unit(vectors - self.words_middle) @ self.directions.T

    def of_texts(self, vectors: np.ndarray) -> np.ndarray:
        """Cosines, ``[n, answers]``."""
        return _unit(vectors - self.middle) @ self.directions.T


def reword(
    examples: Sequence[Example], *, words: Words, describe: Describe, seed: int = 0
) -> list[tuple[Example, ...]]:
    """Rewordings of each example, with its own answer; none where no word of it can be replaced.

    Args:
        examples: Several of an answer, and several answers; the last question of each is reworded.
        words: What may stand in for a word.
        describe: Texts to vectors of length 1, ``[n, d]``, of the embedder that knows the words.
        seed: Decides which words are tried.
    """
    answers = list(dict.fromkeys(each.answer for each in examples))
    asked = [each.messages[-2][1] for each in examples]
    if len(answers) < 2:
        return [() for _ in examples]
    owners = [answers.index(each.answer) for each in examples]
    meanings = _find_meanings(describe(asked), owners, words)
    near = meanings.of_words(words.vectors)
    belonging = [_belonging(near, answer) for answer in range(len(answers))]
    known = dict(zip(words.words, near, strict=True))
    own = sorted({each.lower() for text in asked for each in _WORD.findall(text)} - set(known))
    known |= dict(zip(own, meanings.of_words(describe(own)), strict=True)) if own else {}
    tries = max(4, min(_TRIES, _MOST_TRIES // len(examples)))
    tried: list[list[str]] = []
    for place, (text, answer) in enumerate(zip(asked, owners, strict=True)):
        check_cancelled()
        chance = random.Random(derive_seed(seed, "rewordings", place))
        others = [words.words[number] for number in belonging[answer]]
        tried.append(_try_words(text, answer, known, others, chance=chance, tries=tries))
    kept = _keep_near(tried, owners, meanings, describe)
    return [_as_examples(each, texts) for each, texts in zip(examples, kept, strict=True)]


def find_words(tokenizer: TextTokenizer, describe: Describe, *, embedder: str) -> Words:
    """The commonest words that both the base and the embedder know whole, with their vectors.

    A base's tokens come in the order of how common they are. The vectors are made once in a home.
    """
    import numpy as np

    from workbench.models import catalogue
    from workbench.models.folder import find_folder
    from workbench.models.loading import model_files
    from workbench.models.tokenizer import TextTokenizer as Tokenizer
    from workbench.store.files import make_folder, write_bytes

    theirs = Tokenizer(find_folder(model_files(catalogue.find(embedder)), dtype="float32").path)
    found = []
    for token in range(tokenizer.vocabulary_size):
        text = tokenizer.detokenize([token])
        if re.fullmatch(r" [a-z]{3,}", text) and len(theirs.tokenize(text[1:])) == 1:
            found.append(text[1:])
        if len(found) == MOST_WORDS:
            break
    told = hashlib.sha256(repr((embedder, theirs.json_text, found)).encode()).hexdigest()
    path = settings.home() / "finetuning" / "words" / f"{told[:16]}.npy"
    if path.is_file():
        return Words(tuple(found), np.load(path, allow_pickle=False))
    vectors = describe(found) if found else np.zeros((0, 1), dtype=np.float32)
    buffer = io.BytesIO()
    np.save(buffer, vectors.astype(np.float32))
    make_folder(path.parent)
    write_bytes(path, buffer.getvalue())
    return Words(tuple(found), vectors)


def reword_all(
    examples: Sequence[Example], tokenizer: TextTokenizer, *, seed: int
) -> list[tuple[Example, ...]]:
    """As ``reword``, with the embedder of the catalogue.

    Raises:
        NotFoundError, FetchError, IntegrityError, StorageError: It cannot be brought.
    """
    from workbench.finetuning.continual.question_vectors import EMBEDDER, QuestionVectors

    vectors = QuestionVectors()
    try:
        with progress("find other words for the rows"):  # some minutes where the machine is busy
            words = find_words(tokenizer, vectors.describe, embedder=EMBEDDER)
            return reword(examples, words=words, describe=vectors.describe, seed=seed)
    finally:
        vectors.close()


def _find_meanings(vectors: np.ndarray, owners: Sequence[int], words: Words) -> _Meanings:
    import numpy as np

    of = np.array(owners)
    means = np.stack([vectors[of == answer].mean(0) for answer in range(of.max() + 1)])
    middle = means.mean(0)
    return _Meanings(middle, _unit(means - middle), words.vectors.mean(0))


def _belonging(near: np.ndarray, answer: int) -> list[int]:
    """The words nearest to an answer, nearer than to any other."""
    import numpy as np

    order = np.argsort(-near[:, answer], kind="stable")[:_NEIGHBOURS]
    return [int(n) for n in order if near[n, answer] > _NEAR and near[n].argmax() == answer]


def _try_words(
    text: str,
    answer: int,
    known: Mapping[str, np.ndarray],
    others: Sequence[str],
    *,
    chance: random.Random,
    tries: int,
) -> list[str]:
    """A question with one telling word replaced, or all; numbers and codes are left as they are."""
    found = [(m.start(), m.end(), m.group().lower()) for m in _WORD.finditer(text)]
    spans = [each for each in found if each[2] in known and known[each[2]][answer] > _NEAR]
    if not spans or not others:
        return []
    telling = sorted(spans, key=lambda each: -known[each[2]][answer])[:_SPANS]
    tried = []
    for number in range(tries):
        chosen = [chance.choice(telling)] if number % 2 else spans
        new = text
        for start, end, _ in sorted(chosen, reverse=True):
            new = new[:start] + chance.choice(others) + new[end:]
        tried.append(new)
    return list(dict.fromkeys(each for each in tried if each != text))


def _keep_near(
    tried: Sequence[Sequence[str]],
    owners: Sequence[int],
    meanings: _Meanings,
    describe: Describe,
) -> list[list[str]]:
    """Of what was tried for each question, that which the embedder still takes for its answer's."""
    import numpy as np

    texts = [each for row in tried for each in row]
    if not texts:
        return [[] for _ in tried]
    near, kept, at = meanings.of_texts(describe(texts)), list[list[str]](), 0
    for row, answer in zip(tried, owners, strict=True):
        own = near[at : at + len(row)]
        rivals = np.delete(own, answer, axis=1).max(axis=1) if row else np.zeros(0)
        is_near = own[:, answer] - rivals > _MARGIN
        kept.append([text for text, yes in zip(row, is_near, strict=True) if yes][:EACH])
        at += len(row)
    return kept


def _as_examples(example: Example, texts: Sequence[str]) -> tuple[Example, ...]:
    role, _ = example.messages[-2]
    return tuple(
        replace(example, messages=(*example.messages[:-2], (role, text), example.messages[-1]))
        for text in texts
    )


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1; one of length 0 stays."""
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    divided: np.ndarray = vectors / np.where(lengths > 0, lengths, 1)
    return divided
