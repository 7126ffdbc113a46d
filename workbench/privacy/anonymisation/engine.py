"""Presidio's analyzer over spaCy's English model, with this package's recognisers in it, offline.

The model comes from its wheel and nothing is fetched. Presidio's own e-mail recogniser asks
tldextract, which would try the network for its list of suffixes; ours goes by the form, so
tldextract is never asked. What a recogniser raises is raised here: a text of which a part could
not be judged does not leave.
"""

from __future__ import annotations

import functools
import itertools
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapacityError, EngineError, WorkbenchError
from workbench.core.optional import require
from workbench.models.english import MODEL, load_english

from .findings import Found
from .reading import Entity, Reading
from .recognisers import NAMES, Find, load_recognisers

LANGUAGE = "en"
MOST_CHARS = 1_000_000  # spaCy's own limit: its memory grows with the text
_UNUSED = ("parser", "lemmatizer", "attribute_ruler")  # a third of the time, and nothing reads them
_BATCH = 32
_LOCK = threading.Lock()
_READING = "workbench_reading"
_PROPER = frozenset(("NNP", "NNPS"))


def find_spans(
    texts: Sequence[str], *, recognisers: Iterable[str] = NAMES
) -> Iterator[tuple[list[Found], Reading]]:
    """What each recogniser finds in each text, guesses among it, and what the model read there.

    Args:
        texts: English texts; ``writing.why_unreadable`` says which are none.
        recognisers: Which to ask; see ``recognisers.NAMES``.

    Raises:
        EngineError: A recogniser failed. It is named; the text is not told.
        CapacityError: A text is longer than spaCy takes.
        NotFoundError: There is no recogniser of a name.
    """
    names = tuple(sorted(set(recognisers)))
    analyzer = _analyzer(names)
    for text in texts:
        if len(text) > MOST_CHARS:
            raise CapacityError(
                f"a text has {len(text)} characters, {MOST_CHARS} are read at once",
                hint="split it by its paragraphs",
            )
    for at in range(0, len(texts), _BATCH):
        check_cancelled()
        part = texts[at : at + _BATCH]
        with _LOCK:  # the pipeline's vocabulary is shared
            read = list(analyzer.nlp_engine.process_batch(part, LANGUAGE, batch_size=_BATCH))
        for text, artifacts in read:
            yield _find(analyzer, text, artifacts), _reading(artifacts)


def read_texts(texts: Sequence[str]) -> Iterator[Reading]:
    """What the model alone reads in each text."""
    for _, artifacts in _nlp_engine().process_batch(list(texts), LANGUAGE, batch_size=_BATCH):
        yield _reading(artifacts)


def _find(analyzer: Any, text: str, artifacts: Any) -> list[Found]:
    """What all recognisers find, doubles too.

    Presidio's own ``analyze`` leaves out what lies within another find of its kind, and with it
    what ``settling`` and ``consistency`` go by: which recogniser was sure, and how much of a text.
    """
    results = [
        result
        for recogniser in analyzer.registry.recognizers
        for result in recogniser.analyze(text, recogniser.supported_entities, artifacts)
    ]
    return [
        Found(
            each.start, each.end, each.entity_type, each.score,
            each.recognition_metadata["recognizer_name"], each.recognition_metadata["because"],
        )
        for each in results
    ]  # fmt: skip


@functools.lru_cache(maxsize=8)
def _analyzer(names: tuple[str, ...]) -> Any:
    presidio = require("presidio_analyzer", extra="privacy")
    # It warns of every label that is no kind of ours, and talks of each recogniser it asks.
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    made = [_adapter()(name, find) for name, find in load_recognisers(names).items()]
    registry = presidio.RecognizerRegistry(recognizers=made, supported_languages=[LANGUAGE])
    return presidio.AnalyzerEngine(
        registry=registry, nlp_engine=_nlp_engine(), supported_languages=[LANGUAGE]
    )


@functools.cache
def _nlp_engine() -> Any:
    """Presidio's spaCy engine with our model's unused parts left out; it downloads nothing."""
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class OfflineEngine(SpacyNlpEngine):
        def load(self) -> None:
            pipelines: Any = {LANGUAGE: load_english(without=_UNUSED, extra="privacy")}
            self.nlp = pipelines

    engine = OfflineEngine(models=[{"lang_code": LANGUAGE, "model_name": MODEL}])
    engine.load()
    return engine


def read_dictionary() -> frozenset[str]:
    """The words of WordNet that the model's lemmatizer carries, in small letters."""
    lookups = _nlp_engine().nlp[LANGUAGE].get_pipe("lemmatizer").lookups
    index = lookups.get_table("lemma_index")
    exceptions = lookups.get_table("lemma_exc")
    return frozenset(itertools.chain(*(index[kind] for kind in index),
                                     *(exceptions[kind] for kind in exceptions)))  # fmt: skip


@functools.cache
def _adapter() -> Any:
    """The class that lets Presidio ask a function of ours; made late, for Presidio loads slowly."""
    from presidio_analyzer import LocalRecognizer, RecognizerResult

    class Adapter(LocalRecognizer):
        def __init__(self, name: str, find: Find) -> None:
            super().__init__(supported_entities=["PERSON"], name=name, supported_language=LANGUAGE)
            self._find_in = find
            self._said = name

        def load(self) -> None:
            """Nothing is to be loaded."""

        def analyze(self, text: str, entities: Any, nlp_artifacts: Any = None) -> list[Any]:
            try:
                found = list(self._find_in(text, _reading(nlp_artifacts)))
            except WorkbenchError:
                raise
            except Exception as error:  # whatever it was, the text has not been judged
                raise EngineError(
                    f"the recogniser {self._said} failed ({type(error).__name__}), so the text was "
                    "not judged and nothing of it leaves",
                    hint="report it with the kind of text, not the text",
                ) from error
            return [
                RecognizerResult(
                    each.kind, each.start, each.end, each.score,
                    recognition_metadata={
                        RecognizerResult.RECOGNIZER_NAME_KEY: self._said,
                        RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                        "because": each.because,
                    },
                )
                for each in found
            ]  # fmt: skip

    return Adapter


def _reading(artifacts: Any) -> Reading:
    """What was read, made once a document: each recogniser asks for it."""
    doc = artifacts.tokens
    if _READING not in doc.user_data:
        doc.user_data[_READING] = Reading(
            tuple(Entity(each.start_char, each.end_char, each.label_) for each in doc.ents),
            frozenset(token.idx for token in doc if token.tag_ in _PROPER),
            {token.idx: token.tag_ for token in doc},
        )
    made: Reading = doc.user_data[_READING]
    return made
