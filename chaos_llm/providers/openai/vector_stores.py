"""OpenAI's vector stores: POST /v1/vector_stores, to fill, search and delete them.

Shapes are those of the types in openai 3.52. Files are indexed at once; a search finds the files'
own texts, in the order in which they were added.
"""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal
from chaos_llm.providers.openai.files import FILES
from chaos_llm.providers.openai.routed import OpenAIRouted, deleted, found, long_id, no_such
from chaos_llm.providers.routes import Asked, Route, page_of

_STORES, _JOBS = "vector_stores", "vector_store_jobs"
_CHUNKS = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
_SCORE, _APART = 0.9, 0.05  # of the first result, and the step to the next: assumed
_SHOWN = 1000  # characters of a file that a search shows
_COUNTS = ("in_progress", "completed", "cancelled", "failed")


def _created(api_call: Asked) -> Document:
    store: dict[str, Any] = {
        "id": long_id("vs", api_call.reply_context),
        "created": int(api_call.reply_context.now),
        "name": api_call.fields.get("name") or "",
        "metadata": api_call.fields.get("metadata") or {},
        "files": {},
    }
    for file_id in api_call.fields.get("file_ids") or ():
        _put(api_call, store, str(file_id))
    api_call.kept(_STORES)[store["id"]] = store
    return Document(_store(store))


def _put(api_call: Asked, store: dict[str, Any], file_id: str) -> dict[str, Any]:
    known = api_call.kept(FILES).get(file_id)
    store["files"][file_id] = {
        "id": file_id,
        "object": "vector_store.file",
        "usage_bytes": known["shown"]["bytes"] if known else 0,
        "created_at": int(api_call.reply_context.now),
        "vector_store_id": store["id"],
        "status": "completed",
        "last_error": None,
        "chunking_strategy": _CHUNKS,
        "attributes": api_call.fields.get("attributes") or {},
    }
    put: dict[str, Any] = store["files"][file_id]
    return put


def _store(store: dict[str, Any]) -> dict[str, Any]:
    counts = dict.fromkeys(_COUNTS, 0) | {"completed": len(store["files"])}
    return {
        "id": store["id"],
        "object": "vector_store",
        "created_at": store["created"],
        "name": store["name"],
        "usage_bytes": sum(file["usage_bytes"] for file in store["files"].values()),
        "file_counts": counts | {"total": len(store["files"])},
        "status": "completed",
        "expires_after": None,
        "expires_at": None,
        "last_active_at": store["created"],
        "metadata": store["metadata"],
    }


def _listed(api_call: Asked) -> Document:
    return Document(page_of(api_call.kept(_STORES), api_call.fields, _store))


def _shown(api_call: Asked) -> Document | Refusal:
    store = found(api_call, _STORES, "vector store")
    if isinstance(store, Refusal):
        return store
    for name in ("name", "metadata"):
        if api_call.request.body["$method"] == "POST" and name in api_call.fields:
            store[name] = api_call.fields[name]
    return Document(_store(store))


def _dropped(api_call: Asked) -> Document | Refusal:
    return deleted(api_call, _STORES, "vector store", "vector_store.deleted")


def _file_put(api_call: Asked) -> Document | Refusal:
    store = found(api_call, _STORES, "vector store")
    if isinstance(store, Refusal):
        return store
    return Document(_put(api_call, store, str(api_call.fields.get("file_id"))))


def _files(api_call: Asked) -> Document | Refusal:
    store = found(api_call, _STORES, "vector store")
    if isinstance(store, Refusal):
        return store
    return Document(page_of(store["files"], api_call.fields, lambda file: file))


def _file(api_call: Asked) -> Document | Refusal:
    store = found(api_call, _STORES, "vector store")
    if isinstance(store, Refusal):
        return store
    file = store["files"].get(api_call.parts[1])
    if file is None:
        return no_such("file", api_call.parts[1])
    if api_call.request.body["$method"] != "DELETE":
        return Document(file)
    del store["files"][api_call.parts[1]]
    return Document(
        {"id": api_call.parts[1], "object": "vector_store.file.deleted", "deleted": True}
    )


def _job_begun(api_call: Asked) -> Document | Refusal:
    store = found(api_call, _STORES, "vector store")
    if isinstance(store, Refusal):
        return store
    named = api_call.fields.get("file_ids") or [
        each["file_id"] for each in api_call.fields.get("files") or () if "file_id" in each
    ]
    for file_id in named:
        _put(api_call, store, str(file_id))
    counts = dict.fromkeys(_COUNTS, 0) | {"completed": len(named), "total": len(named)}
    job = {
        "id": long_id("vsfb", api_call.reply_context),
        "object": "vector_store.file_batch",
        "created_at": int(api_call.reply_context.now),
        "vector_store_id": store["id"],
        "status": "completed",
        "file_counts": counts,
    }
    api_call.kept(_JOBS)[str(job["id"])] = job
    return Document(job)


def _job(api_call: Asked) -> Document | Refusal:
    job = api_call.kept(_JOBS).get(api_call.parts[1])
    return Document(job) if job else no_such("file batch", api_call.parts[1])


def _search(api_call: Asked) -> Document | Refusal:
    store = found(api_call, _STORES, "vector store")
    if isinstance(store, Refusal):
        return store
    query = api_call.fields.get("query")
    hits = [
        {
            "file_id": file_id,
            "filename": known["shown"]["filename"],
            "score": round(_SCORE - _APART * rank, 2),
            "attributes": file["attributes"],
            "content": [
                {"type": "text", "text": known["data"].decode("utf-8", "replace")[:_SHOWN]}
            ],
        }
        for rank, (file_id, file) in enumerate(store["files"].items())
        if (known := api_call.kept(FILES).get(file_id)) is not None
    ]
    limit = api_call.fields.get("max_num_results")
    return Document(
        {
            "object": "vector_store.search_results.page",
            "search_query": query if isinstance(query, list) else [query],
            "data": hits[: limit if isinstance(limit, int) else 10],
            "has_more": False,
            "next_page": None,
        }
    )


_ONE = r"/vector_stores/([^/]+)"


class OpenAIVectorStores(OpenAIRouted):
    """OpenAI's vector stores."""

    api: ClassVar[str] = "vector_stores"
    table: ClassVar[tuple[Route, ...]] = (
        Route("POST", r"/vector_stores$", _created),
        Route("GET", r"/vector_stores$", _listed),
        Route("GET", _ONE + "$", _shown),
        Route("POST", _ONE + "$", _shown),
        Route("DELETE", _ONE + "$", _dropped),
        Route("POST", _ONE + "/search$", _search),
        Route("POST", _ONE + "/files$", _file_put),
        Route("GET", _ONE + "/files$", _files),
        Route("GET", _ONE + "/files/([^/]+)$", _file),
        Route("DELETE", _ONE + "/files/([^/]+)$", _file),
        Route("POST", _ONE + "/file_batches$", _job_begun),
        Route("GET", _ONE + "/file_batches/([^/]+)$", _job),
        Route("POST", _ONE + "/file_batches/([^/]+)/cancel$", _job),
    )
