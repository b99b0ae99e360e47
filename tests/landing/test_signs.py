"""Where bytes stand in a block, found slice by slice: the slices' edges hide and invent none."""

import numpy as np
import pytest

from include.landing import signs
from include.landing.signs import find_below, find_pairs

MANY = b"".join(b"x" * (n % 11) + sign for n, sign in enumerate([b'":', b"\n", b"\x7f\x1f "] * 60))
TEXTS = (
    *[b"", b'"', b'":', b':"', b'"":":a"\n::"b":"\t"', b'":' * 5, b'"' * 7 + b":", b"\r\n" * 9],
    *[MANY, MANY + b"\x80", b"\xff" + MANY, MANY + "\u00e9\n".encode() + MANY],
)


@pytest.mark.parametrize("slice_bytes", [1, 2, 3, 7, 8, 20, 24, 1_000])
def test_every_slice_gives_the_same_places(
    monkeypatch: pytest.MonkeyPatch, slice_bytes: int
) -> None:
    monkeypatch.setattr(signs, "SLICE_BYTES", slice_bytes)
    for text in TEXTS:
        view = np.frombuffer(text, np.uint8)
        pairs, quotes = find_pairs(view, b'":')
        assert pairs.tolist() == [n for n in range(len(text)) if text[n : n + 2] == b'":']
        assert quotes == text.count(b'"')
        below, is_ascii = find_below(view, 32)
        assert below.tolist() == [n for n, sign in enumerate(text) if sign < 32]
        assert is_ascii == text.isascii()
