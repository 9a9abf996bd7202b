"""Runs of OpenAI's assistants: their states, messages and tool calls.

Shapes are those of the types in openai 3.52. How long a run takes is assumed.
"""

from __future__ import annotations

import json
from typing import Any

from chaos_llm.protocol.messages import Completion, Request
from chaos_llm.providers.framing import base58, split
from chaos_llm.providers.openai.request_fields import forced_tool_of, tools_of
from chaos_llm.providers.openai.routed import short_id
from chaos_llm.providers.routes import Asked

_QUEUED, _WORKED = 1.0, 4.0  # seconds from its creation: assumed
_LIFETIME = 600.0


def new_run(api_call: Asked, thread: dict[str, Any], assistant: dict[str, Any]) -> dict[str, Any]:
    """Begin a run of an assistant on a thread."""
    fields = api_call.fields
    run = {
        "id": short_id("run_", api_call.reply_context),
        "thread": thread,
        "assistant": assistant["id"],
        "model": fields.get("model") or assistant["model"],
        "instructions": fields.get("instructions") or assistant["instructions"] or "",
        "tools": fields.get("tools") or assistant["tools"],
        "tool_choice": fields.get("tool_choice") or "auto",
        "began": api_call.reply_context.now,
        "said": None,
        "outputs": False,
        "cancelled": False,
        "ended": False,
        "metadata": fields.get("metadata") or {},
    }
    thread["runs"][run["id"]] = run
    return run


def status_of(run: dict[str, Any], api_call: Asked) -> str:
    """The state of a run now; once it has completed, its message is added to the thread."""
    if run["cancelled"]:
        return "cancelled"
    age = api_call.reply_context.now - run["began"]
    if age < _WORKED and not run["ended"]:
        return "queued" if age < _QUEUED else "in_progress"
    if run["said"] is None:
        run["said"] = _speak(run, api_call)
    if run["said"].tool_calls and not run["outputs"]:
        return "requires_action"
    if not run["ended"]:
        add_message(api_call, run["thread"], "assistant", run["said"].text, run)
        run["ended"] = True
    return "completed"


def answer_tools(run: dict[str, Any], api_call: Asked) -> None:
    """Continue the run with the app's tool outputs; it then answers with a text."""
    run |= {"outputs": True, "began": api_call.reply_context.now, "said": None}


def shown(run: dict[str, Any], api_call: Asked) -> dict[str, Any]:
    """Show a run as the API does."""
    status, began = status_of(run, api_call), int(run["began"])
    ended = int(run["began"] + _WORKED) if status == "completed" else None
    return {
        "id": run["id"],
        "object": "thread.run",
        "created_at": began,
        "assistant_id": run["assistant"],
        "thread_id": run["thread"]["id"],
        "status": status,
        "started_at": began if status != "queued" else None,
        "expires_at": None if ended else int(run["began"] + _LIFETIME),
        "cancelled_at": began if status == "cancelled" else None,
        "failed_at": None,
        "completed_at": ended,
        "required_action": _action(run) if status == "requires_action" else None,
        "last_error": None,
        "model": run["model"],
        "instructions": run["instructions"],
        "tools": run["tools"],
        "metadata": run["metadata"],
        "temperature": 1.0,
        "top_p": 1.0,
        "max_completion_tokens": None,
        "max_prompt_tokens": None,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "incomplete_details": None,
        "usage": _usage(run) if status == "completed" else None,
        "response_format": "auto",
        "tool_choice": run["tool_choice"],
        "parallel_tool_calls": True,
    }


def add_message(
    api_call: Asked,
    thread: dict[str, Any],
    role: str,
    content: Any,
    run: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Add a message to a thread."""
    parts = content if isinstance(content, list) else [{"type": "text", "text": str(content)}]
    message = {
        "id": short_id("msg_", api_call.reply_context),
        "object": "thread.message",
        "created_at": int(api_call.reply_context.now),
        "thread_id": thread["id"],
        "status": "completed",
        "incomplete_details": None,
        "completed_at": int(api_call.reply_context.now) if run else None,
        "incomplete_at": None,
        "role": role,
        "content": [_part(part) for part in parts],
        "assistant_id": run["assistant"] if run else None,
        "run_id": run["id"] if run else None,
        "attachments": [],
        "metadata": {},
    }
    thread["messages"][str(message["id"])] = message
    return message


def events(run: dict[str, Any], api_call: Asked) -> bytes:
    """Write a run as a stream: its states, its message in pieces, and the end."""
    run["began"] = api_call.reply_context.now - _WORKED  # a streamed run is done at once
    entries = [
        (f"thread.run.{state}", _as(shown(run, api_call), state)) for state in ("created", "queued")
    ]
    entries.append(("thread.run.in_progress", _as(shown(run, api_call), "in_progress")))
    final = shown(run, api_call)
    if final["status"] == "completed":
        entries += _message_events(run)
    entries.append((f"thread.run.{final['status']}", final))
    lines = [f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in entries]
    return "".join([*lines, "event: done\ndata: [DONE]\n\n"]).encode()


def _as(run: dict[str, Any], state: str) -> dict[str, Any]:
    status = "queued" if state == "created" else state
    return run | {"status": status, "usage": None, "completed_at": None, "required_action": None}


def _message_events(run: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    message = list(run["thread"]["messages"].values())[-1]
    empty = message | {"status": "in_progress", "content": [], "completed_at": None}
    entries = [("thread.message.created", empty), ("thread.message.in_progress", empty)]
    for piece in split(run["said"].text):
        text = {"value": piece, "annotations": []}
        delta = {"content": [{"index": 0, "type": "text", "text": text}]}
        fields = {"id": message["id"], "object": "thread.message.delta", "delta": delta}
        entries.append(("thread.message.delta", fields))
    return [*entries, ("thread.message.completed", message)]


def _part(part: Any) -> Any:
    """A content part as the API shows it: a text gets its annotations."""
    if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
        return {"type": "text", "text": {"value": part["text"], "annotations": []}}
    return part


def _speak(run: dict[str, Any], api_call: Asked) -> Completion:
    """The model's answer to the last message of the thread."""
    prompt = ""
    for message in run["thread"]["messages"].values():
        if message["role"] == "user":
            texts = (part["text"]["value"] for part in message["content"] if part["type"] == "text")
            prompt = "\n".join(texts)
    base = api_call.request
    request = Request(
        provider=base.provider,
        api="chat",
        surface=base.surface,
        host=base.host,
        path=base.path,
        model=str(run["model"]),
        prompt=prompt,
        tools=() if run["outputs"] else tools_of({"tools": run["tools"]}),
        forced_tool=forced_tool_of({"tool_choice": run["tool_choice"]}),
        credential=base.credential,
        input_tokens=-(-len(prompt) // 4),
    )
    key = f"{run['id']} {run['outputs']}"
    answer = api_call.reply_context.speak(request, key) if api_call.reply_context.speak else None
    return answer if isinstance(answer, Completion) else Completion()


def _action(run: dict[str, Any]) -> dict[str, Any]:
    calls = [
        {
            "id": f"call_{base58(hash_of(run['id'], index), 24)}",
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for index, call in enumerate(run["said"].tool_calls)
    ]
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}


def hash_of(name: str, index: int) -> int:
    """A number for the id of an object that belongs to another one."""
    return int.from_bytes(f"{name}{index}".encode()[-30:])


def _usage(run: dict[str, Any]) -> dict[str, int]:
    usage = run["said"].usage
    prompt, completion = usage.input_tokens, usage.output_tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
