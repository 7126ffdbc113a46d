"""How rules, conclusions, proofs and contradictions look in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_count, print_table

if TYPE_CHECKING:
    from workbench.knowledge.inference.operations import Contradiction, Inferred
    from workbench.knowledge.inference.reasoning import Proof
    from workbench.knowledge.inference.rulebook import BookRule


def show_infer(found: Inferred) -> None:
    """Each conclusion with its proof below it."""
    for proof in found.proofs:
        _print_proof(proof)
    more = found.count - len(found.proofs)
    click.echo(
        f"{found.name}: {format_count(found.stated, 'fact')} said, {found.count:,} follow by "
        f"{format_count(len(found.rules), 'rule')}"
        + (f"; {more:,} more are not shown, --limit shows them" if more else "")
    )
    if not found.complete:
        click.echo("more would follow, less surely or by more steps", err=True)
    for note in found.notes:
        click.echo(note, err=True)


def show_why(proofs: list[Proof]) -> None:
    """Each proof."""
    for proof in proofs:
        _print_proof(proof)


def show_contradictions(found: list[Contradiction]) -> None:
    """What is against what, and by which rule."""
    for number, each in enumerate(found, start=1):
        click.echo(f"{number}. against {each.rule} ({each.confidence:.2f})")
        for proof in each.facts:
            _print_proof(proof, depth=1)
    if not found:
        click.echo("nothing contradicts itself by the rules of this graph")
        click.echo("`workbench knowledge rules list` shows them", err=True)


def show_rules_list(rules: list[BookRule]) -> None:
    """A line a rule, with what a mined one rests on."""
    rows = [
        [
            each.rule,
            each.source if each.used else f"{each.source}, taken away",
            f"{each.confidence:.2f}",
            "" if each.support is None else f"{each.support:,} of {each.body_pairs:,}",
            "" if each.partial_confidence is None else f"{each.partial_confidence:.2f}",
            each.reason,
        ]
        for each in rules
    ]
    print_table(["rule", "from", "confidence", "holds", "where it can be told", "reason"], rows)


def show_rules_add(rule: BookRule) -> None:
    """The rule in its canonical form."""
    click.echo(f"used from now on: {rule.rule}")
    if rule.note:
        click.echo(rule.note, err=True)


def show_rules_remove(rule: BookRule) -> None:
    """The rule, and what brings it back."""
    click.echo(f"no longer used: {rule.rule}")
    click.echo("`workbench knowledge rules add` brings it back", err=True)


def _print_proof(proof: Proof, *, depth: int = 0) -> None:
    for line in _lines(proof, depth):
        click.echo(line)


def _lines(proof: Proof, depth: int) -> Iterator[str]:
    span = _held(proof)
    said = (
        f"{proof.relation}({proof.subject_name}, {proof.object_name}){span} {proof.confidence:.2f}"
    )
    if proof.inferred:
        yield f"{'  ' * depth}{said} by {proof.rule}"
    else:
        first, *others = proof.support
        more = f" and {len(others)} more" if others else ""
        yield f"{'  ' * depth}{said} in {first.document} {first.start}-{first.end}{more}"
    for each in proof.premises:
        yield from _lines(each, depth + 1)


def _held(proof: Proof) -> str:
    first, last = proof.valid_from, proof.valid_to
    if first is None and last is None:
        return ""
    return f" in {first}" if first == last else f" from {first or '...'} to {last or '...'}"
