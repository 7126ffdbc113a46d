"""Lists of words, as they are written, and those that carry little meaning of their own."""

from __future__ import annotations


def word_set(listed: str) -> frozenset[str]:
    """The words of a list in one string, parted by white space.

    >>> sorted(word_set("city town"))
    ['city', 'town']
    """
    return frozenset(listed.split())


FUNCTION_WORDS = word_set("""
a about above after again all also an and any are as at be been before being below between both
but by can could did do does down during each few for from further had has have he her here him
his how i if in into is it its just long many may me might more most much my no not of off on
once one only or other our out over own s same shall she should so some still such than that the
their them then there these they this those three through to two under until up us very was we
were what when where which while who whom whose why will with would you your another first
against along
""")
"""What joins words or asks; who looks for these finds every passage."""

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
"""As English writes them, in their order."""
