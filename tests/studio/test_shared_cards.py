"""How what was agreed on in a space looks in a notebook."""

from __future__ import annotations

from workbench.core.viewers import mime_bundle
from workbench.knowledge.shared.landing import Landed


def test_what_landed_is_a_sentence_with_short_names_of_records() -> None:
    landed = Landed("ab" * 32, "cd" * 32, "ef" * 32, 7, "<anna>", "removed")
    html = mime_bundle(landed)["text/html"]
    for words in ("<b>Proposal 7</b> of (removed) &lt;anna&gt; is agreed on", ">abababababab<"):
        assert words in html
    assert "<anna>" not in html and f">{'ab' * 32}<" not in html and f'title="{"cd" * 32}"' in html
    back = mime_bundle(Landed("ab" * 32, "cd" * 32, "ef" * 32))["text/html"]
    assert "A record was taken back" in back and "Proposal" not in back
