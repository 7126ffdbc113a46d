"""What a user can ask of bundles: make one, look one over, run one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import annotated_types as limits

from workbench.core.operations import operation
from workbench.edge.reading import check_read

from .results import Bundle, EdgeAnswer

Machine = Literal["any", "x86_64", "aarch64"]
System = Literal["any", "linux", "darwin"]


@operation("edge.bundle", title="Pack a model to work offline", produces="bundle")
def bundle(
    name: str,
    *,
    out: Path,
    model: str = "smollm2-135m",
    adapter: str | None = None,
    index: Path | None = None,
    policy: dict[str, Any] | None = None,
    file: list[str] | None = None,
    previous: Path | None = None,
    machine: Machine = "any",
    system: System = "any",
    memory_mb: Annotated[int, limits.Ge(16)] = 400,
    context_tokens: Annotated[int, limits.Ge(64)] = 1024,
    valid_days: Annotated[int, limits.Ge(1)] | None = None,
    when_wrong: Literal["warn", "refuse"] = "warn",
    next_key: list[str] | None = None,
) -> Bundle:
    """Make a bundle: model, adapter, index and policy as one signed file that Python can run.

    A device needs Python and the runtime xllamacpp: ``python FILE ask "..."``. The file is a zip
    whose parts are known by digest; it is signed with the key of this home, which is made when it
    is first needed.

    Args:
        name: What it is called: lower-case letters, digits, dots and dashes.
        out: The file.
        model: A model with a GGUF, by its name in the catalogue or a path.
        adapter: An adapter of it, by its name or the path of a GGUF.
        index: Passages to put before questions: an index of ``workbench.store.TextIndex``.
        policy: How to answer: system, max_tokens, temperature, top_p, passages, threads, and
            whether records and texts are kept; by default as the catalogue says.
        file: Other files, each KIND=PATH; nobody looks into them.
        previous: The version before: this one follows it, and devices take it as its update.
        machine: The processor that it is for.
        system: The system that it is for.
        memory_mb: What it may take, in millions of bytes; kept on the device.
        context_tokens: How long a conversation may be.
        valid_days: After so many it is over; by default never.
        when_wrong: Whether a device whose clock is far off, or past its time, warns or refuses.
        next_key: Who may sign the next version: public keys, as hexadecimal or paths.

    Raises:
        CapabilityError: The model or adapter has no GGUF, or one that the runtime does not know.
        ConflictError: The version before lets another key sign what follows.
    """
    from . import parts
    from .building import Terms, build
    from .checking import check_bundle
    from .keys import load_signer, read_keys

    chosen = parts.find_model(model)
    contents = [chosen.content, parts.make_policy(chosen, policy), *parts.find_files(file or ())]
    if adapter is not None:
        contents.append(parts.find_adapter(adapter, model))
    if index is not None:
        contents.append(parts.find_index(index))
    terms = Terms(
        system=system,
        machine=machine,
        memory_bytes=memory_mb * 1_000_000,
        context_tokens=context_tokens,
        valid_days=valid_days,
        clock_when_wrong=when_wrong,
    )
    check_read(model)
    signer = load_signer()
    made = build(
        name,
        out,
        contents=contents,
        architecture=chosen.architecture,
        terms=terms,
        previous=previous,
        keys=read_keys(next_key or ()),
        signer=signer,
    )
    return check_bundle(made.path, keys=(signer.public_key,), previous=previous)


@operation("edge.verify", title="Look a bundle over", produces="bundle")
def verify(bundle: Path, *, key: list[str] | None = None, previous: Path | None = None) -> Bundle:
    """See that every byte of a bundle is as it was signed, and tell what it is.

    Without a key this shows that it is whole, and by whom it says that it is; whether that is so
    only a key shows that came another way.

    Args:
        bundle: The file.
        key: Public keys of which one must have signed it, as 64 hexadecimal digits or paths.
        previous: A version before, to count what a device that has it would fetch.

    Raises:
        IntegrityError: A byte is not as it was signed; what is damaged is named.
        ConflictError: Another key signed it.
        InputError: It is no bundle.
    """
    from .checking import check_bundle
    from .keys import read_keys

    return check_bundle(bundle, keys=read_keys(key or ()), previous=previous)


@operation("edge.run", title="Ask a bundle", produces="text")
def run(
    bundle: Path,
    prompt: Annotated[str, limits.MinLen(1)],
    *,
    root: Path | None = None,
    key: list[str] | None = None,
    max_tokens: Annotated[int, limits.Ge(1)] | None = None,
    offline: bool = False,
) -> EdgeAnswer:
    """Ask a bundle one question, run as a device runs it: by its own runner, offline.

    The first time it is put into a folder of its own, and checked as it is copied; each start
    checks it again. What it may take of memory is kept. To talk with it, or to open a door for
    programs: ``python BUNDLE chat`` and ``python BUNDLE serve``.

    Args:
        bundle: The file.
        prompt: The question.
        root: The device's folder, by default one beside the bundle.
        key: Public keys of which one must have signed it, as 64 hexadecimal digits or paths.
        max_tokens: The longest answer, by default the policy's.
        offline: Run it where there is no network, not even the machine's own (Linux).

    Raises:
        CapabilityError: It is for another machine, or the runtime does not know its model; or no
            network can be taken away here.
        CapacityError: It does not fit in the memory that it states.
        ConflictError: Its time is over, the clock is far off, or it is of another line.
        IntegrityError: A byte is not as it was signed.
    """
    from .keys import read_keys
    from .running import ask, default_root, take

    place = (root or default_root(bundle)).absolute()
    take(bundle, place, read_keys(key or ()))
    return ask(place, prompt, max_tokens=max_tokens, offline=offline)
