"""Figures as words, one way in text, tables and charts alike."""

from __future__ import annotations

from .shares import Estimate


def usd(value: float) -> str:
    """Money: whole dollars from 1,000 on, cents below, three digits where it is less than one.

    >>> usd(12345.6), usd(12.345), usd(0.004513), usd(-3.5), usd(0.0)
    ('12,346 USD', '12.35 USD', '0.00451 USD', '-3.50 USD', '0 USD')
    """
    if value == 0:
        return "0 USD"
    if abs(value) >= 1000:
        return f"{value:,.0f} USD"
    if abs(value) >= 1:
        return f"{value:,.2f} USD"
    return f"{value:.3g} USD"


def percent(value: float) -> str:
    """A share, as whole percent from 10 on.

    >>> percent(0.8318), percent(0.078), percent(12.5)
    ('83%', '7.8%', '1,250%')
    """
    return f"{100 * value:,.0f}%" if abs(value) >= 0.0995 else f"{100 * value:.1f}%"


def chance(value: float) -> str:
    """A chance from draws: never said to be certain.

    >>> chance(1.0), chance(0.34), chance(0.001)
    ('over 99%', '34%', 'under 1%')
    """
    if value > 0.99:
        return "over 99%"
    return "under 1%" if value < 0.01 else percent(value)


def plain(value: float) -> str:
    """A number as it is typed.

    >>> plain(1500.0), plain(0.25), plain(2.0)
    ('1,500', '0.25', '2')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def points(value: float) -> str:
    """A difference of shares.

    >>> points(-0.1446)
    '-14.5 points'
    """
    return f"{100 * value:+.1f} points"


def span(estimate: Estimate, say: object = usd) -> str:
    """An interval, in the words of ``say``.

    >>> span(Estimate(2.0, 1.5, 2.5))
    '1.50 USD to 2.50 USD'
    """
    assert callable(say)
    return f"{say(estimate.low)} to {say(estimate.high)}"


def change(now: float, before: float) -> str:
    """How a sum stands to that of the month before.

    >>> change(110, 100)
    '10% more than the month before'
    >>> change(5, 0), change(0, 0)
    ('nothing in the month before', 'nothing in the month before either')
    """
    if before == 0:
        return "nothing in the month before" + (" either" if now == 0 else "")
    if now == before:
        return "as in the month before"
    by = percent(abs(now / before - 1))
    return f"{by} {'more' if now > before else 'less'} than the month before"
