"""Records, adds many, signs and erases without end, until it is killed."""

from __future__ import annotations

import itertools
import sys

from workbench import privacy
from workbench.privacy.ledger.checkpoints import make_checkpoint
from workbench.privacy.ledger.recording import deed_of
from workbench.store.ledger import Ledger

for number in itertools.count():
    person = f"person-{number % 3}@example.org"
    privacy.record("access", "patients", person=person, personal={"n": number})
    Ledger().append_many(deed_of("access", "rows", data={"n": n}) for n in range(50))
    make_checkpoint()
    privacy.erase_person(person)
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()
