"""Signatures of thinking, as clients read them."""

from base64 import b64decode, b64encode

import pytest

from chaos_llm.providers.signatures import is_signed, sign


@pytest.mark.parametrize("nonce", [0, 1, 2**127, 2**128 - 1])
@pytest.mark.parametrize("text", ["", "x", "The user asks about an order. " * 9])
def test_a_signature_is_strict_base64_because_google_genai_checks_it(text, nonce):
    signature = sign("gemini", text, nonce)
    assert b64encode(b64decode(signature, validate=True)).decode() == signature
    assert is_signed("gemini", text, signature)


@pytest.mark.parametrize(
    ("vendor", "text", "cut"),
    [("anthropic", "a thought", 0), ("gemini", "another", 0), ("gemini", "a thought", 4)],
    ids=["another vendor's", "another text's", "cut"],
)
def test_a_signature_holds_for_its_vendor_and_its_text_only(vendor, text, cut):
    signature = sign("gemini", "a thought", 7)
    assert not is_signed(vendor, text, signature[: len(signature) - cut])
