"""The recognisers, loaded once a session: spaCy and Presidio take seconds of CPU."""

from __future__ import annotations

import pytest

from workbench.privacy.anonymisation.texts import detect


@pytest.fixture(scope="session", autouse=True)
def lists(lists_of_names: None) -> None:
    """The lists of names and places are in use."""


@pytest.fixture(scope="session")
def loaded(lists: None) -> None:
    """Everything that is loaded late is there."""
    detect(["Maria Lopez lives at 5 High Street, Leeds."])
