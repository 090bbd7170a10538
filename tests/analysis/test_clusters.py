"""Clusters of near-duplicates, beside a plain reference of all pairs."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from analysis.clusters import BITS, DISTANCE, FLAT, clusters
from collect import sample
from vision.decode import difference_hash
from vision.resizing import Original

MASK = 2**BITS - 1
BASES = (0x0123456789ABCDEF, 0xF0E1D2C3B4A59687, 0x00000000FFFFFFFF)


def signed(bits: int) -> int:
    return bits - 2**BITS if bits >> (BITS - 1) else bits


def distance(a: int, b: int) -> int:
    return ((a ^ b) & MASK).bit_count()


def hashed(picture: Image.Image) -> int:
    return difference_hash(Original(np.asarray(picture)))


def telling(dhash: int | None) -> bool:
    return dhash is not None and FLAT <= (dhash & MASK).bit_count() <= BITS - FLAT


def reference(contents: Sequence[str | None], dhashes: Sequence[int | None]) -> list[object]:
    """Return a name of each picture's cluster, by comparing each hash with each centre."""
    groups: list[object] = [
        place if content is None else content for place, content in enumerate(contents)
    ]
    look: dict[object, int] = {}
    for group, dhash in zip(groups, dhashes, strict=True):
        if dhash is not None and telling(dhash):
            look.setdefault(group, dhash & MASK)
    count = Counter(look[group] for group in groups if group in look)
    centres: list[int] = []
    centre = {}
    for dhash in sorted(count, key=lambda dhash: (-count[dhash], dhash)):
        near = [found for found in centres if distance(found, dhash) <= DISTANCE]
        centre[dhash] = near[0] if near else dhash
        if not near:
            centres.append(dhash)
    return [("near", centre[look[group]]) if group in look else group for group in groups]


def same_partition(a: Sequence[object], b: Sequence[object]) -> bool:
    return len(set(a)) == len(set(b)) == len(set(zip(a, b, strict=True)))


flips = st.sets(st.integers(0, BITS - 1), max_size=DISTANCE + 2)
dhashes = st.one_of(
    st.none(),
    st.sampled_from([0, -1, 1, signed(0xFF << 50)]),
    st.integers(-(2**63), 2**63 - 1),
    st.builds(
        lambda base, bits: signed(base ^ sum(1 << bit for bit in bits)),
        st.sampled_from(BASES),
        flips,
    ),
)
facts = st.tuples(st.sampled_from([None, None, "a", "b", "c"]), dhashes)


@given(st.lists(facts, max_size=40))
def test_the_same_clusters_as_the_reference(rows: list[tuple[str | None, int | None]]) -> None:
    contents, looks = [row[0] for row in rows], [row[1] for row in rows]
    found = clusters(contents, looks)
    assert same_partition(found.tolist(), reference(contents, looks))
    assert set(found.tolist()) == set(range(len(set(found.tolist()))))


def test_a_crowd_of_alike_hashes_is_clustered_as_by_the_reference() -> None:
    rng = np.random.default_rng(1)
    crowd = [signed(BASES[0] ^ int(bits)) for bits in rng.integers(0, 2**12, 600)]
    nothing = [None] * len(crowd)
    assert same_partition(clusters(nothing, crowd).tolist(), reference(nothing, crowd))


def test_near_hashes_meet_in_a_crowd_of_others() -> None:
    rng = np.random.default_rng(3)
    # alike in the low bits alone, and far from each other in any order of the rest
    crowd = [int(high) << 21 | 0x5A5A5 for high in rng.integers(0, 2**43, 100)]
    apart = 1 << 31 | 1 << 41 | 1 << 52 | 1 << 63
    looks = [signed(dhash) for dhash in (*crowd, *(dhash ^ apart for dhash in crowd))]
    nothing = [None] * len(looks)
    found = clusters(nothing, looks).tolist()
    assert found[:100] == found[100:]
    assert same_partition(found, reference(nothing, looks))


@given(st.integers(0, MASK), st.sets(st.integers(0, BITS - 1), max_size=DISTANCE))
def test_near_hashes_meet_wherever_their_bits_differ(base: int, bits: set[int]) -> None:
    other = base ^ sum(1 << bit for bit in bits)
    found = clusters([None, None], [signed(base), signed(other)])
    assert (found[0] == found[1]) == (telling(base) and telling(other))


def test_a_chain_does_not_make_one_cluster() -> None:
    chain = [signed(BASES[0] ^ ((1 << shift) - 1)) for shift in range(0, 61, 3)]
    found = clusters([None] * len(chain), chain)
    for number in set(found.tolist()):
        members = [dhash for dhash, other in zip(chain, found, strict=True) if other == number]
        assert max(distance(a, b) for a in members for b in members) <= 2 * DISTANCE
    assert len(set(found.tolist())) > 3


def test_flat_pictures_are_told_apart_unless_their_bytes_are_equal() -> None:
    blank = hashed(Image.new("RGB", (300, 200), "white"))
    assert not telling(blank)
    assert len(set(clusters(["a", "b", None], [blank] * 3).tolist())) == 3
    assert clusters(["a", "b", "a"], [blank] * 3).tolist() == [0, 1, 0]


def test_pictures_never_seen_are_on_their_own() -> None:
    assert clusters([None] * 3, [None] * 3).tolist() == [0, 1, 2]
    assert clusters([], []).tolist() == []


def test_resized_and_recompressed_copies_are_near_duplicates(
    photographs: list[Image.Image],
) -> None:
    hashes = np.array([[hashed(copy) for copy in copies(one)] for one in photographs])
    found = clusters([None] * hashes.size, hashes.ravel().tolist()).reshape(hashes.shape)
    assert (found == found[:, :1]).all()
    assert len(np.unique(found)) == len(photographs)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> list[Image.Image]:
    """Those of the sample corpus, whole, but the printed page: all its bits are equal."""
    folder = sample.make(tmp_path_factory.mktemp("sample")).folder
    names = [photograph.name for photograph in sample.PHOTOGRAPHS if photograph.name != "page"]
    return [Image.open(folder / f"{name}.jpg").convert("RGB") for name in names]


def copies(picture: Image.Image) -> Iterator[Image.Image]:
    yield picture
    for scale in (0.5, 2):
        size = round(picture.width * scale), round(picture.height * scale)
        yield picture.resize(size, Image.Resampling.BICUBIC)
    for quality in (90, 50, 20):
        yield recompressed(picture, quality)


def recompressed(picture: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def test_half_of_many_pictures_may_share_a_hash() -> None:
    rng = np.random.default_rng(2)
    many = rng.integers(-(2**63), 2**63, 100_000)
    many[:50_000] = many[0]
    found = clusters([None] * len(many), many.tolist())
    assert np.bincount(found).max() == 50_000
    assert len(np.unique(found)) == 50_001
