"""Signatures of thinking: how one is made, and whether one that comes back is valid.

Vendors sign their models' thinking and refuse it if it comes back changed, or from another vendor.
A real signature is opaque; a simulated one is a nonce and a keyed digest of the nonce, the vendor
and the text, so that it can be verified without remembering anything.

    seal = sign("anthropic", "The user asks about an order.", context.rng.number(128))
    is_signed("anthropic", "The user asks about an order.", seal)      True
    is_signed("gemini", "The user asks about an order.", seal)         False
    is_invalid("gemini", "The user asks about an order.", seal)        True

Claude's signatures hold at every host of Claude's, so all of those say "anthropic".
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from hashlib import blake2b

_KEY = b"chaos_llm thinking"
_NONCE = 16  # bytes, for a draw of 128 bits
_DIGEST = 64  # bytes: a signature is as long as one that takes a line of a log
_SIZE = _NONCE + 2 * _DIGEST
# What real ones begin with differs from model to model. Four letters are three whole bytes, so
# that the signature stays base64, which google-genai checks.
_PREFIX = "EvAA"


def sign(vendor: str, text: str, nonce: int) -> str:
    """Sign what a vendor's model thought; `nonce` has at most 128 bits."""
    return _PREFIX + b64encode(_sealed(vendor, text, nonce.to_bytes(_NONCE, "little"))).decode()


def is_signed(vendor: str, text: str, signature: str) -> bool:
    """Whether a signature was made by `sign` for this vendor and this very text."""
    if not signature.startswith(_PREFIX):
        return False
    try:
        signed = b64decode(_standard(signature.removeprefix(_PREFIX)), validate=True)
    except (Error, ValueError):
        return False
    return len(signed) == _SIZE and signed == _sealed(vendor, text, signed[:_NONCE])


def _standard(base64: str) -> str:
    """Base64 in its first alphabet and with its padding: SDKs may send bytes back in the other one.

    google-genai does so, and Google's APIs read both.
    """
    text = base64.replace("-", "+").replace("_", "/").rstrip("=")
    return text + "=" * (-len(text) % 4)


def is_invalid(vendor: str, text: str, signature: str) -> bool:
    """Whether a signature was made here, and not for this vendor and this very text.

    False of a vendor's own signature, as a recorded conversation has it: nobody but the vendor can
    check that.
    """
    return signature.startswith(_PREFIX) and not is_signed(vendor, text, signature)


def _sealed(vendor: str, text: str, nonce: bytes) -> bytes:
    message = f"{vendor}\x1f{text}".encode("utf-8", "replace")
    first = blake2b(nonce + message, digest_size=_DIGEST, key=_KEY).digest()
    return nonce + first + blake2b(first, digest_size=_DIGEST, key=_KEY).digest()
