"""Log probabilities of an answer, token by token; a token is a piece of a stream.

How likely a token was is drawn from the token itself, so that the same text has the same numbers.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

from chaos_llm.providers.framing import quote

_STEPS = 997
_LEAST = 2.5  # the log probability of the least likely token of an answer
_APART = 1.25  # between one alternative and the next
MOST_TOP = 20  # alternatives that Chat Completions shows at most


def wanted_top(body: Any) -> int | None:
    """How many alternatives a chat request wants beside each token; None where no logprobs."""
    if not isinstance(body, dict) or body.get("logprobs") is not True:
        return None
    top = body.get("top_logprobs")
    return min(top, MOST_TOP) if isinstance(top, int) else 0


def logprob(token: str) -> float:
    """The logarithm of a token's probability: 0 or a little less."""
    return -round(crc32(token.encode("utf-8", "replace")) % _STEPS / _STEPS * _LEAST, 6)


def written(pieces: list[str], top: int) -> str:
    """Write the tokens as Chat Completions and Responses have them: a JSON array."""
    return f"[{','.join(_token(piece, top) for piece in pieces)}]"


def choice_logprobs(pieces: list[str], top: int, *, refuses: bool = False) -> str:
    """Write the `logprobs` of a choice; a refusal's tokens stand in a field of their own."""
    tokens = written(pieces, top)
    content, refusal = ("null", tokens) if refuses else (tokens, "null")
    return f'{{"content":{content},"refusal":{refusal}}}'


def _token(piece: str, top: int) -> str:
    likely = logprob(piece)
    others = (_entry(_variant(piece, rank), likely - rank * _APART) + "}" for rank in range(1, top))
    first = [_entry(piece, likely) + "}"] if top else []
    return f'{_entry(piece, likely)},"top_logprobs":[{",".join([*first, *others])}]}}'


def _entry(token: str, likely: float) -> str:
    encoded = ",".join(map(str, token.encode("utf-8", "replace")))
    return f'{{"token":{quote(token)},"logprob":{likely:.6g},"bytes":[{encoded}]'


def _variant(piece: str, rank: int) -> str:
    """An alternative token: assumed."""
    word = piece.strip() or "the"
    return piece.replace(word, (word.title(), word.upper(), word + "s", word[:1])[rank % 4] or "a")
