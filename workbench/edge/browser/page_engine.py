"""A model as a page runs it, in a real browser, asked like any other engine: to be measured."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from workbench.core import settings
from workbench.core.errors import CapabilityError, DeadlineError, EngineError
from workbench.models.protocol import (
    CHAT,
    SCORE,
    STREAM,
    Chunk,
    Engine,
    EngineSettings,
    ModelFiles,
    ModelInfo,
    Sampling,
)
from workbench.models.tokenizer import TextTokenizer

from .chromium import Chromium
from .serving import PageDoor

if TYPE_CHECKING:
    from workbench.models.model import Model

NAME = "onnxruntime-web"
_READY_S, _POLL_S = 180.0, 0.05
_STATE = (
    "window.workbench?.ready ? 'ready' : "
    "(document.querySelector('#fault:not([hidden])')?.innerText ?? '')"
)


class PageEngine(Engine):
    """The decoder of a page's folder, in a browser of its own.

    A page serves one visitor: answers are greedy here, and come whole. Its threads are what the
    page itself takes: half of the cores, where whoever serves it lets it have more than one.

    Args:
        files: ``folder`` is the page's, as ``building.write_page`` makes it.
        settings: None of it has an effect.

    Raises:
        CapabilityError: There is no Chromium.
        EngineError: The page did not start, in its own words.
    """

    name = NAME
    capabilities = frozenset({CHAT, STREAM, SCORE})
    has_own_process: ClassVar[bool] = True

    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None:
        assert files.folder is not None
        said = json.loads((files.folder / "page.json").read_text(encoding="utf-8"))
        self._said: dict[str, Any] = said["answer"]
        self._stack = contextlib.ExitStack()
        with contextlib.ExitStack() as begun:
            door = begun.enter_context(PageDoor(files.folder))
            thread = threading.Thread(target=door.serve_forever, name="edge-measured", daemon=True)
            thread.start()
            begun.callback(door.shutdown)
            self._browser = Chromium()
            begun.callback(self._browser.close)
            self._browser.open(door.address)
            self._browser.keep_priority()
            self._await_ready()
            self._browser.keep_priority()
            self._stack = begun.pop_all()
        self._tokenizer = TextTokenizer(files.folder / "tokenizer")
        self.info = ModelInfo(
            architecture="",
            context_tokens=self._said["contextTokens"],
            vocabulary_size=self._tokenizer.vocabulary_size,
            weights_dtype=self._said["weights"],
        )

    def _await_ready(self) -> None:
        until_s = time.monotonic() + _READY_S
        while (state := self._browser.evaluate(_STATE)) != "ready":
            if state:
                raise EngineError(f"the page did not start: {' '.join(state.split())}")
            if time.monotonic() > until_s:
                raise DeadlineError(f"the page was not ready after {_READY_S:.0f} s")
            time.sleep(_POLL_S)

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """See ``Engine.tokenize``."""
        return self._tokenizer.tokenize(text, special=special)

    def detokenize(self, ids: Sequence[int]) -> str:
        """See ``Engine.detokenize``."""
        return self._tokenizer.detokenize(ids)

    @property
    def special_tokens(self) -> Mapping[str, str]:
        """See ``Engine.special_tokens``."""
        return self._tokenizer.special_tokens

    @property
    def chat_template(self) -> str | None:
        """See ``Engine.chat_template``."""
        return self._tokenizer.chat_template

    @property
    def bos_id(self) -> int | None:
        """See ``Engine.bos_id``."""
        return self._tokenizer.bos_id

    def stream(
        self, prompt_ids: Sequence[int], sampling: Sampling, *, adapter: str | None = None
    ) -> Iterator[Chunk]:
        """See ``Engine.stream``: one chunk, once the page has written it all."""
        yield self.answer(prompt_ids, sampling, adapter=adapter)

    def answer(
        self, prompt_ids: Sequence[int], sampling: Sampling, *, adapter: str | None = None
    ) -> Chunk:
        """See ``Engine.answer``; its time is taken in the page.

        Raises:
            CapabilityError: It is asked for more than the likeliest tokens.
        """
        self.check_adapter(adapter)
        if sampling.temperature > 0 or sampling.repeat_penalty != 1 or sampling.stop:
            raise CapabilityError(
                "a page is measured by its likeliest tokens", hint="temperature=0, without stop"
            )
        if sampling.json_schema is not None or sampling.logprobs is not None:
            raise self.cannot("constrain")
        asked = json.dumps([list(prompt_ids), sampling.max_tokens])
        found = self._browser.evaluate(f"workbench.generate(...{asked})")
        return Chunk(
            self._tokenizer.detokenize(found["ids"]),
            tuple(found["ids"]),
            finish_reason="stop" if found["finish"] == "end" else "length",
            decode_s=(found["allMs"] - found["firstMs"]) / 1000 if found["ids"] else None,
        )

    def score_ids(
        self,
        prompt_ids: Sequence[int],
        continuation_ids: Sequence[int],
        *,
        adapter: str | None = None,
    ) -> list[float]:
        """See ``Engine.score_ids``."""
        self.check_adapter(adapter)
        asked = json.dumps([[*prompt_ids, *continuation_ids], len(prompt_ids)])
        return [float(each) for each in self._browser.evaluate(f"workbench.score(...{asked})")]

    def memory_bytes(self) -> int:
        """What the page's own process holds now: the largest that renders."""
        import psutil

        sizes = [0]
        for each in self._browser.processes():
            with contextlib.suppress(psutil.Error):
                if "--type=renderer" in each.cmdline():
                    sizes.append(int(each.memory_info().rss))
        return max(sizes)

    def close(self) -> None:
        """See ``Engine.close``."""
        self._stack.close()


@contextlib.contextmanager
def made_page(model: str, weights: str) -> Iterator[ModelFiles]:
    """A model's page in a folder that goes afterwards, as ``edge page`` makes it, but greedy.

    Raises:
        CapabilityError: No graph can be made of the model, or its prompts cannot be written.
    """
    import shutil

    from .building import write_page
    from .sources import Material, from_model

    root = settings.home() / "pages"
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".measured-") as name, Material() as material:
        from_model(material, model, None, weights=weights)
        assert material.decoder is not None
        decoder = dataclasses.replace(
            material.decoder, said={**material.decoder.said, "temperature": 0}
        )
        folder = Path(name)
        write_page(folder, name=material.name, decoder=decoder, search=None)
        (folder / "tokenizer").mkdir()  # with its control tokens, which a page's own has not
        for path in decoder.folder.iterdir():
            if path.suffix in (".json", ".jinja"):
                shutil.copyfile(path, folder / "tokenizer" / path.name)
        yield ModelFiles(material.name, folder=folder)


def load_page(files: ModelFiles, model: str) -> Model:
    """A page's model, to be asked as any other; close it."""
    from workbench.models.catalogue import find
    from workbench.models.model import Model

    engine = PageEngine(files, EngineSettings())
    return Model(model, engine, system=find(model).system)
