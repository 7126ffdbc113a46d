"""What a user can ask of the evaluation room."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core import settings
from workbench.core.errors import InputError, NotFoundError
from workbench.core.operations import operation

from .perplexity import Perplexity, measure_perplexity


@operation("evaluation.perplexity", title="Measure perplexity", produces="figures")
def perplexity(
    file: Path,
    model: str | None = None,
    *,
    window_tokens: Annotated[int, limits.Ge(1)] = 512,
    stride_tokens: Annotated[int, limits.Ge(1)] = 256,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> Perplexity:
    """Measure a model's perplexity and bits per byte on a text file.

    Paragraphs, parted by empty lines, are the texts over which the interval is drawn.

    Args:
        file: A UTF-8 text file.
        model: A name of the catalogue; the setting `model` if none is given.
        window_tokens: Tokens that the model sees at a time.
        stride_tokens: New tokens in each window after the first.
        seed: Of the bootstrap interval; the setting `seed` if none is given.
    """
    from workbench import models

    texts = read_paragraphs(file)
    with models.load(model) as loaded:
        return measure_perplexity(
            loaded,
            texts,
            window_tokens=window_tokens,
            stride_tokens=stride_tokens,
            seed=settings.get("seed") if seed is None else seed,
        )


def read_paragraphs(file: Path) -> list[str]:
    """The paragraphs of a text file.

    Raises:
        NotFoundError: There is no such file.
        InputError: It is not UTF-8, or holds no text.
    """
    try:
        content = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {file}", hint=f"ls {file.parent}") from None
    except IsADirectoryError:
        raise InputError(f"{file} is a folder, not a text file", hint=f"ls {file}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8: {error}", hint="iconv -t UTF-8") from None
    texts = [text.strip("\n") for text in content.split("\n\n") if text.strip()]
    if not texts:
        raise InputError(f"{file} holds no text", hint="give a file with words in it")
    return texts
