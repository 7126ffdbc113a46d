"""TracIn on a linear head: captum as the oracle, torch's own gradients, and what its sum means."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.interpretability.examples.softmax_head import (
    SoftmaxHead,
    add_constant,
    predict_held_out,
    softmax,
    train_head,
)
from workbench.interpretability.examples.tracin import influence, self_influence

ROWS, WIDTH, LABELS, ASKED = 60, 8, 3, 4


@pytest.fixture(scope="module")
def made() -> dict[str, np.ndarray]:
    """Three clouds of made vectors, of which row 7 has a label of another."""
    random = np.random.default_rng(5)
    labels = np.arange(ROWS) % LABELS
    centres = random.normal(size=(LABELS, WIDTH))
    vectors = centres[labels] + 0.6 * random.normal(size=(ROWS, WIDTH))
    planted = labels.copy()
    planted[7] = (planted[7] + 1) % LABELS
    return {
        "vectors": vectors,
        "labels": planted,
        "true": labels,
        "query": centres[[0, 1, 2, 1]] + 0.3 * random.normal(size=(ASKED, WIDTH)),
        "query_labels": np.array([0, 1, 2, 2]),
    }


def moved(head: SoftmaxHead, made: dict[str, np.ndarray]) -> np.ndarray:
    return influence(
        head,
        made["vectors"],
        made["labels"],
        query=made["query"],
        query_labels=made["query_labels"],
    )


def by_captum(head: SoftmaxHead, made: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    import torch
    from captum.influence import TracInCPFast

    class Net(torch.nn.Module):
        """One layer; the constant is a column of the input, as captum leaves biases out."""

        def __init__(self) -> None:
            super().__init__()
            self.last = torch.nn.Linear(WIDTH + 1, LABELS, bias=False).double()

        def forward(self, given: torch.Tensor) -> torch.Tensor:
            return self.last(given)

    def load(model: Net, weights: np.ndarray) -> float:
        model.last.weight.data = torch.from_numpy(weights)
        return head.reach

    rows = torch.utils.data.TensorDataset(
        torch.from_numpy(add_constant(made["vectors"])), torch.from_numpy(made["labels"])
    )
    net = Net()
    oracle = TracInCPFast(
        net,
        net.last,
        rows,
        list(head.checkpoints),
        checkpoints_load_func=load,
        loss_fn=torch.nn.CrossEntropyLoss(reduction="sum"),
        batch_size=ROWS,
    )
    asked = (
        torch.from_numpy(add_constant(made["query"])),
        torch.from_numpy(made["query_labels"]),
    )
    return oracle.influence(asked).numpy(), oracle.self_influence().numpy()


def test_influence_is_captums(made: dict[str, np.ndarray]) -> None:
    head = train_head(made["vectors"], made["labels"], iterations=50, checkpoints=5)
    expected, expected_self = by_captum(head, made)
    np.testing.assert_allclose(moved(head, made), expected, rtol=1e-9, atol=1e-12)
    found = self_influence(head, made["vectors"], made["labels"])
    np.testing.assert_allclose(found, expected_self, rtol=1e-9)


def test_it_is_the_dot_product_of_gradients(made: dict[str, np.ndarray]) -> None:
    import torch

    head = train_head(made["vectors"], made["labels"], iterations=40, checkpoints=2)

    def gradient(weights: np.ndarray, vector: np.ndarray, label: int) -> np.ndarray:
        parameter = torch.from_numpy(weights.copy()).requires_grad_()
        logits = torch.from_numpy(add_constant(vector[None])) @ parameter.T
        torch.nn.functional.cross_entropy(logits, torch.tensor([label])).backward()
        assert parameter.grad is not None
        return parameter.grad.numpy().ravel()

    row, asked = 7, 1
    expected = sum(
        head.reach
        * gradient(weights, made["vectors"][row], int(made["labels"][row]))
        @ gradient(weights, made["query"][asked], int(made["query_labels"][asked]))
        for weights in head.checkpoints
    )
    assert moved(head, made)[asked, row] == pytest.approx(expected, rel=1e-9)


def test_all_rows_together_explain_how_far_the_loss_fell(made: dict[str, np.ndarray]) -> None:
    """With a checkpoint at every step the influences add up to it, to first order."""
    head = train_head(made["vectors"], made["labels"], iterations=800, checkpoints=800)
    likely = head.probabilities(made["query"])[np.arange(ASKED), made["query_labels"]]
    fell = np.log(LABELS) + np.log(likely)  # from even odds
    assert fell[0] > 0.5 > 0 > fell[3]  # the fourth is asked for a label that is not its own
    # The steps are as long as they may be, so the second order is not small.
    np.testing.assert_allclose(moved(head, made).sum(axis=1), fell, rtol=0.2)


def test_a_planted_label_moves_itself_most(made: dict[str, np.ndarray]) -> None:
    head = train_head(made["vectors"], made["labels"])
    assert self_influence(head, made["vectors"], made["labels"]).argmax() == 7
    right = train_head(made["vectors"], made["true"])
    assert self_influence(right, made["vectors"], made["true"]).argmax() != 7


@pytest.mark.parametrize("broken", ["lengths alone", "untrained", "labels a row off"])
def test_a_broken_variant_does_not_find_it(broken: str, made: dict[str, np.ndarray]) -> None:
    head = train_head(made["vectors"], made["labels"])
    labels = made["labels"]
    if broken == "lengths alone":
        found = (add_constant(made["vectors"]) ** 2).sum(axis=1)
    elif broken == "untrained":
        head = SoftmaxHead(np.zeros_like(head.checkpoints), head.reach)
        found = self_influence(head, made["vectors"], labels)
    else:
        found = self_influence(head, made["vectors"], np.roll(labels, 1))
    assert found.argmax() != 7


def test_the_loss_falls_at_every_checkpoint(made: dict[str, np.ndarray]) -> None:
    head = train_head(made["vectors"], made["labels"])
    assert head.checkpoints.shape == (8, LABELS, WIDTH + 1)
    rows = add_constant(made["vectors"])
    losses = [
        -np.log(softmax(rows @ weights.T)[np.arange(ROWS), made["labels"]]).mean()
        for weights in head.checkpoints
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < np.log(LABELS) / 2


def test_heads_that_have_not_seen_a_wrong_label_do_not_believe_it(
    made: dict[str, np.ndarray],
) -> None:
    likely = predict_held_out(made["vectors"], made["labels"])
    np.testing.assert_allclose(likely.sum(axis=1), 1)
    assert likely[7].argmax() == made["true"][7] != made["labels"][7]
    assert (likely.argmax(axis=1) == made["true"]).mean() > 0.8
    alone = predict_held_out(np.eye(3), np.array([0, 1, 2]))  # nobody else has their labels
    assert np.all(alone[[0, 1], [0, 1]] < 0.5)


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        ([0, 0, 0], {}, "two labels or more"),
        ([0, 1, 0], {"iterations": 3, "checkpoints": 4}, "4 checkpoints of 3 iterations"),
        ([0, 1, 0], {"checkpoints": 0}, "0 checkpoints"),
    ],
)
def test_what_cannot_be_trained_is_refused(
    labels: list[int], options: dict[str, int], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        train_head(np.eye(3), np.array(labels), **options)
