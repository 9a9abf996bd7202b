"""Every session on a websocket, message for message; control frames as hexadecimal digits.

A golden file is what a provider sends in one session. `UPDATE_GOLDEN=1 pytest
tests/providers/test_session_golden.py` writes them anew and fails, so that nobody takes the writing
for a test; then read the diff.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from support.wire_requests import (
    CALLED,
    PROMPT,
    SAID,
    reply_context,
    wire_request,
)

from chaos_llm.protocol import websocket
from chaos_llm.protocol.messages import Break, Completion, Refusal
from chaos_llm.providers import SESSIONS

GOLDEN = Path(__file__).parent.parent / "golden"
FORMATS = {f"{provider.name}-{provider.api}": provider for provider in SESSIONS}
ANSWERS = {
    "plain": SAID,
    "tools": CALLED,
    "length": replace(SAID, stop="length"),
    "nothing": Completion(),
    "overloaded in the answer": replace(SAID, broken_by=Break(0.5, Refusal("overloaded"))),
    "rate limited": Refusal("rate_limited", retry_after=7),
    "server error": Refusal("server_error"),
}
ITEM = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": PROMPT}],
}
SPOKEN = {  # by a client, before each answer and behind the last
    "openai-realtime": [
        {"type": "session.update", "session": {"output_modalities": ["text"]}},
        {"type": "conversation.item.create", "item": ITEM | {"id": "item_mine"}},
        {"type": "conversation.item.retrieve", "item_id": "item_mine"},
        {"type": "conversation.item.retrieve", "item_id": "item_of_nobody"},
        {"type": "input_audio_buffer.commit"},
        {"type": "input_audio_buffer.append", "audio": "AAAA"},
        {"type": "input_audio_buffer.commit"},
        {"type": "conversation.item.delete", "item_id": "item_mine"},
        {"type": "response.cancel", "event_id": "event_mine"},
        {"type": "session.close"},
        {"type": "conversation.item.create", "item": ITEM},
        {"type": "response.create"},
    ],
    "openai-responses_websocket": [
        {"type": "response.create", "model": "gpt-5.5", "input": PROMPT, "generate": False},
        {"type": "response.processed", "response_id": "resp_mine"},
        {"type": "response.cancel"},
        {"type": "response.create", "model": "gpt-5.5", "previous_response_id": "resp_of_nobody"},
        {"type": "response.create", "model": "gpt-5.5", "input": PROMPT},
        {"type": "response.create", "model": "gpt-5.5", "input": PROMPT},
    ],
    "openai-codex_websocket": [
        {"type": "response.create", "model": "gpt-5.5", "input": PROMPT},
    ],
    "gemini-live": [
        {"clientContent": {"turns": []}},
        {
            "setup": {
                "model": "models/gemini-live-2.5-flash",
                "generationConfig": {"responseModalities": ["TEXT"]},
            }
        },
        {"setup": {}},
        {"realtimeInput": {"audio": {"mimeType": "audio/pcm", "data": "AAAA"}}},
        {"client_content": {"turns": [{"role": "user", "parts": [{"text": PROMPT}]}]}},
        {"clientContent": {"turnComplete": True}},
    ],
}
SPOKEN["openai-codex_websocket"] = SPOKEN["openai-responses_websocket"]
AS_AUDIO = {  # what a turn has in its body where it is to be spoken
    "openai-realtime": {"output_modalities": ["audio"]},
    "gemini-live": {
        "generationConfig": {"responseModalities": ["AUDIO"]},
        "outputAudioTranscription": {},
    },
}


def lines(chunks) -> list[str]:
    return [
        f"after {chunk.delay:g} s " * bool(chunk.delay)
        + (chunk.data.hex() if chunk.data[0] & 0x80 else chunk.data.decode().rstrip("\n"))
        for chunk in chunks
    ]


def session_of(provider, label):
    """What is sent at the upgrade and by the session, and the body of the turn it leads to."""
    wire = wire_request(provider, query="model=gpt-realtime")
    request = provider.parse(wire)
    reply = provider.render(request, provider.healthy(request, reply_context()), reply_context())
    head = [str(reply.status), *(f"{name}: {value}" for name, value in reply.headers)]
    told, session, turn = (
        [*head, *lines(reply.chunks)],
        provider.session(request, reply_context()),
        b"",
    )
    for each in SPOKEN[label]:
        told.append(f"> {json.dumps(each)}")
        reaction = session.received(json.dumps(each))
        told += lines(reaction.messages)
        turn = reaction.turn or turn
    return told, turn


@pytest.mark.parametrize("label", FORMATS)
def test_a_session_is_its_golden_messages(label):
    provider = FORMATS[label]
    told, turn = session_of(provider, label)
    for audio in (False, *([True] if label in AS_AUDIO else ())):
        for name, answer in ANSWERS.items():
            body = json.loads(turn) | (AS_AUDIO[label] if audio else {})
            wire = wire_request(provider, method=websocket.MESSAGE, body=body)
            reply = provider.render(provider.parse(wire), answer, reply_context())
            told += [f"= {name}{' as audio' * audio}: {reply.status}", *lines(reply.chunks)]
    golden, text = GOLDEN / f"{label}.session", "\n".join([*told, ""])
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
        pytest.fail(f"wrote {golden.name}: read the diff, then run without UPDATE_GOLDEN")
    assert text == golden.read_text(encoding="utf-8")
