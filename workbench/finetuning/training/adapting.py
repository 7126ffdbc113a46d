"""A base model made ready to be taught: frozen and in 16 bits, with a small adapter that learns.

LoRA (arXiv:2106.09685), DoRA (arXiv:2402.09353) and rsLoRA (arXiv:2312.03732) are PEFT's.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError
from workbench.core.optional import require, require_installed
from workbench.core.progress import progress
from workbench.core.seeds import derive_seed
from workbench.finetuning.training.encoding import ChatEncoder
from workbench.finetuning.training.recipe import Recipe
from workbench.models.folder import ModelFolder
from workbench.models.tokenizer import TextTokenizer

if TYPE_CHECKING:
    import torch

    from workbench.models.adapters import Adapter

_DTYPES = {"bf16": "bfloat16", "fp32": "float32"}


@dataclass
class Learner:
    """A model that can be taught, with what writes its prompts.

    ``precision`` is what the recipe's ``auto`` became on this machine; ``start`` the adapter that
    it goes on from, None where a new one begins; ``folder`` where the base was loaded from.
    """

    name: str
    module: torch.nn.Module
    tokenizer: TextTokenizer
    encoder: ChatEncoder
    context_tokens: int
    precision: str
    start: Adapter | None = None
    folder: Path | None = None

    @property
    def pad_id(self) -> int:
        """What fills a batch up: any token, for it is masked."""
        return 0


def choose_precision(wanted: str) -> str:
    """``bf16`` or ``fp32``: 16 bits only where the processor multiplies them itself.

    Without avx512_bf16 or AMX (on ARM: the bf16 extension) torch emulates them, and is slower than
    in 32 bits.
    """
    if wanted != "auto":
        return wanted
    import torch

    native = (
        torch.cpu._is_avx512_bf16_supported()
        or torch.cpu._is_amx_tile_supported()
        or _is_arm_with_bf16()
    )
    return "bf16" if native else "fp32"


def _is_arm_with_bf16() -> bool:
    import platform

    import torch

    return platform.machine() in ("arm64", "aarch64") and bool(
        torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )


@dataclass(frozen=True)
class _Base:
    """A model's folder in the precision of a recipe, and how its prompts are written."""

    name: str
    folder: ModelFolder
    precision: str
    template: str | None
    system: str | None


def load_learner(name: str, recipe: Recipe, *, start: Adapter | None = None) -> Learner:
    """Load a model of the catalogue to teach it, or to teach on an adapter of it.

    Raises:
        NotFoundError, FetchError, IntegrityError, StorageError: Its files cannot be brought.
        CapabilityError: It is no chat model.
    """
    from workbench.models.adapters import warn_of_template

    with progress(f"load {name}"):  # with what is imported for it: a minute on a busy machine
        from workbench.models.engines.torch_loading import load_module

        base = _find_base(name, recipe)
        module = load_module(base.folder, dtype=_DTYPES[base.precision])
        learner = make_learner(
            base.name,
            base.folder,
            precision=base.precision,
            module=module,
            template=base.template,
            system=base.system,
        )
    if start is not None:
        warn_of_template(start, learner.encoder.template or "")
        learner.start = start
    return learner


def load_encoder(name: str, recipe: Recipe) -> tuple[ChatEncoder, int]:
    """What writes a model's prompts, and its context in tokens, without its weights.

    Raises:
        NotFoundError, FetchError, IntegrityError, StorageError, CapabilityError: See
            ``load_learner``.
    """
    base = _find_base(name, recipe)
    tokenizer = TextTokenizer(base.folder.path)
    encoder = ChatEncoder(base.name, tokenizer, template=base.template, system=base.system)
    return encoder, base.folder.context_tokens


def _find_base(name: str, recipe: Recipe) -> _Base:
    from workbench.models import catalogue
    from workbench.models.engines.openmp import wait_quietly
    from workbench.models.folder import find_folder
    from workbench.models.loading import check_kind, model_files
    from workbench.models.model_settings import read_settings
    from workbench.models.protocol import CHAT

    require_installed("peft", extra="finetuning")
    entry = catalogue.find(name)  # a misspelt name is not worth the seconds of an import
    check_kind(entry, CHAT)
    wait_quietly()  # before all else: PEFT loads torch, and then it can no longer be said
    require("peft", extra="finetuning")
    precision = "fp32" if recipe.method == "full" else choose_precision(recipe.precision)
    folder = find_folder(model_files(entry), dtype=_DTYPES[precision])
    chosen = read_settings(entry.name)
    system = entry.system if chosen.system is None else chosen.system
    return _Base(entry.name, folder, precision, chosen.template, system)


def make_learner(
    name: str,
    folder: ModelFolder,
    *,
    precision: str,
    module: torch.nn.Module,
    template: str | None = None,
    system: str | None = None,
) -> Learner:
    """A learner of a module that was loaded from a folder."""
    tokenizer = TextTokenizer(folder.path)
    return Learner(
        name,
        module,
        tokenizer,
        ChatEncoder(name, tokenizer, template=template, system=system),
        folder.context_tokens,
        precision,
        folder=folder.path,
    )


def adapt(module: torch.nn.Module, recipe: Recipe, *, start: Path | None = None) -> torch.nn.Module:
    """Freeze a model and give it an adapter, or with ``full`` train all of it.

    Args:
        module: The base.
        recipe: Which adapter.
        start: The folder of one that PEFT saved: that is the adapter, and is learnt on.

    Returns:
        The model to train. A new adapter is drawn from the recipe's seed, in 32 bits.

    Raises:
        InputError: The recipe names maps that the model does not have.
    """
    import torch

    torch.manual_seed(derive_seed(recipe.seed, "adapter"))
    if recipe.checkpointing:
        checkpointed: Any = module
        checkpointed.activation_checkpointing_enable({"use_reentrant": False})
    if recipe.method == "full":
        return module.requires_grad_(True)
    peft = require("peft", extra="finetuning")
    count = int(getattr(module.config, "num_hidden_layers", 0))
    config = peft.LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=list(recipe.targets),
        layers_to_transform=_last_layers(recipe.layers, count),
        use_dora=recipe.method == "dora",
        use_rslora=recipe.method == "rslora",
        bias="none",
        task_type="CAUSAL_LM",
    )
    try:
        with warnings.catch_warnings():
            # PEFT asks transformers for a name that the newest one has given another.
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
            adapted: torch.nn.Module = (
                peft.get_peft_model(module, config)
                if start is None
                else peft.PeftModel.from_pretrained(module, str(start), is_trainable=True)
            )
    except ValueError as error:
        raise InputError(
            f"the model has no maps for this adapter: {error}",
            hint="--targets q_proj v_proj; or see the model's own names",
        ) from None
    return adapted


def _last_layers(wanted: int | None, count: int) -> list[int] | None:
    if wanted is None or wanted >= count:
        return None
    return list(range(count - wanted, count))


def save_peft(module: torch.nn.Module, folder: Path, *, base_name: str) -> None:
    """Write an adapter as PEFT saves it; the base stands in it by its name, not by a path.

    Raises:
        CapabilityError: The module has no adapter.
    """
    peft = require("peft", extra="finetuning")
    if not isinstance(module, peft.PeftModel):
        raise CapabilityError("the model was trained as a whole and has no adapter", hint=None)
    from safetensors.torch import save_file

    config = module.peft_config["default"]
    config.base_model_name_or_path, config.inference_mode = base_name, True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the base has no file of its own to compare with
        tensors = peft.get_peft_model_state_dict(module, save_embedding_layers=False)
    folder.mkdir(parents=True, exist_ok=True)
    config.save_pretrained(str(folder))
    save_file(
        {name: each.detach().float().contiguous() for name, each in tensors.items()},
        str(folder / "adapter_model.safetensors"),
        metadata={"format": "pt"},
    )
