"""Reports of the gate as evidence: kept as artifacts, found by candidate and champion."""

from __future__ import annotations

import dataclasses
import json

from workbench.core.plain import to_plain
from workbench.finetuning.gate.decision import read_report
from workbench.finetuning.gate.report import GateReport
from workbench.store.artifacts import Artifacts
from workbench.store.versions import Version, Versions

KIND = "gate"


def keep_report(report: GateReport) -> GateReport:
    """Keep a report as an artifact, with the candidate among its parents; the report, naming it."""
    from workbench.finetuning.versions.finding import find_version

    plain = to_plain(dataclasses.replace(report, artifact=None))
    content = json.dumps(plain, sort_keys=True, indent=1).encode()
    sha256 = Artifacts().put_bytes(content).sha256
    found = find_version(report.candidate)
    Versions().create(
        KIND,
        found.name,
        artifact_sha256=sha256,
        parents=(found.version,),
        metadata={
            "candidate": report.candidate,
            "champion": report.champion,
            "verdict": report.verdict,
        },
    )
    return dataclasses.replace(report, artifact=sha256)


def find_report(candidate: str, champion: str) -> GateReport | None:
    """The newest report on a candidate against a champion, by full names, if there is one."""
    for version in reversed(_reports(candidate)):
        if version.metadata["champion"] == champion:
            return load_report(str(version.artifact_sha256))
    return None


def load_report(sha256: str) -> GateReport:
    """A report by its artifact.

    Raises:
        NotFoundError, IntegrityError: It is not there, or was changed.
    """
    plain = json.loads(Artifacts().read(sha256))
    return dataclasses.replace(read_report(plain), artifact=sha256)


def last_verdict(candidate: str) -> str | None:
    """The word of the newest report on a candidate, whomever it was held against."""
    found = _reports(candidate)
    return str(found[-1].metadata["verdict"]) if found else None


def _reports(candidate: str) -> list[Version]:
    name = candidate.partition("@")[0]
    return [each for each in Versions().list(KIND, name) if each.metadata["candidate"] == candidate]
