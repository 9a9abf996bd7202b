"""Cohere's further endpoints without a completion: rerank, tokenize, and v1's embed.

    POST /v2/rerank, /v1/rerank, /v1/tokenize, /v1/detokenize, /v1/embed

Shapes are those of the types in cohere 7. The relevance of a document is the share of
the query's words that it contains: enough to sort documents by.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal, Request
from chaos_llm.providers.cohere.common import CohereEndpoint, Headers, cohere_headers
from chaos_llm.providers.conversation import uuid
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.routes import Asked, Route, Routed
from chaos_llm.providers.vectors import vector

_WORD = re.compile(r"\w+")
_LEAST, _MOST = 0.0001, 0.9  # of a relevance score: assumed
_SIZE = 1024  # of embed-english-v3.0
_LETTERS_PER_TOKEN = 4


def _lacking(what: str) -> Refusal:
    return Refusal("invalid_request", message=f"invalid request: {what}")  # assumed wording


def _reranked(api_call: Asked) -> Document | Refusal:
    query, documents = api_call.fields.get("query"), api_call.fields.get("documents")
    if not isinstance(query, str) or not query:
        return _lacking("query is required")
    if not isinstance(documents, list) or not documents:
        return _lacking("documents is required")
    query_words = set(_WORD.findall(query.lower()))
    scored = [(_score(query_words, _text(each)), place) for place, each in enumerate(documents)]
    scored.sort(key=lambda each: (-each[0], each[1]))
    most = api_call.fields.get("top_n")
    shown = scored[: most if isinstance(most, int) and most > 0 else len(scored)]
    results = [_result(api_call, documents, score, place) for score, place in shown]
    version = api_call.request.path.rpartition("/v")[2][:1]
    meta = {"api_version": {"version": version}, "billed_units": {"search_units": 1}}
    return Document({"id": uuid(api_call.reply_context), "results": results, "meta": meta})


def _result(api_call: Asked, documents: list[Any], score: float, place: int) -> dict[str, Any]:
    result = {"index": place, "relevance_score": score}
    if api_call.fields.get("return_documents") is True:
        return result | {"document": {"text": _text(documents[place])}}
    return result


def _text(document: Any) -> str:
    return str(document.get("text", "")) if isinstance(document, dict) else str(document)


def _score(query_words: set[str], text: str) -> float:
    common = len(query_words & set(_WORD.findall(text.lower())))
    return round(_LEAST + _MOST * common / max(1, len(query_words)), 6)


def _tokenized(api_call: Asked) -> Document | Refusal:
    text = api_call.fields.get("text")
    if not isinstance(text, str) or not text:
        return _lacking("text is required")
    pieces = [text[at : at + _LETTERS_PER_TOKEN] for at in range(0, len(text), _LETTERS_PER_TOKEN)]
    tokens = [int.from_bytes(piece.encode("utf-8", "replace")[:7]) for piece in pieces]
    meta = {"api_version": {"version": "1"}}
    return Document({"tokens": tokens, "token_strings": pieces, "meta": meta})


def _detokenized(api_call: Asked) -> Document | Refusal:
    tokens = api_call.fields.get("tokens")
    if not isinstance(tokens, list):
        return _lacking("tokens is required")
    whole = (token for token in tokens if isinstance(token, int) and 0 <= token < 1 << 56)
    text = "".join(token.to_bytes(7).lstrip(b"\0").decode("utf-8", "replace") for token in whole)
    return Document({"text": text, "meta": {"api_version": {"version": "1"}}})


def _embedded(api_call: Asked) -> Document | Refusal:
    texts = api_call.fields.get("texts")
    if not isinstance(texts, list) or not texts:
        return _lacking("texts is required")
    vectors = [vector(str(text), _SIZE) for text in texts]
    by_type = bool(api_call.fields.get("embedding_types"))
    units = {"billed_units": {"input_tokens": api_call.request.input_tokens}}
    return Document(
        {
            "id": uuid(api_call.reply_context),
            "texts": texts,
            "embeddings": {"float": vectors} if by_type else vectors,
            "meta": {"api_version": {"version": "1"}} | units,
            "response_type": "embeddings_by_type" if by_type else "embeddings_floats",
        }
    )


class CohereRerank(CohereEndpoint, Routed):
    """Cohere's rerank in both versions, tokenize, detokenize and v1's embed."""

    api: ClassVar[str] = "rerank"
    table: ClassVar[tuple[Route, ...]] = (
        Route("POST", r"/v[12]/rerank$", _reranked),
        Route("POST", r"/v1/tokenize$", _tokenized),
        Route("POST", r"/v1/detokenize$", _detokenized),
        Route("POST", r"/v1/embed$", _embedded),
    )

    def _headers(self, request: Request, reply_context: ReplyContext) -> Headers:  # noqa: ARG002 - one key
        return cohere_headers(reply_context)
