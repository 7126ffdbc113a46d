"""TeX as MathML, which browsers draw themselves: no script, no font from elsewhere.

Covers what notebooks write: scripts, fractions, roots, accents, fonts, matrices, cases, aligned
lines. What it does not know raises ``ValueError``, and the page then shows the TeX, readable.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from .mathml_symbols import ACCENTS, FUNCTIONS, LARGE, SPACES, SYMBOLS, VARIANTS

_TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|[{}^_&']|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_ENVIRONMENTS = {
    "matrix": ("", ""),
    "pmatrix": ("(", ")"),
    "bmatrix": ("[", "]"),
    "vmatrix": ("|", "|"),
    "cases": ("{", ""),
    "aligned": ("", ""),
    "align": ("", ""),
    "align*": ("", ""),
    "split": ("", ""),
}


def tex_to_mathml(tex: str, *, block: bool) -> str:
    """A formula as a ``<math>`` element.

    Args:
        tex: Without the dollar signs.
        block: Whether it stands on a line of its own.

    Raises:
        ValueError: It holds something that is not covered.
    """
    reader = _Reader(tex, block=block)
    body = reader.row(until="")
    display = ' display="block"' if block else ""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML"{display}>{body}</math>'


class _Reader:
    """Reads tokens from left to right; each method returns the MathML of what it read."""

    def __init__(self, tex: str, *, block: bool) -> None:
        self.tokens = [token for token in _TOKEN.findall(tex) if not token.isspace()]
        self.raw = tex
        self.at = 0
        self.block = block

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise ValueError(f"{wanted or 'something'} is missing in {self.raw!r}")
        self.at += 1
        return token

    def row(self, *, until: str) -> str:
        """Everything up to a token, which is taken as well."""
        parts = []
        while self.peek() != until:
            parts.append(self.scripted())
        if until:
            self.take(until)
        return f"<mrow>{''.join(parts)}</mrow>"

    def scripted(self) -> str:
        """An atom with what stands above and below it."""
        is_large, is_function = self.peek() in LARGE, self.peek()[1:] in FUNCTIONS
        drawn = self._with_scripts(self.atom(), limits=is_large and self.block)
        # "log p" is two words, "log(p)" is one.
        loose = is_function and self.peek() not in ("", "(", "[", "{", "}", ")", r"\left")
        return drawn + '<mspace width="0.17em"/>' if loose else drawn

    def _with_scripts(self, base: str, *, limits: bool) -> str:
        below = above = ""
        while self.peek() in ("^", "_", "'"):
            mark = self.take()
            if mark == "'":
                above += "<mo>′</mo>"
            elif mark == "^":
                above += self.atom()
            else:
                below += self.atom()
        tag = "munderover" if limits else "msubsup"
        if below and above:
            return f"<{tag}>{base}<mrow>{below}</mrow><mrow>{above}</mrow></{tag}>"
        if below:
            tag = "munder" if tag == "munderover" else "msub"
            return f"<{tag}>{base}<mrow>{below}</mrow></{tag}>"
        if above:
            tag = "mover" if tag == "munderover" else "msup"
            return f"<{tag}>{base}<mrow>{above}</mrow></{tag}>"
        return base

    def atom(self) -> str:
        token = self.take()
        if token == "{":
            return self.row(until="}")
        if token.startswith("\\"):
            return self.command(token)
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{html.escape(token)}</mi>"
        if token in "}&^_":
            raise ValueError(f"{token!r} stands alone in {self.raw!r}")
        stretch = ' stretchy="false"' if token in "()[]|" else ""
        text = {"-": "−", "*": "∗"}.get(token, token)
        return f"<mo{stretch}>{html.escape(text)}</mo>"

    def command(self, token: str) -> str:
        name = token[1:]
        if token in LARGE:
            return f"<mo>{LARGE[token]}</mo>"
        if token in SYMBOLS:
            tag, text = SYMBOLS[token]
            return f"<{tag}>{html.escape(text)}</{tag}>"
        if token in SPACES:
            return f'<mspace width="{SPACES[token]}"/>'
        if name in FUNCTIONS:
            return f"<mi>{name}</mi>"
        if name in ACCENTS:
            stretchy = "true" if name in ("overline", "widehat", "underbrace") else "false"
            inner = self.atom()
            tag = "munder" if name in ("underline", "underbrace") else "mover"
            return f'<{tag}>{inner}<mo stretchy="{stretchy}">{ACCENTS[name]}</mo></{tag}>'
        if name in VARIANTS:
            return self.variant(name)
        rule = _RULES.get(name)
        if rule is None:
            raise ValueError(f"{token} is not known, in {self.raw!r}")
        return rule(self)

    def variant(self, name: str) -> str:
        text = self.text()
        mapped = "".join(_in_alphabet(letter, name) for letter in text)
        return f'<mi mathvariant="normal">{html.escape(mapped)}</mi>'

    def text(self) -> str:
        """A group's characters as they are."""
        if self.peek() != "{":
            return self.take()
        self.take("{")
        words = []
        while self.peek() != "}":
            words.append(self.take().removeprefix("\\"))
        self.take("}")
        return "".join(words)

    def fraction(self) -> str:
        return f"<mfrac>{self.atom()}{self.atom()}</mfrac>"

    def binomial(self) -> str:
        inner = f'<mfrac linethickness="0">{self.atom()}{self.atom()}</mfrac>'
        return f"<mrow><mo>(</mo>{inner}<mo>)</mo></mrow>"

    def root(self) -> str:
        if self.peek() == "[":
            self.take()
            degree = self.row(until="]")
            return f"<mroot>{self.atom()}{degree}</mroot>"
        return f"<msqrt>{self.atom()}</msqrt>"

    def fenced(self) -> str:
        opening = self.fence()
        parts = []
        while self.peek() != r"\right":
            parts.append(self.scripted())
        self.take(r"\right")
        return f"<mrow>{opening}{''.join(parts)}{self.fence()}</mrow>"

    def fence(self) -> str:
        token = self.take()
        text = SYMBOLS[token][1] if token in SYMBOLS else token
        return "" if text == "." else f'<mo stretchy="true">{html.escape(text)}</mo>'

    def words(self) -> str:
        # Spaces are part of a text, and the tokens have none: read it from the source again.
        found = re.search(r"\\(?:text|mbox|textrm)\s*\{([^{}]*)\}", self.raw[self._offset() :])
        said = self.text()
        return f"<mtext>{html.escape(found.group(1) if found else said)}</mtext>"

    def _offset(self) -> int:
        """Where in the source the command stands that was just taken."""
        position = 0
        for token in self.tokens[: self.at]:
            position = self.raw.index(token, position) + len(token)
        return position - len(self.tokens[self.at - 1])

    def environment(self) -> str:
        name = self.text()
        if name not in _ENVIRONMENTS:
            raise ValueError(f"environment {name!r} is not known")
        rows: list[list[str]] = [[]]
        cell: list[str] = []
        while self.peek() != r"\end":
            token = self.peek()
            if token in ("&", r"\\"):
                self.take()
                rows[-1].append("".join(cell))
                cell = []
                if token == r"\\":
                    rows.append([])
            else:
                cell.append(self.scripted())
        rows[-1].append("".join(cell))
        self.take(r"\end")
        self.text()
        opening, closing = _ENVIRONMENTS[name]
        cells = "".join(
            "<mtr>" + "".join(f"<mtd>{each}</mtd>" for each in row) + "</mtr>"
            for row in rows
            if any(row)
        )
        aligned = ' class="aligned"' if name[0] in "as" else ""
        before = f"<mo>{opening}</mo>" if opening else ""
        after = f"<mo>{closing}</mo>" if closing else ""
        return f"<mrow>{before}<mtable{aligned}>{cells}</mtable>{after}</mrow>"


_RULES: dict[str, Callable[[_Reader], str]] = {
    "frac": _Reader.fraction,
    "dfrac": _Reader.fraction,
    "tfrac": _Reader.fraction,
    "binom": _Reader.binomial,
    "sqrt": _Reader.root,
    "left": _Reader.fenced,
    "text": _Reader.words,
    "textrm": _Reader.words,
    "mbox": _Reader.words,
    "begin": _Reader.environment,
}


def _in_alphabet(letter: str, name: str) -> str:
    """A letter in Unicode's alphabet for a font; upright where there is none."""
    starts = VARIANTS[name]
    exceptions = {("mathbb", "R"): "ℝ", ("mathbb", "N"): "ℕ", ("mathbb", "Z"): "ℤ"}
    exceptions |= {("mathbb", "C"): "ℂ", ("mathbb", "P"): "ℙ", ("mathbb", "Q"): "ℚ"}
    script = {"B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ"}
    if (name, letter) in exceptions:
        return exceptions[name, letter]
    if name == "mathcal" and letter in script:
        return script[letter]
    if letter.isascii() and letter.isupper() and starts[0]:
        return chr(starts[0] + ord(letter) - ord("A"))
    if letter.isascii() and letter.islower() and starts[1]:
        return chr(starts[1] + ord(letter) - ord("a"))
    return letter
