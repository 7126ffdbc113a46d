"""What compression is measured on, written down before anything was quantised with it.

- A small language model that was never quantised: trained here from a recipe and a seed on leads of
  Wikipedia, and measured on a hundred others (`edge.compression.texts`).
- Retrieval by the MiniLM embedder: of each of 400 leads the last sentence is the question, and what
  stands before it the document that should be found, among 1,000. Beside them 131 questions that
  people wrote, of which the article of a support should be found.

    python bench/edge_inputs.py FOLDER     # trains the small model; needs wikipedia-leads
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Leads in the order of their titles' sha256: 0 to 99 are measured on, 1000 to 1255 calibrate.
TRAINED_FROM = 2000
SMALL: dict[str, Any] = {
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "vocab_size": 2048,
    "max_position_embeddings": 256,
    "tie_word_embeddings": True,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "attention_bias": False,
    "mlp_bias": False,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
STEPS, ROWS, WINDOW, SEED = 400, 16, 128, 20261128
RATE, WARM_STEPS, DECAY = 3e-3, 40, 0.1

DOCUMENTS, QUESTIONS = slice(2000, 3000), 400
ASKED_SETS = ("single_fact_development", "two_hop_development", "answerable_second_training")
RETRIEVAL_SHA256 = "5fef98efbda28d08080a03b72db5d7371ac2235b0e8528c0c3623a18061ea657"
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


@dataclass(frozen=True)
class Retrieval:
    """Questions, documents, and for each question the places of the documents that are right."""

    questions: tuple[str, ...]
    documents: tuple[str, ...]
    right: tuple[tuple[int, ...], ...]
    drawn: int

    @property
    def sha256(self) -> str:
        """Of all of it."""
        told = json.dumps([self.questions, self.documents, self.right], ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()


def read_retrieval(*, check: bool = True) -> Retrieval:
    """The questions and documents; AssertionError if they are not those that were frozen."""
    from workbench import data
    from workbench.edge.compression.texts import LEADS, order_leads
    from workbench.evaluation.knowledge_sets import read_knowledge_set

    rows = data.load(LEADS, "train")
    titles, texts = rows["title"], rows["text"]
    order = order_leads(titles)[DOCUMENTS]
    documents: list[str] = []
    questions: list[str] = []
    right: list[tuple[int, ...]] = []
    for place in order:
        sentences = _SENTENCE.split(texts[place].strip())
        if len(questions) < QUESTIONS and len(sentences) >= 3:
            questions.append(sentences[-1])
            right.append((len(documents),))
            documents.append(" ".join(sentences[:-1]))
        else:
            documents.append(texts[place])
    drawn = len(questions)
    by_title = dict(zip(titles, texts, strict=True))
    known = {titles[place]: number for number, place in enumerate(order)}
    for name in ASKED_SETS:
        for row in read_knowledge_set(name):
            supports = [each["title"] for each in row["supports"]]
            for title in supports:
                if title not in known:
                    known[title] = len(documents)
                    documents.append(by_title[title])
            questions.append(row["question"])
            right.append(tuple(known[title] for title in supports))
    found = Retrieval(tuple(questions), tuple(documents), tuple(right), drawn)
    assert not check or found.sha256 == RETRIEVAL_SHA256, f"the questions are {found.sha256}"
    return found


def train_small(folder: Path) -> dict[str, float]:
    """Train the small model and write it as a Hugging Face folder.

    Returns:
        The loss of the first and of the last twenty steps in nats, and the seconds of CPU.
    """
    import numpy as np
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from workbench.edge.compression.texts import read_leads

    started = time.process_time()
    texts = read_leads()[TRAINED_FROM:]
    tokenizer = train_tokenizer(texts)
    ids = np.concatenate([[0, *tokenizer.encode(text).ids] for text in texts])
    torch.manual_seed(SEED)
    config = LlamaConfig(**SMALL)
    module = LlamaForCausalLM(config)
    optimizer = torch.optim.AdamW(module.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _rate_at)
    starts = np.random.default_rng(SEED).integers(0, len(ids) - WINDOW - 1, size=(STEPS, ROWS))
    losses = []
    for row in starts:
        batch = torch.tensor(np.stack([ids[start : start + WINDOW] for start in row]))
        loss = module(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
        if len(losses) % 50 == 0:
            sys.stderr.write(f"step {len(losses)}: {np.mean(losses[-20:]):.3f}\n")
    folder.mkdir(parents=True, exist_ok=True)
    module.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    said = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "add_bos_token": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(said))
    return {
        "first": float(np.mean(losses[:20])),
        "last": float(np.mean(losses[-20:])),
        "cpu_s": time.process_time() - started,
    }


def _rate_at(step: int) -> float:
    """Up over the first steps, then down along a cosine to a tenth."""
    import math

    if step < WARM_STEPS:
        return (step + 1) / WARM_STEPS
    share = (step - WARM_STEPS) / (STEPS - WARM_STEPS)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * share))


def train_tokenizer(texts: Sequence[str]) -> Any:
    """A byte-level BPE that cuts as SmolLM2's does."""
    import tokenizers
    from tokenizers import decoders, pre_tokenizers, trainers

    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SMALL["vocab_size"],
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


if __name__ == "__main__":
    print(json.dumps(train_small(Path(sys.argv[1]))))  # noqa: T201
