"""What a user can ask for to take an adapter elsewhere."""

from __future__ import annotations

from typing import Annotated

import annotated_types as limits

from workbench.core.operations import operation
from workbench.finetuning.exporting.parity_result import Parity
from workbench.finetuning.exporting.result import Export, Format


@operation("finetuning.export", title="Take an adapter elsewhere", produces="export")
def export(
    adapter: str,
    *,
    to: Format = "gguf",
    merge: bool = False,
    quantization: str | None = None,
    out: str | None = None,
    name: str | None = None,
) -> Export:
    """Write an adapter for llama.cpp, MLX or PEFT, alone or merged into its base.

    A merged model becomes one of the catalogue, unless it is written elsewhere.

    Args:
        adapter: ``base:adapter@version``, or ``adapter@version`` where one base alone has it.
        to: The program that will read it.
        merge: Put the adapter into the base's weights.
        quantization: How a merged model's weights are kept: Q8_0, Q4_1, F16 and others for a GGUF,
            F32, F16 or BF16 elsewhere. Without it a GGUF keeps the types of its base.
        out: The new folder.
        name: What a merged model is called.
    """
    from workbench.finetuning.exporting.exporting import export_adapter

    return export_adapter(
        adapter, to=to, merge=merge, quantization=quantization, out=out, name=name
    )


@operation("finetuning.parity", title="Compare one adapter in three engines", produces="parity")
def parity(
    adapter: str,
    *,
    prompts: Annotated[int, limits.Ge(1)] | None = None,
    max_tokens: Annotated[int, limits.Ge(1)] = 24,
) -> Parity:
    """See that an adapter says the same in transformers with PEFT, in llama.cpp and in MLX.

    Each engine loads the form that ``finetuning export`` writes for it, over the same base in F16,
    and answers frozen prompts. MLX is slow on Linux: all 50 take minutes.

    Args:
        adapter: ``base:adapter@version``, or ``adapter@version`` where one base alone has it.
        prompts: Only the first so many.
        max_tokens: Of each answer.
    """
    from workbench.finetuning.exporting.parity import check_parity

    return check_parity(adapter, prompts=prompts, max_tokens=max_tokens)
