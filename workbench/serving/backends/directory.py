"""Which backends answer for a model's name."""

from __future__ import annotations

import dataclasses
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from workbench.core import settings
from workbench.core.errors import ConfigError, InputError, NotFoundError
from workbench.models.protocol import Sampling, default_context_tokens
from workbench.models.virtual import find_virtual, is_virtual, virtual_names
from workbench.serving.backends.balance import Balance, Member
from workbench.serving.backends.breaker import Breaker
from workbench.serving.backends.upstream import UpstreamBackend
from workbench.serving.call import Backend
from workbench.serving.settings import FREE, Price

log = logging.getLogger(__name__)

LOCAL = "local"


@dataclass(frozen=True)
class LocalModel:
    """A model of this machine, as far as the gateway needs to know it."""

    name: str
    kind: str
    max_tokens: int
    system_chars: int = 0
    context_tokens: int | None = None
    parameters: int | None = None
    tokens_per_s: float | None = None
    is_fetched: bool = True
    made_s: float | None = None


class Directory:
    """All names that can be asked for.

    A name stands for every backend that has it: the model here and each upstream that lists it.
    ``local/NAME`` and ``UPSTREAM/NAME`` mean that one alone. ``ensemble/NAME`` is made of several
    models: ``virtual`` answers for it, once it is set.

    Args:
        local: Answers for the models here.
        upstreams: The others.
        prices: Of the models here; those of upstreams stand in their settings.
        look: Gives the models that are here.
        has_adapter: Whether ``base:adapter@version`` stands for an adapter that is here.
    """

    def __init__(
        self,
        local: Backend,
        upstreams: Iterable[UpstreamBackend] = (),
        *,
        prices: Mapping[str, Price] | None = None,
        look: Callable[[], dict[str, LocalModel]] | None = None,
        has_adapter: Callable[[str], bool] | None = None,
    ) -> None:
        self._local = local
        self.virtual: Backend | None = None
        self.upstreams = {each.name: each for each in upstreams}
        self._prices = prices or {}
        self._look = look or present_models
        self._has_adapter = has_adapter or is_adapter
        self._here: dict[str, LocalModel] = {}
        self._looked_s = float("-inf")
        self._known: dict[str, Balance] = {}
        self._bounds: dict[tuple[str, ...], tuple[float, Price]] = {}
        self._members: dict[tuple[str, str], Member] = {}

    def refresh(self) -> dict[str, LocalModel]:
        """Look which models are here; reads the store, so not for the event loop when slow."""
        here = self._look()
        if here != self._here:
            self._here, self._known, self._bounds = here, {}, {}
        self._looked_s = time.monotonic()
        return here

    def seconds_since_look(self) -> float:
        """How old is what is known of this machine's models."""
        return time.monotonic() - self._looked_s

    def names(self) -> list[str]:
        """Every plain name, sorted."""
        of_upstreams = (name for each in self.upstreams.values() for name in each.settings.models)
        made = virtual_names() if self.virtual is not None else ()
        return sorted({*self._here, *of_upstreams, *made})

    def local_model(self, name: str) -> LocalModel | None:
        """The model here that a name stands for, an adapter's by its base."""
        bare = name.removeprefix(f"{LOCAL}/")
        found = self._here.get(bare)
        if found is None and ":" in bare:
            base = self._here.get(bare.partition(":")[0])
            found = base if base is not None and self._has_adapter(bare) else None
        return found

    def find(self, name: str) -> Balance:
        """The backends of a name.

        Raises:
            NotFoundError: Nobody answers for it; near matches are named.
        """
        found = self._known.get(name)
        if found is None:
            found = Balance(self._look_up(name))
            self._known[name] = found
        return found

    def is_of_upstream(self, name: str) -> bool:
        """Whether an upstream lists this very name."""
        return any(name in each.settings.models for each in self.upstreams.values())

    def members(self) -> list[Member]:
        """Every backend of every model that was asked so far."""
        return list(self._members.values())

    def price(self, backend: str, model: str) -> Price:
        """What a model's tokens cost at a backend."""
        if backend in self.upstreams:
            return self.upstreams[backend].settings.price
        names = (model, model.partition("@")[0], model.partition(":")[0])
        return next((self._prices[name] for name in names if name in self._prices), FREE)

    def identity_elsewhere(self, name: str) -> str | None:
        """What stands behind a name that upstreams alone answer for; None for a model here."""
        members = self.find(name).members
        if any(each.backend.name not in self.upstreams for each in members):
            return None
        told = [self.upstreams[each.backend.name].settings for each in members]
        return " ".join(
            f"{each.url} {each.models[member.model]}"
            for each, member in zip(told, members, strict=True)
        )

    def bounds(self, models: tuple[str, ...]) -> tuple[float, Price]:
        """The fewest bytes a token that may answer for any of these, and the dearest tokens."""
        found = self._bounds.get(models)
        if found is None:
            found = self._bounds[models] = self._find_bounds(models)
        return found

    def _find_bounds(self, models: Iterable[str]) -> tuple[float, Price]:
        least, prompt, completion = math.inf, 0.0, 0.0
        for model in self._with_members(models):
            try:
                members = self.find(model).members
            except NotFoundError:  # a fallback that is not there
                continue
            for member in members:
                upstream = self.upstreams.get(member.backend.name)
                least = min(least, upstream.settings.least_bytes_per_token if upstream else 1.0)
                price = self.price(member.backend.name, member.model)
                prompt = max(prompt, price.prompt_usd_per_million_tokens)
                completion = max(completion, price.completion_usd_per_million_tokens)
        return least, Price(prompt, completion)

    def most_tokens(self, model: str, prompt: int, answers: int) -> tuple[int, int]:
        """What a model may need at most for a prompt and its answers: one of several needs more."""
        if not is_virtual(model):
            return prompt, answers
        return find_virtual(model).most_tokens(prompt, answers)

    def _with_members(self, models: Iterable[str]) -> Iterator[str]:
        for model in models:
            yield from find_virtual(model).members if is_virtual(model) else (model,)

    def lacking(self) -> list[tuple[str, str]]:
        """Models made of others, each with a member that nobody answers for."""
        found = []
        for name in virtual_names() if self.virtual is not None else ():
            for member in find_virtual(name).members:
                try:
                    self.find(member)
                except NotFoundError:
                    found.append((name, member))
        return found

    def default_max_tokens(self, name: str) -> int:
        """How long an answer may be if the client says nothing."""
        if is_virtual(name):
            return max(self.default_max_tokens(each) for each in find_virtual(name).members)
        first = self.find(name).members[0]
        upstream = self.upstreams.get(first.backend.name)
        if upstream is not None:
            return upstream.settings.max_tokens
        model = self.local_model(first.model)
        return model.max_tokens if model is not None else Sampling().max_tokens

    def _look_up(self, name: str) -> list[Member]:
        found = [
            self._member(each, name, each.settings.weight)
            for each in self.upstreams.values()
            if name in each.settings.models
        ]
        if not name.startswith(f"{LOCAL}/") and self.local_model(name) is not None:
            found.insert(0, self._member(self._local, name, 1.0))
        if found:
            return found
        if self.virtual is not None and is_virtual(name):
            return [self._member(self.virtual, find_virtual(name).name, 1.0)]
        place, _, rest = name.partition("/")
        if place == LOCAL and self.local_model(rest) is not None:
            return [self._member(self._local, rest, 1.0)]
        upstream = self.upstreams.get(place)
        if upstream is not None and rest in upstream.settings.models:
            return [self._member(upstream, rest, 1.0)]
        raise NotFoundError.among(
            "model", name, self.names(), hint="GET /v1/models; workbench models pull NAME"
        )

    def _member(self, backend: Backend, model: str, weight: float) -> Member:
        """The one member of a backend and model: whoever names it, its faults are remembered."""
        key = (backend.name, model)
        if key not in self._members:
            self._members[key] = Member(backend, model, Breaker(), weight)
        return self._members[key]


def present_models() -> dict[str, LocalModel]:
    """The models of the catalogue and of ``workbench.toml`` that can be loaded.

    Their files are on this disk, or pinned by sha256 and fetched with the first request; not so
    where the setting ``offline`` forbids it.
    """
    from workbench.models import adapters, catalogue
    from workbench.models.footprints import fastest_by_name
    from workbench.models.model_settings import read_settings
    from workbench.models.presence import fetched_s, is_present

    offline = settings.get("offline")
    speeds = fastest_by_name()
    found = {}
    for name, entry in catalogue.entries().items():
        fetched = is_present(entry)
        if fetched or (entry.verified and not offline):
            try:
                chosen = read_settings(name)
            except ConfigError as error:  # one faulty table leaves the other models to be had
                log.warning("%s is left out: %s", name, error.message)
                continue
            sampling = chosen.sampling_defaults(entry.sampling)
            system = entry.system if chosen.system is None else chosen.system
            found[name] = LocalModel(
                name,
                entry.kind,
                sampling.max_tokens,
                len(system or ""),
                context_tokens=chosen.context_tokens
                or default_context_tokens(entry.context_tokens),
                parameters=entry.parameters,
                tokens_per_s=speeds.get(name),
                is_fetched=fetched,
                made_s=fetched_s(entry) if fetched else None,
            )
    for adapter in adapters.list_adapters():
        if adapter.base in found:
            base = found[adapter.base]
            found[adapter.full_name] = dataclasses.replace(base, name=adapter.full_name)
    return found


def is_adapter(name: str) -> bool:
    """Whether a name such as ``base:adapter`` or ``base:adapter@label`` stands for one here."""
    from workbench.models import adapters

    try:
        adapters.resolve(name, verify=False)
    except (NotFoundError, InputError):
        return False
    return True
