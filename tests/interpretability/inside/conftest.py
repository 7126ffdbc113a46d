"""Models of more families, and the plain loop that patching is held against."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core import settings
from workbench.models.model import Model

HookLoop = Callable[..., np.ndarray]


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Model]]:
    """Tiny models that transformers itself makes: ``gpt2``, ``gpt_neox``, ``olmo2``, ``bert``."""
    import torch
    import transformers

    from workbench import models
    from workbench.models.formats.tiny import make_tiny_folder

    small = {"vocab_size": 512, "num_hidden_layers": 3, "num_attention_heads": 4}
    sizes = {**small, "hidden_size": 64, "intermediate_size": 96, "max_position_embeddings": 128}
    kinds: dict[str, tuple[str, dict[str, Any]]] = {
        "gpt2": ("GPT2LMHeadModel", {**small, "n_embd": 64, "n_positions": 128}),
        "gpt_neox": ("GPTNeoXForCausalLM", sizes),
        "olmo2": ("Olmo2ForCausalLM", {**sizes, "num_key_value_heads": 2}),
        "bert": ("BertModel", sizes),
    }
    place = tmp_path_factory.mktemp("others")
    tokenizer = make_tiny_folder(place / "tokenizer")
    made: dict[str, Model] = {}

    def load(kind: str) -> Model:
        if kind not in made:
            name, options = kinds[kind]
            model_class = getattr(transformers, name)
            torch.manual_seed(0)
            ends = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
            module = model_class(model_class.config_class(**options, **ends))
            with torch.no_grad():  # larger than at the start of training, so that a fault shows
                for weights in module.parameters():
                    weights.add_(torch.randn_like(weights) * (0.15 if weights.dim() > 1 else 0.05))
            folder = place / kind
            module.save_pretrained(folder)
            for file in ("tokenizer.json", "tokenizer_config.json"):
                shutil.copy(tokenizer / file, folder / file)
            with settings.override(home=place / "home"):
                made[kind] = models.load(str(folder), engine="transformers", threads=1)
        return made[kind]

    yield load
    for model in made.values():
        model.close()


@pytest.fixture(scope="session")
def minilm(shared_home_path: Path) -> Iterator[Model]:
    """A real encoder."""
    from workbench import models

    with settings.override(home=shared_home_path):
        model = models.load("minilm-l6-v2", engine="transformers", threads=1)
    with model:
        yield model


@pytest.fixture(scope="session")
def hook_loop() -> HookLoop:
    """Patch one place a forward pass, with nothing but torch's hooks: the logit differences.

    ``layer_shift`` is a fault: states are taken from another layer than they are put into.
    """
    import torch

    def layers_of(module: Any) -> Any:
        body = module.base_model
        return body.layers if hasattr(body, "layers") else body.h

    def part(module: Any, layer: int, component: str) -> tuple[Any, bool]:
        """The module, and whether its input counts rather than its output."""
        block = layers_of(module)[layer]
        if component == "residual":
            return block, False
        attention = next(
            getattr(block, name)
            for name in ("self_attn", "attn", "attention")
            if hasattr(block, name)
        )
        if component == "heads":
            names = ("o_proj", "c_proj", "dense")
            return next(getattr(attention, n) for n in names if hasattr(attention, n)), True
        return (block.mlp, False) if component == "mlp" else (attention, False)

    def run(
        module: Any,
        base: list[int],
        source: list[int],
        tokens: tuple[int, int],
        *,
        component: str = "residual",
        layers: list[int] | None = None,
        heads: int | None = None,
        layer_shift: int = 0,
    ) -> np.ndarray:
        count = len(layers_of(module))
        wanted = list(range(count)) if layers is None else layers
        kept: dict[int, torch.Tensor] = {}

        def hooked(layer: int, change: Any) -> Any:
            target, before = part(module, layer, component)
            if before:
                return target.register_forward_pre_hook(lambda _, args: (change(args[0]),))

            def after(_: Any, __: Any, output: Any) -> Any:
                if isinstance(output, tuple):
                    return (change(output[0]), *output[1:])
                return change(output)

            return target.register_forward_hook(after)

        def keep(layer: int) -> Any:
            def change(state: torch.Tensor) -> torch.Tensor:
                kept[layer] = state.clone()
                return state

            return change

        handles = [hooked(layer, keep(layer)) for layer in range(count)]
        with torch.no_grad():
            module(input_ids=torch.tensor([source]))
        for handle in handles:
            handle.remove()
        columns = range(len(base)) if heads is None else range(heads)
        values = np.empty((len(wanted), len(columns)))
        for row, layer in enumerate(wanted):
            taken = kept[(layer + layer_shift) % count]
            for column in columns:

                def change(
                    state: torch.Tensor, taken: torch.Tensor = taken, column: int = column
                ) -> torch.Tensor:
                    state = state.clone()
                    if heads is None:
                        state[0, column] = taken[0, column]
                    else:
                        size = state.shape[-1] // heads
                        part_of = slice(column * size, (column + 1) * size)
                        state[0, :, part_of] = taken[0, :, part_of]
                    return state

                handle = hooked(layer, change)
                with torch.no_grad():
                    logits = module(input_ids=torch.tensor([base])).logits[0, -1]
                handle.remove()
                values[row, column] = float(logits[tokens[0]] - logits[tokens[1]])
        return values

    return run
