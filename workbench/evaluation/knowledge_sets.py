"""Frozen labels and questions over the offline Wikipedia leads, by title and character span.

The leads are CC BY-SA and are not in this package. A row refers to an article by its title, the
sha256 of its lead and character offsets, so the text is read from the data set
``wikipedia-leads`` and a changed lead is refused. What each set holds, how it was made and the
guidelines stand in ``frozen/knowledge/README.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import IntegrityError, NotFoundError
from workbench.core.frozen import read_frozen_lines

KNOWLEDGE_SETS: Mapping[str, str] = {
    "answerable_fourth_held_out": "e205d36a0cec1b1cddeba4432d54a7987347cdbb713d49f6bbc163def40eb164",  # noqa: E501
    "answerable_second_held_out": "0ba8c7f0baab1ab251c3ebcd21a5f7978071513c749c88e97a92a763e2cd8647",  # noqa: E501
    "answerable_second_training": "905f0ce239f14baceabbdd24a554408ca667636c3aff726d83e660e907619be1",  # noqa: E501
    "answerable_third_held_out": "6ef8aaf5618c51b2693cc0076ff79b0582a6adce19134798a647b74da0e710c8",
    "extraction_development": "59be6643aeab88e62d0dacd1eea856a0aad0f04a689f9782456cc20d0749cfdf",
    "extraction_fifth_held_out": "f41afc31b2d09168c743fd0f1517d7d3feac0d27e3ca0df1839af9bf7efa09b4",
    "extraction_fourth_held_out": "f7cdb2ccedff0f200fec78629d9a4376f36df270132b8b9edb81e4d0cdbff473",  # noqa: E501
    "extraction_fourth_training": "fa5790e5e0a7256df7ce1590125199f9f4fb1d61ad878655dd56fb8c09bbe421",  # noqa: E501
    "extraction_fourth_training_more": "0c33bb5a45bf8afd52af3f13e2415ffd00397143d70a1686af514a3c9860ddfe",  # noqa: E501
    "extraction_held_out": "0e928d778e75493de2ebc5673dc790d1c93bb8170e4796febe4e10cd25d3ac1c",
    "extraction_named_development": "0bd8138924d305d6b4ed733bee0c9db9205296d8b4ac59abdfd17bae3235cf15",  # noqa: E501
    "extraction_named_held_out": "4cf807a73a98b3edf0afb69135a853714107f13615ba4ec2e198e65391c2f427",
    "extraction_third_held_out": "9f6a2f905ad944ef7d831c9f38ead773192db6ece0637ff4c861e53a32489783",
    "extraction_third_training": "2368da16b12a2adcbb7f34072850e3ccc4bfc69a9e9fdf9ff05ddd09944c1c10",
    "overview": "91cd368108767b532d544dd1557bae41204479ac538eaea57a28ee5f0ad24aa2",
    "single_fact_development": "5e155cf21e5384d478e523b77490dec7a4296854a909cfc799c3909d3a818faa",
    "single_fact_held_out": "8a1d7d286328d39171454bb2e57c4a5fbf4eca564c1360c4b5d6898db1d3c711",
    "two_hop_development": "9237a8e2208cef6d3cfea4bc7c132196ac5c7d449673cd6fd8971d0a67d50a1c",
    "two_hop_held_out": "8f8eaf5a964ab0834892ea008952c9332cef391bc9069f409142a6cfc7edab96",
    "unanswerable_development": "ae7e68e617587807bb8e07fb3351297177dd06228a64bd805dd35f60dbd2e810",
    "unanswerable_fourth_held_out": "a3cabf8d1dfa1231c4cb2d676452cb693884a010d6a9d3b112fd4c64d42d78f2",  # noqa: E501
    "unanswerable_held_out": "c37927bb91140e02c24d62e2e04daa5d419d6e122814ae09fa9b9a76ebd90850",
    "unanswerable_second_held_out": "aa0b17d71d1a9757d685c754fb0f094817e9f2d4624d47ccf24293af0faceab4",  # noqa: E501
    "unanswerable_second_training": "239cf2a2a561fa693da4e989ff3f9723b7b6b0a6faaff4611ad2a12852075670",  # noqa: E501
    "unanswerable_third_held_out": "5e9a4e2eb4189c94fb3fdff7b5cdab9413d252071b38482974b37cb2c848d5d0",  # noqa: E501
}
"""The sha256 of each file as it was frozen.

Those named ``development`` or ``training`` are free to tune on, the others are for measuring.
"""

RELATIONS: tuple[str, ...] = (
    "is_a",
    "also_known_as",
    "nationality",
    "located_in",
    "part_of",
    "capital_of",
    "borders",
    "born_in",
    "born_on",
    "died_in",
    "died_on",
    "founded_by",
    "founded_on",
    "created_by",
    "created_on",
    "member_of",
    "held_office",
    "child_of",
    "spouse_of",
    "participant_in",
    "occurred_on",
    "received_award",
    "has_population",
    "spoken_in",
    "named_after",
    "native_to",
    "known_for",
)
"""The relations that the annotator looked for, subject first; the README defines each."""

ENTITY_TYPES: tuple[str, ...] = (
    "PERSON",
    "PLACE",
    "ORGANISATION",
    "WORK",
    "EVENT",
    "TIME",
    "GROUP",
    "OTHER",
)


def read_knowledge_set(name: str) -> tuple[dict[str, Any], ...]:
    """The rows of one set by name; ``KNOWLEDGE_SETS`` lists the names.

    Raises:
        NotFoundError: There is no such set.
        IntegrityError: Its file was changed after it was frozen.
    """
    digests = {f"knowledge/{each}": sha256 for each, sha256 in KNOWLEDGE_SETS.items()}
    if name not in KNOWLEDGE_SETS:
        raise NotFoundError.among("knowledge set", name, KNOWLEDGE_SETS)
    return tuple(read_frozen_lines("workbench.evaluation", f"knowledge/{name}", digests))


def read_span(reference: Mapping[str, Any], leads: Mapping[str, str]) -> str:
    """The text that a reference points at.

    Args:
        reference: With ``title``, ``lead_sha256``, ``start`` and ``end`` (characters of the lead,
            ``end`` excluded): a sentence of the extraction sets or a support of a question.
        leads: Each article's lead by its title.

    Raises:
        NotFoundError: The article is not among the leads.
        IntegrityError: The lead is not the one that was read when the row was written, or is
            shorter than the span.
    """
    title, start, end = reference["title"], reference["start"], reference["end"]
    if title not in leads:
        raise NotFoundError.among("lead", title, leads)
    lead = leads[title]
    found = hashlib.sha256(lead.encode()).hexdigest()
    if found != reference["lead_sha256"]:
        raise IntegrityError(
            f"the lead of {title!r} has sha256 {found}; {reference['lead_sha256']} was labelled",
            hint="workbench data load wikipedia-leads",
        )
    if not 0 <= start < end <= len(lead):
        raise IntegrityError(
            f"characters {start} to {end} do not lie in the {len(lead)} of {title!r}",
            hint="take the set's file from the repository again",
        )
    return lead[start:end]
