"""What is measured: one file of prices, teams and values, and one definition of each measure."""

from __future__ import annotations

import fnmatch
import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import annotated_types as limits
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from workbench.core import settings
from workbench.core.errors import ConfigError, NotFoundError
from workbench.core.optional import require
from workbench.core.table_faults import fault_of

FILE = "metrics.yaml"
_PACKAGED = Path(__file__).with_name(FILE)
Table = Literal["hourly", "people", "durations"]
Amount = Annotated[float, limits.Ge(0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Part):
    """Money a million tokens."""

    prompt: Amount = 0.0
    completion: Amount = 0.0


class Measure(_Part):
    """One figure: an SQL expression that sums up rows of a table."""

    title: str
    unit: str
    table: Table = "hourly"
    sql: str

    @field_validator("sql")
    @classmethod
    def _is_one_expression(cls, sql: str) -> str:
        if ";" in sql or "--" in sql or "/*" in sql:
            raise ValueError("one SQL expression, without ; and comments")
        return sql


class Metrics(_Part):
    """The whole of ``metrics.yaml``."""

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    rates: dict[str, Annotated[float, limits.Gt(0)]] = {}
    prices: dict[str, Price] = {}
    teams: dict[str, str] = {}
    minutes_saved: dict[str, Amount] = {}
    measures: dict[str, Measure]

    def measure(self, name: str) -> Measure:
        """A measure by its name.

        Raises:
            NotFoundError: There is none of it.
        """
        if name not in self.measures:
            raise NotFoundError.among("measure", name, self.measures)
        return self.measures[name]

    def team_of(self, user: str) -> str:
        """The team of a user or a key: by the file, else the word before "-"."""
        for pattern, team in self.teams.items():
            if fnmatch.fnmatchcase(user, pattern):
                return team
        return user.partition("-")[0] if "-" in user else "other"

    def rows_sha256(self, **made_with: str) -> str:
        """What tells that rows were built with these: what is asked later is not in it.

        Args:
            made_with: What else goes into the rows, by name.
        """
        told = self.model_dump(exclude={"measures", "minutes_saved"}) | made_with
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def read_metrics(file: Path | None = None) -> Metrics:
    """The packaged file with what ``metrics.yaml`` of the home says instead.

    Args:
        file: Another one than the home's.

    Raises:
        ConfigError: A file is not valid; the message says where.
    """
    yaml = require("yaml", extra="monitoring")
    told: dict[str, Any] = yaml.safe_load(_PACKAGED.read_text(encoding="utf-8"))
    own = file or settings.home() / FILE
    mine: list[str] = []
    if file is not None and not file.is_file():
        raise NotFoundError(f"there is no file {file}", hint=f"ls {file.parent}")
    if own.is_file():
        try:
            said = yaml.safe_load(own.read_text(encoding="utf-8")) or {}
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigError(f"{own} is no YAML: {error}", hint=f"edit {own}") from None
        if not isinstance(said, dict):
            raise ConfigError(f"{own} is a {type(said).__name__}", hint="a mapping, as in the docs")
        measures = said.get("measures")
        mine = list(measures) if isinstance(measures, dict) else []
        for key, value in said.items():
            old = told.get(key)
            told[key] = (
                {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
            )
    try:
        found = Metrics.model_validate(told)
    except ValidationError as error:
        raise ConfigError(f"{own}: {fault_of(error, Metrics)}", hint=f"edit {own}") from None
    if mine:
        from .checking import fault_in_measures

        fault = fault_in_measures({name: found.measures[name] for name in mine})
        if fault is not None:
            raise ConfigError(f"{own}: {fault}", hint=f"edit {own}")
    return found
