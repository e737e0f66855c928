"""
The cryptography in MQL5, function by function: published vectors, and byte for byte what libsodium makes.
"""

import random
from collections.abc import Callable
from typing import Any

import nacl.bindings as sodium
import pytest

SCALARMULT, ITERATE, POLY1305, STREAM, SHARED_KEY, SEAL, OPEN, DERIVE = range(1001, 1009)
REFUSED = "refused"
P = 2**255 - 19

# RFC 7748, part 6.1; "Cryptography in NaCl" goes on with the same keys.
ALICE = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
ALICE_PUBLIC = bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
BOB = bytes.fromhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
BOB_PUBLIC = bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
PRODUCT = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
FIRST_KEY = "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"
NONCE = bytes.fromhex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37")
TEXT = bytes.fromhex(
    "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31"
    "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864"
    "5e0705"
)
BOX = (
    "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972"
    "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3"
    "7973f622a43d14a6599b1f654cb45a74e355a5"
)

Ask = Callable[..., str]


@pytest.fixture
def ask(start: Callable[..., Any]) -> Ask:
    """Calls one function with bytes; its answer is hex."""
    program, terminal = start("Crypto")

    def call(function: int, *words: bytes, number: int = 0) -> str:
        program.chart_event(function, number, 0.0, " ".join(word.hex() for word in words))
        answer: str = terminal.commented
        return answer

    return call


def number(value: int) -> bytes:
    return value.to_bytes(32, "little")


@pytest.mark.parametrize(
    ("scalar", "point", "product"),
    [
        pytest.param(
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
            id="first-of-5.2",
        ),
        pytest.param(
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
            id="second-of-5.2-with-the-highest-bit",
        ),
        pytest.param(ALICE.hex(), number(9).hex(), ALICE_PUBLIC.hex(), id="public-key-of-6.1"),
        pytest.param(BOB.hex(), ALICE_PUBLIC.hex(), PRODUCT, id="secret-of-6.1"),
        pytest.param(ALICE.hex(), BOB_PUBLIC.hex(), PRODUCT, id="the-same-from-the-other-side"),
    ],
)
def test_x25519_gives_the_products_of_rfc_7748(ask: Ask, scalar: str, point: str, product: str) -> None:
    assert ask(SCALARMULT, bytes.fromhex(scalar), bytes.fromhex(point)) == product


@pytest.mark.parametrize(
    ("rounds", "result"),
    [
        (1, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"),
        (1_000, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"),
    ],
)
def test_x25519_of_its_own_results_comes_where_rfc_7748_says(ask: Ask, rounds: int, result: str) -> None:
    assert ask(ITERATE, number(9), number(9), number=rounds) == result


@pytest.mark.parametrize("point", [0, 1, P - 1, P, P + 1, 2**255, 2**255 + 1], ids=lambda p: hex(p)[:9])
def test_a_point_whose_product_is_zero_for_everybody_is_refused(ask: Ask, point: int) -> None:
    assert ask(SCALARMULT, ALICE, number(point)) == REFUSED
    assert ask(SHARED_KEY, number(point), ALICE) == REFUSED


@pytest.mark.parametrize("point", [2, 9, P - 2, P + 2, P + 9, 2**255 - 1, 2**255 + 9, 2**256 - 1, 2**26, 2**51 - 1])
def test_points_at_the_edges_of_the_field_are_as_in_libsodium(ask: Ask, point: int) -> None:
    for scalar in (ALICE, bytes(32), b"\xff" * 32):
        assert ask(SCALARMULT, scalar, number(point)) == sodium.crypto_scalarmult(scalar, number(point)).hex()


def poly1305(key: bytes, text: bytes) -> bytes:
    """RFC 8439, part 2.5.1, in whole numbers."""
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(text), 16):
        total = (total + int.from_bytes(text[at : at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def test_poly1305_gives_the_tag_of_rfc_8439(ask: Ask) -> None:
    key = bytes.fromhex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b")

    assert ask(POLY1305, key, b"Cryptographic Forum Research Group") == "a8061dc1305136c6c22b8baf0c0127a9"


@pytest.mark.parametrize("pad", [bytes(16), b"\xff" * 16], ids=["no-pad", "full-pad"])
@pytest.mark.parametrize("r", [0, 1, 2, 4, 2**64, 2**66 + 1, 2**124 - 1], ids=hex)
def test_poly1305_carries_and_reduces_at_every_edge(ask: Ask, r: int, pad: bytes) -> None:
    key = r.to_bytes(16, "little") + pad
    edges = [bytes(16), b"\xff" * 16, b"\xfb" + b"\xfe" * 15, b"\xfd" + b"\xff" * 15, b"\xf0" + b"\xff" * 15, b"\1" * 16]
    texts = [a + b + c for a in edges for b in edges for c in (b"", b"\xff", b"\xff" * 15, b"\x11" + bytes(15))]

    for text in texts:
        assert ask(POLY1305, key, text) == poly1305(key, text).hex(), text.hex()


def test_the_stream_cipher_gives_the_key_and_stream_of_the_nacl_paper(ask: Ask) -> None:
    first = bytes.fromhex(FIRST_KEY)

    assert ask(SHARED_KEY, BOB_PUBLIC, ALICE) == ask(SHARED_KEY, ALICE_PUBLIC, BOB) == FIRST_KEY
    assert ask(DERIVE, bytes.fromhex(PRODUCT), bytes(24)) == FIRST_KEY
    assert ask(STREAM, first, NONCE, number=32) == "eea6a7251c1e72916d11c2cb214d3c252539121d8e234e652d651fa4c8cff880"


def test_the_stream_goes_on_as_in_libsodium_over_many_blocks(ask: Ask) -> None:
    key, size = bytes(range(32)), 5_000

    # A secretbox of zeros is the stream from its 33rd byte on, behind the tag.
    assert ask(STREAM, key, NONCE, number=size)[64:] == sodium.crypto_secretbox(bytes(size - 32), NONCE, key)[16:].hex()


def test_the_box_of_the_nacl_paper(ask: Ask) -> None:
    key = bytes.fromhex(ask(SHARED_KEY, BOB_PUBLIC, ALICE))

    assert ask(SEAL, key, NONCE, TEXT) == BOX
    assert ask(OPEN, key, NONCE, bytes.fromhex(BOX)) == TEXT.hex()


def test_a_thousand_boxes_are_libsodium_s_to_the_byte_and_are_opened_again(ask: Ask) -> None:
    rng = random.Random(25519)
    for case in range(1_000):
        secret, public, nonce = rng.randbytes(32), sodium.crypto_scalarmult_base(rng.randbytes(32)), rng.randbytes(24)
        text = rng.randbytes(rng.choice([0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, rng.randrange(400), rng.randrange(9_000)]))
        key = bytes.fromhex(ask(SHARED_KEY, public, secret))
        box = sodium.crypto_box(text, nonce, public, secret)

        assert key == sodium.crypto_box_beforenm(public, secret), case
        assert ask(SEAL, key, nonce, text) == box.hex(), case
        assert ask(OPEN, key, nonce, box) == text.hex(), case


def test_a_box_of_a_mebibyte_is_libsodium_s(ask: Ask) -> None:
    text = random.Random(1).randbytes(1_048_576)

    assert ask(SEAL, ALICE, NONCE, text) == sodium.crypto_secretbox(text, NONCE, ALICE).hex()


def test_a_box_with_any_bit_changed_or_bytes_missing_is_refused(ask: Ask) -> None:
    box = sodium.crypto_secretbox(b"forty bytes of text, give or take a few", NONCE, ALICE)
    for bit in range(8 * len(box)):
        changed = bytearray(box)
        changed[bit // 8] ^= 1 << bit % 8
        assert ask(OPEN, ALICE, NONCE, bytes(changed)) == REFUSED, bit
    for size in (0, 1, 15, 16, len(box) - 1):
        assert ask(OPEN, ALICE, NONCE, box[:size]) == REFUSED, size
    assert ask(OPEN, ALICE, NONCE, box + b"\0") == REFUSED
    assert ask(OPEN, ALICE, NONCE[::-1], box) == REFUSED
    assert ask(OPEN, BOB, NONCE, box) == REFUSED
