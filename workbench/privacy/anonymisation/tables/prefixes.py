"""Postcodes and the like made coarser by their first characters: 02139, 0213*, 021**.

A code is no quantity: what lies between 02139 and 10117 has nothing in common, and its leading
zero belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .hierarchies import Hierarchy

_CODES = re.compile(
    r"(?:home|birth|work|res|residence|billing|shipping|delivery|mail|mailing)?"
    r"(?:zip|zipcode|zip5|postcode|postalcode|postcd|postal|plz|postleitzahl|cap|cep|eircode|pincode|codepostal|"
    r"codigopostal|códigopostal|postnummer|postnr|kodpocztowy|psc|psč|irsz)(?:code|5|_?no)?"
)
_LEAST_CHARS = 3


def is_code(name: str, values: Iterable[str]) -> bool:
    """Whether a column holds codes: by its name, or digits of one length with a zero in front.

    Args:
        name: The column's.
        values: Those that are not missing, as they are written.

    >>> is_code("zip_code", ["02139"]), is_code("plot", ["02139", "10117"]), is_code("age", ["34"])
    (True, True, False)
    """
    found = {value.strip() for value in values}
    if not found or not all(any(map(str.isdigit, value)) for value in found):
        return False
    if _CODES.fullmatch(re.sub(r"[\W_]+", "", name.lower())):
        return all(len(value) >= _LEAST_CHARS for value in found)
    lengths = {len(value) for value in found}
    digits = all(value.isdigit() for value in found)
    zero = any(value.startswith("0") for value in found)
    return digits and zero and len(lengths) == 1 and min(lengths) > _LEAST_CHARS


def prefix_hierarchy(values: Iterable[str]) -> Hierarchy:
    """The codes below their ever shorter prefixes.

    Codes of one length keep it (021**); of several lengths a star stands for any rest (SW1*).

    Raises:
        InputError: There are no values.

    >>> prefix_hierarchy(["02139", "02141"]).common(["02139", "02141"])[0]
    '021**'
    """
    found = sorted(set(values))
    longest = max(map(len, found), default=0)
    fixed = all(len(value) == longest for value in found)

    def name(value: str, kept: int) -> str:
        if kept >= len(value):
            return value
        return value[:kept] + "*" * (longest - kept if fixed else 1)

    return Hierarchy(
        {value: [name(value, kept) for kept in range(longest - 1, 0, -1)] for value in found}
    )
