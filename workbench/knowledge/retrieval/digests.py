"""The sha256 of each frozen file; ``tools/retrieval_weights.py`` writes the weights and these."""

from __future__ import annotations

from collections.abc import Mapping

WEIGHTS: Mapping[str, str] = {
    "evidence": "c47875884c34ea4bf4b547e924b4f0a614af4bc6a0131ec329ffe7cb7ca4f630",
    "pairs": "631e39259331913e64ecf5c56cb4127c174dbf4f6f3d722efffa33770625ef87",
    "reranker": "d42185b30d3a8ebee58ba9adcfe10a69c81a8c03d5249676e31b48970d37117d",
    "strategies": "539dec33a467ea59ba70f2df965b60dcacb10c16f9773c2d40057c0c11816f11",
}

SETS: Mapping[str, str] = {
    "made_questions": "a6a508802f392a1005b6c20c36232a4431775db74ac554fdd65caf39942f2724",
}
