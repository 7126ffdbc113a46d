"""The sha256 of each frozen file; ``tools/retrieval_weights.py`` writes the weights and these."""

from __future__ import annotations

from collections.abc import Mapping

WEIGHTS: Mapping[str, str] = {
    "evidence": "e9e1ec90d6ee69b5155e13c4d55fa111e0daf7628e510da8a3fdad7acc40d6f5",
    "evidence_read": "90d5691a84c5529b4b93a228c72265faf89501771f481e35cb056fbf335e7821",
    "pairs": "8094b961d48fea9c7bbda1c1b5144fc6fb218ac91e6df5499f0485275676cd36",
    "reader": "625d7b337b7120b6a34f251570eda48218a7725121ba9e4888e43dc71ab4c125",
    "reranker": "dbd403e543c17ad040eb90634e9687d45cdd2448887647ed3c23f5a1a9acfc71",
    "strategies": "fedd4031ca3fcc770237ba4b9f9d9ec43e1cf036b243e69d9501205d48db647f",
}

SETS: Mapping[str, str] = {
    "made_for_abstention": "6b4afced306e6dc28521ce53cba5e67522eace2ff79ae05429351a1f7c797941",
    "made_near_misses": "066a6754c66347ebddc726b24b8a3ed46413bc8f4defce8faca217ab8bd7d592",
    "made_questions": "31ffcd74da3a2923dae394d367506907c8fc633afcd6a72b60b987af5a21436b",
    "reader_pairs_one": "5e99f808ed8f1485d8b8839e65c8e29145795ff71747a4b085dd1637d85119cd",
    "reader_pairs_two": "c011c58f82abf5ae4dc1e2a2e64b2ac3c2f58fa68e22956cf89156136b74fcf6",
}
