"""The runtimes that are on this machine, and a few forms for each."""

from __future__ import annotations

from workbench.core.optional import available

FORMS = {
    "gguf": ("gguf:q8_0", "gguf:q4_k_m", "gguf:iq4_nl", "gguf:q4_0"),
    "onnx": ("onnx:int8", "onnx:int4", "onnx:bytes"),
    "mlx": ("mlx:8", "mlx:4"),
    "page": ("page:bytes", "page:int4"),
}
_PACKAGES = {
    "gguf": ("xllamacpp",),
    "onnx": ("onnxruntime_genai", "onnx"),
    "mlx": ("mlx", "mlx_lm"),
    "page": ("onnxruntime_genai", "onnx"),
}


def find_forms() -> tuple[tuple[str, ...], dict[str, str]]:
    """Forms of all runtimes that are here; and those that are not, with what is missing."""
    left_out = {form: why for form in FORMS if (why := missing(form))}
    return tuple(each for form in FORMS if form not in left_out for each in FORMS[form]), left_out


def missing(form: str) -> str | None:
    """What a form's runtime lacks here; None if nothing."""
    for package in _PACKAGES[form]:
        if not available(package):
            return f"{package} is not installed"
    if form == "page":
        from workbench.edge.browser.chromium import find_chromium

        if find_chromium() is None:
            return "there is no Chromium, Chrome or Edge"
    return None
