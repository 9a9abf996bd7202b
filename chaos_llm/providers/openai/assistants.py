"""OpenAI's assistants: POST /v1/assistants, threads with their messages, and runs on them.

They do what the SDK's quick start needs, with functions and streamed runs. OpenAI has retired the
API in favour of Responses; apps still use it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.protocol.messages import Document, Refusal
from chaos_llm.providers.openai.assistant_runs import (
    add_message,
    answer_tools,
    events,
    new_run,
    shown,
)
from chaos_llm.providers.openai.routed import OpenAIRouted, deleted, found, no_such, short_id
from chaos_llm.providers.routes import Asked, Route, page_of

_ASSISTANTS, _THREADS = "assistants", "threads"
_EVENTS = "text/event-stream; charset=utf-8"


def _created(asked: Asked) -> Document | Refusal:
    fields = asked.fields
    if not isinstance(fields.get("model"), str):
        return Refusal("invalid_request", message="Missing required parameter: 'model'.")
    assistant = {
        "id": short_id("asst_", asked.reply_context),
        "object": "assistant",
        "created_at": int(asked.reply_context.now),
        "name": fields.get("name"),
        "description": fields.get("description"),
        "model": fields["model"],
        "instructions": fields.get("instructions"),
        "tools": fields.get("tools") or [],
        "tool_resources": fields.get("tool_resources") or {},
        "metadata": fields.get("metadata") or {},
        "temperature": 1.0,
        "top_p": 1.0,
        "response_format": fields.get("response_format") or "auto",
    }
    asked.kept(_ASSISTANTS)[assistant["id"]] = assistant
    return Document(assistant)


def _listed(asked: Asked) -> Document:
    return Document(page_of(asked.kept(_ASSISTANTS), asked.fields, lambda each: each))


def _assistant(asked: Asked) -> Document | Refusal:
    assistant = found(asked, _ASSISTANTS, "assistant")
    if isinstance(assistant, Refusal):
        return assistant
    if asked.request.body["$method"] == "POST":
        assistant.update({name: asked.fields[name] for name in assistant if name in asked.fields})
    return Document(assistant)


def _assistant_dropped(asked: Asked) -> Document | Refusal:
    return deleted(asked, _ASSISTANTS, "assistant", "assistant.deleted")


def _new_thread(asked: Asked, fields: dict[str, Any]) -> dict[str, Any]:
    thread: dict[str, Any] = {
        "id": short_id("thread_", asked.reply_context),
        "created": int(asked.reply_context.now),
        "metadata": fields.get("metadata") or {},
        "messages": {},
        "runs": {},
    }
    for message in fields.get("messages") or ():
        add_message(asked, thread, str(message.get("role")), message.get("content"))
    asked.kept(_THREADS)[thread["id"]] = thread
    return thread


def _thread_created(asked: Asked) -> Document:
    return Document(_thread_of(_new_thread(asked, asked.fields)))


def _thread_of(thread: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": thread["id"],
        "object": "thread",
        "created_at": thread["created"],
        "metadata": thread["metadata"],
        "tool_resources": {},
    }


def _thread(asked: Asked) -> Document | Refusal:
    thread = found(asked, _THREADS, "thread")
    return thread if isinstance(thread, Refusal) else Document(_thread_of(thread))


def _thread_dropped(asked: Asked) -> Document | Refusal:
    return deleted(asked, _THREADS, "thread", "thread.deleted")


def _message_created(asked: Asked) -> Document | Refusal:
    thread = found(asked, _THREADS, "thread")
    if isinstance(thread, Refusal):
        return thread
    role = str(asked.fields.get("role") or "user")
    return Document(add_message(asked, thread, role, asked.fields.get("content")))


def _messages(asked: Asked) -> Document | Refusal:
    thread = found(asked, _THREADS, "thread")
    if isinstance(thread, Refusal):
        return thread
    run_id = asked.fields.get("run_id")
    kept = {
        name: each for name, each in thread["messages"].items() if run_id in (None, each["run_id"])
    }
    return Document(page_of(kept, asked.fields, lambda each: each))


def _message(asked: Asked) -> Document | Refusal:
    thread = found(asked, _THREADS, "thread")
    if isinstance(thread, Refusal):
        return thread
    message = thread["messages"].get(asked.parts[1])
    return Document(message) if message else no_such("message", asked.parts[1])


def _run_begun(asked: Asked) -> Document | Refusal:
    thread = found(asked, _THREADS, "thread")
    return thread if isinstance(thread, Refusal) else _run_on(asked, thread)


def _thread_and_run(asked: Asked) -> Document | Refusal:
    thread = asked.fields.get("thread")
    return _run_on(asked, _new_thread(asked, thread if isinstance(thread, dict) else {}))


def _run_on(asked: Asked, thread: dict[str, Any]) -> Document | Refusal:
    name = str(asked.fields.get("assistant_id"))
    assistant = asked.kept(_ASSISTANTS).get(name)
    if assistant is None:
        return no_such("assistant", name)
    for message in asked.fields.get("additional_messages") or ():
        add_message(asked, thread, str(message.get("role")), message.get("content"))
    return _told(asked, new_run(asked, thread, assistant))


def _told(asked: Asked, run: dict[str, Any]) -> Document:
    """Show a run, or stream it."""
    if asked.fields.get("stream") is True:
        return Document(content=events(run, asked), media=_EVENTS)
    return Document(shown(run, asked))


def _run_of(asked: Asked) -> Any:
    thread = found(asked, _THREADS, "thread")
    if isinstance(thread, Refusal):
        return thread
    return thread["runs"].get(asked.parts[1]) or no_such("run", asked.parts[1])


def _run(asked: Asked) -> Document | Refusal:
    run = _run_of(asked)
    return run if isinstance(run, Refusal) else Document(shown(run, asked))


def _run_cancelled(asked: Asked) -> Document | Refusal:
    run = _run_of(asked)
    if isinstance(run, Refusal):
        return run
    run["cancelled"] = not run["ended"]
    return Document(shown(run, asked))


def _tools_answered(asked: Asked) -> Document | Refusal:
    run = _run_of(asked)
    if isinstance(run, Refusal):
        return run
    answer_tools(run, asked)
    return _told(asked, run)


def _runs(asked: Asked) -> Document | Refusal:
    thread = found(asked, _THREADS, "thread")
    if isinstance(thread, Refusal):
        return thread
    return Document(page_of(thread["runs"], asked.fields, lambda run: shown(run, asked)))


def _steps(asked: Asked) -> Document | Refusal:
    run = _run_of(asked)
    return run if isinstance(run, Refusal) else Document(page_of({}, asked.fields, dict))


_T, _R = r"/threads/([^/]+)", r"/threads/([^/]+)/runs/([^/]+)"


class OpenAIAssistants(OpenAIRouted):
    """OpenAI's assistants, threads and runs."""

    api: ClassVar[str] = "assistants"
    table: ClassVar[tuple[Route, ...]] = (
        Route("POST", r"/v1/assistants$", _created),
        Route("GET", r"/v1/assistants$", _listed),
        Route("GET", r"/v1/assistants/([^/]+)$", _assistant),
        Route("POST", r"/v1/assistants/([^/]+)$", _assistant),
        Route("DELETE", r"/v1/assistants/([^/]+)$", _assistant_dropped),
        Route("POST", r"/threads$", _thread_created),
        Route("POST", r"/threads/runs$", _thread_and_run),
        Route("GET", _T + "$", _thread),
        Route("DELETE", _T + "$", _thread_dropped),
        Route("POST", _T + "/messages$", _message_created),
        Route("GET", _T + "/messages$", _messages),
        Route("GET", _T + "/messages/([^/]+)$", _message),
        Route("POST", _T + "/runs$", _run_begun),
        Route("GET", _T + "/runs$", _runs),
        Route("GET", _R + "$", _run),
        Route("POST", _R + "/cancel$", _run_cancelled),
        Route("POST", _R + "/submit_tool_outputs$", _tools_answered),
        Route("GET", _R + "/steps$", _steps),
    )
