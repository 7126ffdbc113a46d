"""Where the parts of a transformer are, whatever its authors called them.

The families differ in names (``layers``, ``h``), in where norms stand, and in what is done to the
logits at the end. Everything else in this part asks an ``Anatomy`` and knows no family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.errors import CapabilityError, InputError
from workbench.models.protocol import SCORE

if TYPE_CHECKING:
    import torch

    from workbench.models.model import Model

# What can be read or replaced in a layer. `residual` is the stream after the layer, `attention`
# and `mlp` what each adds to it, `heads` the heads' outputs before they are mixed, `neurons` what
# the last matrix of the MLP reads.
Site = Literal["residual", "attention", "mlp", "heads", "neurons"]
SITES: tuple[Site, ...] = ("residual", "attention", "mlp", "heads", "neurons")
READ_BEFORE: frozenset[str] = frozenset({"heads", "neurons"})  # inputs of a matrix, not outputs

_STACKS = ("layers", "h", "encoder.layer", "transformer.layer")
_ATTENTIONS = ("self_attn", "attn", "attention")
_MIXERS = ("o_proj", "c_proj", "dense", "out_proj", "output.dense", "out_lin")
_MLPS = ("mlp", "feed_forward", "ffn")
_LAST_MATRICES = ("down_proj", "c_proj", "dense_4h_to_h", "fc2", "w2", "lin2")
_FINAL_NORMS = ("norm", "ln_f", "final_layer_norm", "final_layernorm")
# Norms that stand behind a part and before the sum; Llama's `post_attention_layernorm` does not.
_SANDWICHES = (
    ("post_attention_layernorm", "post_feedforward_layernorm"),
    ("post_self_attn_layernorm", "post_mlp_layernorm"),
)


@dataclass(frozen=True)
class Block:
    """One layer. A part is None where the family has none that can be told apart."""

    layer: Any
    attention: Any
    mixer: Any
    mlp: Any
    last_matrix: Any
    attention_norm: Any = None
    mlp_norm: Any = None

    def module(self, site: Site) -> Any:
        """The module whose output (or, for ``READ_BEFORE``, input) a site is."""
        return {
            "residual": self.layer,
            "attention": self.attention_norm or self.attention,
            "mlp": self.mlp_norm or self.mlp,
            "heads": self.mixer,
            "neurons": self.last_matrix,
        }[site]


@dataclass(frozen=True)
class Anatomy:
    """The parts of one loaded model.

    ``unembedding`` and ``final_norm`` are None for an encoder, which has no next token.
    ``residual_scale`` multiplies what a part adds to the stream (Granite); 1 elsewhere.
    """

    name: str
    module: Any
    blocks: tuple[Block, ...]
    embedding: Any
    final_norm: Any
    unembedding: Any
    heads: int
    residual_scale: float
    architecture: str

    @property
    def layers(self) -> int:
        """How many layers there are."""
        return len(self.blocks)

    def site(self, layer: int, site: Site) -> Any:
        """The module of a site of a layer.

        Raises:
            CapabilityError: The family has no such part that this package knows.
        """
        found = self.blocks[layer].module(site)
        if found is None:
            raise CapabilityError(
                f"no {site} was found in the layers of {self.name} ({self.architecture})",
                hint="other parts may be: " + ", ".join(s for s in SITES if s != site),
            )
        return found

    def readout(self, residual: torch.Tensor, *, tokens: Sequence[int] | None = None) -> Any:
        """Logits of residual states ``[..., d]``: final norm, unembedding, and what follows.

        Args:
            residual: States of the stream after a layer.
            tokens: Only the logits of these ids, in their order.

        Returns:
            ``[..., vocabulary]`` or ``[..., len(tokens)]``.
        """
        return self.logits_of_normed(self.final_norm(residual), tokens=tokens)

    def logits_of_normed(self, normed: torch.Tensor, *, tokens: Sequence[int] | None = None) -> Any:
        """``readout`` of states that went through the final norm already."""
        import torch

        if tokens is None:
            logits = self.unembedding(normed)
        else:
            rows = list(tokens)
            bias = self.unembedding.bias
            logits = torch.nn.functional.linear(
                normed, self.unembedding.weight[rows], None if bias is None else bias[rows]
            )
        return self._finish(logits)

    def logit_scale(self) -> float:
        """What the family multiplies logits with before a soft cap."""
        config = self.module.config
        if (scale := getattr(config, "logit_scale", None)) is not None:
            return float(scale)
        scaling = getattr(config, "logits_scaling", None)
        return 1.0 if scaling is None else 1.0 / float(scaling)

    def _finish(self, logits: torch.Tensor) -> torch.Tensor:
        import torch

        scale, cap = self.logit_scale(), self.softcap
        if scale != 1.0:
            logits = logits * scale
        return logits if cap is None else torch.tanh(logits / cap) * cap

    @property
    def softcap(self) -> float | None:
        """The bound that logits are bent to (Gemma 2); None elsewhere."""
        cap = getattr(self.module.config, "final_logit_softcapping", None)
        return None if cap is None else float(cap)

    def check_layer(self, layer: int) -> int:
        """The layer's number, counted from the end if it is negative.

        Raises:
            InputError: There is no such layer.
        """
        if not -self.layers <= layer < self.layers:
            raise InputError(
                f"layer {layer} is not one of the {self.layers} of {self.name}",
                hint=f"0 to {self.layers - 1}; -1 is the last",
            )
        return layer % self.layers

    def check_layers(self, layers: Sequence[int] | None) -> tuple[int, ...]:
        """The layers named, in order and once each; all of them for None."""
        if layers is None:
            return tuple(range(self.layers))
        if not layers:
            raise InputError("no layer was named", hint="leave `layers` out for all of them")
        return tuple(sorted({self.check_layer(layer) for layer in layers}))


def is_encoder(model: Model) -> bool:
    """Whether a model reads texts and does not continue them."""
    return SCORE not in model.capabilities


def examine(model: Model, *, causal: bool = True) -> Anatomy:
    """The parts of a loaded model.

    Args:
        model: On an engine that has a torch module.
        causal: Whether a next token is needed; an encoder is refused then.

    Raises:
        CapabilityError: The engine has no module (``engine="transformers"`` has), the model is an
            encoder where a causal one is needed, or its layers are not found.
    """
    module = model.module
    if causal and is_encoder(model):
        raise CapabilityError(
            f"{model.name} is an encoder: it has no next token to look for",
            hint="attention, probes and neurons work on it; for the rest load a causal model",
        )
    body = module.base_model
    stack = _first(body, _STACKS)
    if stack is None or not len(stack):
        raise CapabilityError(
            f"the layers of {model.name} ({model.info.architecture}) were not found",
            hint=f"looked for {', '.join(_STACKS)}",
        )
    unembedding = None if is_encoder(model) else module.get_output_embeddings()
    final_norm = None if is_encoder(model) else _first(body, _FINAL_NORMS)
    if causal and (unembedding is None or final_norm is None):
        raise CapabilityError(
            f"{model.name} ({model.info.architecture}) has no final norm or no unembedding",
            hint=f"looked for {', '.join(_FINAL_NORMS)}",
        )
    config = module.config
    return Anatomy(
        name=model.name,
        module=module,
        blocks=tuple(_block(layer) for layer in stack),
        embedding=module.get_input_embeddings(),
        final_norm=final_norm,
        unembedding=unembedding,
        heads=int(config.num_attention_heads),
        residual_scale=float(getattr(config, "residual_multiplier", 1.0)),
        architecture=str(config.model_type),
    )


def _block(layer: Any) -> Block:
    attention = _first(layer, _ATTENTIONS)
    mlp = _first(layer, _MLPS)
    encoder_like = mlp is None  # BERT: the two matrices stand in the layer itself
    norms = next(
        ((_first(layer, (a,)), _first(layer, (b,))) for a, b in _SANDWICHES if hasattr(layer, b)),
        (None, None),
    )
    return Block(
        layer=layer,
        attention=attention,
        mixer=None if attention is None else _first(attention, _MIXERS),
        mlp=mlp,
        last_matrix=_first(layer, ("output.dense",))
        if encoder_like
        else _first(mlp, _LAST_MATRICES),
        attention_norm=norms[0],
        mlp_norm=norms[1],
    )


def _first(parent: Any, paths: Sequence[str]) -> Any:
    """The first of some dotted attributes that is there."""
    for path in paths:
        found = parent
        for name in path.split("."):
            found = getattr(found, name, None)
            if found is None:
                break
        if found is not None:
            return found
    return None
