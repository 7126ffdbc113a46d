"""How encrypted inference looks in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import format_bytes, print_table
from workbench.core import events

if TYPE_CHECKING:
    from workbench.privacy.encryption.keys import KeyFolder
    from workbench.privacy.encryption.operations import AskedLabels
    from workbench.privacy.encryption.plan import Plan
    from workbench.privacy.encryption.running import EncryptedInference
    from workbench.privacy.encryption.server import ServedModel

_READY = "privacy.encryption_ready"
_MOST_ROWS = 20
_ANOTHER_MODEL = 0.95


def show_encrypt_infer(found: EncryptedInference) -> None:
    """Accuracies and agreements, then time, precision and keys."""
    shape = "-".join(map(str, found.shape))
    click.echo(f"{found.model} ({shape}) on {found.samples} rows of {found.dataset}")
    if found.columns:
        out = f"; left out: {', '.join(found.left_out)} (no numbers)" if found.left_out else ""
        click.echo(f"by the columns {', '.join(found.columns)}{out}")
    rows = [["as trained", f"{found.accuracy_trained:.4f}", f"{found.agreement_trained:.4f}"]]
    if found.degrees:
        name = f"deployed, degree {', '.join(map(str, found.degrees))}"
        rows.append([name, f"{found.accuracy_plain:.4f}", f"{found.agreement_plain:.4f}"])
    rows.append(["encrypted", f"{found.accuracy_encrypted:.4f}", ""])
    print_table(["model", "accuracy", "same class as encrypted"], rows)
    click.echo(
        f"{1000 * found.call_s:.0f} ms a call of {found.samples_per_call} samples, "
        f"{1e6 * found.sample_s:,.0f} us a sample; {found.rotations} rotations"
    )
    click.echo(
        f"scores off by {found.error:.2g} at most; foretold {found.error_bound:.2g}; "
        f"{found.precision_bits:.1f} bits left of scores up to {found.output_range:.3g}"
    )
    click.echo(
        f"ring {found.ring:,}, scale 2^{found.scale_bits}, {found.levels} levels; "
        f"{found.galois_keys} Galois keys of {format_bytes(found.galois_bytes)} in place of "
        f"{found.full_galois_keys} of {format_bytes(found.full_galois_bytes)}"
    )
    if found.outside:
        click.echo(f"note: {found.outside} rows lie outside of a polynomial's range", err=True)
    if found.agreement_trained < _ANOTHER_MODEL:
        share = f"{100 * (1 - found.agreement_trained):.1f}%"
        click.echo(f"note: the deployed model decides {share} of the rows otherwise", err=True)
    if found.undecided:
        click.echo(f"note: in {found.undecided} rows two classes are within the noise", err=True)
    for each in found.disagreements:
        click.echo(f"another class: {each}", err=True)


def show_encryption_compile(plan: Plan) -> None:
    """What the circuit takes, and what clients have to know."""
    parameters = plan.parameters
    click.echo(f"{plan.name}: {'-'.join(map(str, plan.shape))}, {plan.batch} samples a ciphertext")
    click.echo(
        f"ring {parameters.degree:,}, scale 2^{parameters.scale_bits}, {parameters.levels} levels, "
        f"{plan.rotations} rotations by {len(plan.steps)} keys"
    )
    click.echo(f"scores up to {plan.output_range:.3g}, off by at most {plan.error_bound:.2g}")
    click.echo(f"plan {plan.sha256}")


def show_encryption_keys(found: KeyFolder) -> None:
    """Where they are, and what may be given away."""
    click.echo(f"secret key in {found.folder}; it does not leave this folder")
    click.echo(f"for the server: {found.for_server}, {format_bytes(found.given_bytes)}")
    click.echo(
        f"{found.galois_keys} Galois keys of {format_bytes(found.galois_bytes)}; all "
        f"{found.full_galois_keys} would be {format_bytes(found.full_galois_bytes)}"
    )


def show_encryption_serve(served: ServedModel) -> None:
    """What was done by the end."""
    click.echo(f"{served.calls} calls answered, {served.compute_s:.1f} s of computing")


def show_encryption_ask(found: AskedLabels) -> None:
    """The first labels, how right they are, and what a call took."""
    for label in found.labels[:_MOST_ROWS]:
        click.echo(label)
    if len(found.labels) > _MOST_ROWS:
        click.echo(f"and {len(found.labels) - _MOST_ROWS} more; --json has all of them")
    right = "" if found.accuracy is None else f", {found.accuracy:.4f} of them right"
    click.echo(
        f"{found.samples} rows in {found.calls} calls of {1000 * found.call_s:.0f} ms{right}",
        err=True,
    )
    if found.heading:
        click.echo(f"heading: {', '.join(found.heading[:_MOST_ROWS])}", err=True)
    if found.doubtful:
        rows = ", ".join(map(str, found.doubtful[:_MOST_ROWS]))
        click.echo(f"note: no known row had scores like those of row {rows}", err=True)


@contextmanager
def listen_encryption_serve() -> Iterator[None]:
    """Say where it listens once it does."""

    def write(event: Any) -> None:
        click.echo(f"{event.data['name']} on ciphertexts at {event.data['url']}", err=True)

    with events.listening(write, _READY):
        yield
