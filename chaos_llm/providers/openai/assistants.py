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


def _created(api_call: Asked) -> Document | Refusal:
    fields = api_call.fields
    if not isinstance(fields.get("model"), str):
        return Refusal("invalid_request", message="Missing required parameter: 'model'.")
    assistant = {
        "id": short_id("asst_", api_call.reply_context),
        "object": "assistant",
        "created_at": int(api_call.reply_context.now),
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
    api_call.kept(_ASSISTANTS)[assistant["id"]] = assistant
    return Document(assistant)


def _listed(api_call: Asked) -> Document:
    return Document(page_of(api_call.kept(_ASSISTANTS), api_call.fields, lambda each: each))


def _assistant(api_call: Asked) -> Document | Refusal:
    assistant = found(api_call, _ASSISTANTS, "assistant")
    if isinstance(assistant, Refusal):
        return assistant
    if api_call.request.body["$method"] == "POST":
        assistant.update(
            {name: api_call.fields[name] for name in assistant if name in api_call.fields}
        )
    return Document(assistant)


def _assistant_dropped(api_call: Asked) -> Document | Refusal:
    return deleted(api_call, _ASSISTANTS, "assistant", "assistant.deleted")


def _new_thread(api_call: Asked, fields: dict[str, Any]) -> dict[str, Any]:
    thread: dict[str, Any] = {
        "id": short_id("thread_", api_call.reply_context),
        "created": int(api_call.reply_context.now),
        "metadata": fields.get("metadata") or {},
        "messages": {},
        "runs": {},
    }
    for message in fields.get("messages") or ():
        add_message(api_call, thread, str(message.get("role")), message.get("content"))
    api_call.kept(_THREADS)[thread["id"]] = thread
    return thread


def _thread_created(api_call: Asked) -> Document:
    return Document(_thread_of(_new_thread(api_call, api_call.fields)))


def _thread_of(thread: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": thread["id"],
        "object": "thread",
        "created_at": thread["created"],
        "metadata": thread["metadata"],
        "tool_resources": {},
    }


def _thread(api_call: Asked) -> Document | Refusal:
    thread = found(api_call, _THREADS, "thread")
    return thread if isinstance(thread, Refusal) else Document(_thread_of(thread))


def _thread_dropped(api_call: Asked) -> Document | Refusal:
    return deleted(api_call, _THREADS, "thread", "thread.deleted")


def _message_created(api_call: Asked) -> Document | Refusal:
    thread = found(api_call, _THREADS, "thread")
    if isinstance(thread, Refusal):
        return thread
    role = str(api_call.fields.get("role") or "user")
    return Document(add_message(api_call, thread, role, api_call.fields.get("content")))


def _messages(api_call: Asked) -> Document | Refusal:
    thread = found(api_call, _THREADS, "thread")
    if isinstance(thread, Refusal):
        return thread
    run_id = api_call.fields.get("run_id")
    kept = {
        name: each for name, each in thread["messages"].items() if run_id in (None, each["run_id"])
    }
    return Document(page_of(kept, api_call.fields, lambda each: each))


def _message(api_call: Asked) -> Document | Refusal:
    thread = found(api_call, _THREADS, "thread")
    if isinstance(thread, Refusal):
        return thread
    message = thread["messages"].get(api_call.parts[1])
    return Document(message) if message else no_such("message", api_call.parts[1])


def _run_begun(api_call: Asked) -> Document | Refusal:
    thread = found(api_call, _THREADS, "thread")
    return thread if isinstance(thread, Refusal) else _run_on(api_call, thread)


def _thread_and_run(api_call: Asked) -> Document | Refusal:
    thread = api_call.fields.get("thread")
    return _run_on(api_call, _new_thread(api_call, thread if isinstance(thread, dict) else {}))


def _run_on(api_call: Asked, thread: dict[str, Any]) -> Document | Refusal:
    name = str(api_call.fields.get("assistant_id"))
    assistant = api_call.kept(_ASSISTANTS).get(name)
    if assistant is None:
        return no_such("assistant", name)
    for message in api_call.fields.get("additional_messages") or ():
        add_message(api_call, thread, str(message.get("role")), message.get("content"))
    return _run_reply(api_call, new_run(api_call, thread, assistant))


def _run_reply(api_call: Asked, run: dict[str, Any]) -> Document:
    """Show a run, or stream it."""
    if api_call.fields.get("stream") is True:
        return Document(content=events(run, api_call), media=_EVENTS)
    return Document(shown(run, api_call))


def _run_of(api_call: Asked) -> Any:
    thread = found(api_call, _THREADS, "thread")
    if isinstance(thread, Refusal):
        return thread
    return thread["runs"].get(api_call.parts[1]) or no_such("run", api_call.parts[1])


def _run(api_call: Asked) -> Document | Refusal:
    run = _run_of(api_call)
    return run if isinstance(run, Refusal) else Document(shown(run, api_call))


def _run_cancelled(api_call: Asked) -> Document | Refusal:
    run = _run_of(api_call)
    if isinstance(run, Refusal):
        return run
    run["cancelled"] = not run["ended"]
    return Document(shown(run, api_call))


def _tools_answered(api_call: Asked) -> Document | Refusal:
    run = _run_of(api_call)
    if isinstance(run, Refusal):
        return run
    answer_tools(run, api_call)
    return _run_reply(api_call, run)


def _runs(api_call: Asked) -> Document | Refusal:
    thread = found(api_call, _THREADS, "thread")
    if isinstance(thread, Refusal):
        return thread
    return Document(page_of(thread["runs"], api_call.fields, lambda run: shown(run, api_call)))


def _steps(api_call: Asked) -> Document | Refusal:
    run = _run_of(api_call)
    return run if isinstance(run, Refusal) else Document(page_of({}, api_call.fields, dict))


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
