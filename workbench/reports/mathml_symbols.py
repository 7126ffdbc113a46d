"""The names that TeX gives to characters."""

from __future__ import annotations

_GREEK = (
    "alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ "
    "iota ι kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi ϕ varphi φ "
    "chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω "
    "ell ℓ infty ∞ partial ∂ nabla ∇ emptyset ∅ hbar ℏ Re ℜ Im ℑ"
)
_OPERATORS = (
    "cdot ⋅ times × div ÷ pm ± mp ∓ le ≤ leq ≤ ge ≥ geq ≥ ne ≠ neq ≠ approx ≈ sim ∼ simeq ≃ "
    "equiv ≡ propto ∝ ll ≪ gg ≫ in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ supset ⊃ supseteq ⊇ "
    "cup ∪ cap ∩ setminus ∖ wedge ∧ vee ∨ neg ¬ lnot ¬ forall ∀ exists ∃ to → rightarrow → "
    "leftarrow ← gets ← Rightarrow ⇒ Leftarrow ⇐ leftrightarrow ↔ Leftrightarrow ⇔ iff ⇔ "
    "implies ⟹ mapsto ↦ odot ⊙ otimes ⊗ oplus ⊕ circ ∘ star ⋆ ast ∗ bullet ∙ perp ⊥ mid ∣ "
    "parallel ∥ top ⊤ bot ⊥ ldots … cdots ⋯ dots … vdots ⋮ ddots ⋱ langle ⟨ rangle ⟩ lceil ⌈ "
    "rceil ⌉ lfloor ⌊ rfloor ⌋ lvert | rvert | vert | lVert ‖ rVert ‖ Vert ‖ uparrow ↑ "
    "downarrow ↓ int ∫ iint ∬ oint ∮ colon : triangleq ≜ prime ′ dagger † vDash ⊨"
)


def _pairs(text: str, tag: str) -> dict[str, tuple[str, str]]:
    words = text.split()
    return {f"\\{name}": (tag, sign) for name, sign in zip(words[::2], words[1::2], strict=True)}


SYMBOLS: dict[str, tuple[str, str]] = {
    **_pairs(_GREEK, "mi"),
    **_pairs(_OPERATORS, "mo"),
    r"\{": ("mo", "{"),
    r"\}": ("mo", "}"),
    r"\|": ("mo", "‖"),
    r"\%": ("mo", "%"),
    r"\$": ("mo", "$"),
    r"\#": ("mo", "#"),
    r"\_": ("mo", "_"),
    r"\&": ("mo", "&"),
}
# Operators whose limits stand above and below them.
LARGE = {
    r"\sum": "∑",
    r"\prod": "∏",
    r"\bigcup": "⋃",
    r"\bigcap": "⋂",
    r"\lim": "lim",
    r"\max": "max",
    r"\min": "min",
    r"\arg": "arg",
    r"\argmax": "arg max",
    r"\argmin": "arg min",
    r"\sup": "sup",
    r"\inf": "inf",
}
FUNCTIONS = {
    "log", "ln", "exp", "sin", "cos", "tan", "tanh", "sinh", "cosh", "det", "dim", "ker", "Pr",
    "deg", "gcd",
}  # fmt: skip
SPACES = {
    r"\,": "0.17em",
    r"\:": "0.22em",
    r"\;": "0.28em",
    r"\ ": "0.33em",
    r"\!": "-0.17em",
    r"\quad": "1em",
    r"\qquad": "2em",
}
ACCENTS = {
    "hat": "^",
    "widehat": "^",
    "bar": "¯",
    "overline": "¯",
    "underline": "_",
    "vec": "→",
    "tilde": "~",
    "dot": "˙",
    "ddot": "¨",
    "underbrace": "⏟",
}
# Where Unicode's capital and small letters of a font begin; 0 where upright ones serve.
VARIANTS = {
    "mathbf": (0x1D400, 0x1D41A),
    "boldsymbol": (0x1D400, 0x1D41A),
    "bm": (0x1D400, 0x1D41A),
    "mathbb": (0x1D538, 0x1D552),
    "mathcal": (0x1D49C, 0),
    "mathrm": (0, 0),
    "mathit": (0x1D434, 0x1D44E),
    "mathsf": (0x1D5A0, 0x1D5BA),
    "mathtt": (0x1D670, 0x1D68A),
    "operatorname": (0, 0),
    "operatorname*": (0, 0),
}
