"""Sets that were frozen before the fine-tuning code was measured on them; made, and called made."""

from __future__ import annotations

from typing import Any

from workbench.core.frozen import read_frozen_lines

DIGESTS = {
    "anchors": "1d029d5e4d12c61c15c6ba1561e7908d511cb0d1d9391fedd911430768211964",
    "bad_batch": "221e571d7bd1dec41811debdba3c369541a05b4c3818ae818bc79e742cd6533c",
    "domains": "b181527c2647403e7d695961600a71b32417a62370972e26c42242dba22fb8b2",
    "facts_a": "f3c006696131d47598688ac3e122eec8028995b88290f7013ac8477e6a0511b3",
    "facts_a_fresh": "a6f1f61f1ce52b362226e1dfcec054e23cd4058cb0e73c7b17abdcc5d0bcd184",
    "facts_b": "6c2bdcbf6c28c7f94ce0ee793d370ec46588e385faea357796706a1d5f370e08",
    "facts_b_fresh": "9d1a41b684d4472c4cdd77b59d34afe6e2c79a17f17d8bf2efe41d5488057086",
    "facts_c": "0bacea50a5545f5f065284598dde0e2742cf275b9951bab9e0bd0829294d482c",
    "facts_c_fresh": "7bf0b4f8e50f46edc3150b92a318fa3785ee6558afb66cb8cc2ef36d6eb52c9b",
    "facts_d": "ee10331e33a4b57cd60265eabd93fb077c96c1e35fff071090c636a8b2176270",
    "facts_d_fresh": "de3701630659acc10b29a04a2f5d0b28958c9fa9c06b080e44c4c105661fafcf",
    "facts_e": "e67b1ddf4af2d2bb666ea79be3438460c6338a425592e58864950a1dc03248f5",
    "facts_e_fresh": "e3f9bf8f4167018bc2dc80338b0db8e208eb6c4a9e77ebddf31b2e823952e887",
    "facts_f": "c5b3ffb521dc1850966f1ecf83d839ab2cd1a153ebcb6a0d8b18c0487776bd50",
    "facts_f_fresh": "8807651057d639c7b210d60fbe692acc0265e2c81bda32d2c21f0daac6685ad7",
    "facts_g": "fb15b355765bdef17e7365b532651bd3c250c126b9352a601875580f63644c19",
    "facts_g_fresh": "8a824f35dbc605efaea64aea49026d5db051ce030005c5ec645dbb9f1fcc220e",
    "feedback": "1930cc74845cce5d74e04579f6393b6fa12ef332741ac5405ffda89e9286380f",
    "general": "bdace2a3c80b0cfdf05ae9e8e26f1aeba76d57a25f918a36af66a1def10744f8",
    "parity": "0d0f55541a66ed8a65ac7f08f4bcf4e9ac04e99c4643083ce11c06c7038c72ed",
    "preferences": "dcea4368acf52e9473b4b28ddc6822ccf4651a590e6e4a25df9ba0fb702a091e",
}


def read_frozen(name: str) -> list[dict[str, Any]]:
    """The rows of a set; ``frozen/README.md`` says what they hold.

    Raises:
        NotFoundError: There is no such set.
        IntegrityError: Its file was changed after it was frozen.
    """
    return read_frozen_lines(__package__, name, DIGESTS)
