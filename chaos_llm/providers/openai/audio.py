"""OpenAI's audio: speech is a second of silence, and any file's transcript is a healthy answer.

POST /v1/audio/speech, /v1/audio/transcriptions, /v1/audio/translations
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from chaos_llm.protocol.messages import Completion, Document, Refusal, Request
from chaos_llm.providers.framing import split
from chaos_llm.providers.media_files import TYPES, silence
from chaos_llm.providers.routes import Asked, Route, Upload

_HEARD = "This is the recording of one second."  # where no model can answer
_LENGTH = 1.0  # seconds of the recording
_NO_FILE = "Missing required parameter: 'file'."


def _spoken(api_call: Asked) -> Document | Refusal:
    for name in ("model", "input", "voice"):
        if not api_call.fields.get(name):
            message = f"Missing required parameter: '{name}'."
            return Refusal("invalid_request", message=message)
    kind = str(api_call.fields.get("response_format") or "mp3")
    if kind not in TYPES:
        named = ", ".join(f"'{each}'" for each in TYPES)
        message = f"Invalid value: '{kind}'. Supported values are: {named}."
        return Refusal("invalid_request", message=message)
    return Document(content=silence(kind), media=TYPES[kind])


def _transcribed(api_call: Asked) -> Document | Refusal:
    file = api_call.fields.get("file")
    if not isinstance(file, Upload):
        return Refusal("invalid_request", message=_NO_FILE)
    text, form = (
        _words(api_call.request, api_call),
        api_call.fields.get("response_format") or "json",
    )
    if api_call.fields.get("stream") in ("true", True):
        return Document(content=_events(text), media="text/event-stream; charset=utf-8")
    if form == "text":
        return Document(content=f"{text}\n".encode(), media="text/plain; charset=utf-8")
    if form in ("srt", "vtt"):
        return Document(content=_subtitles(text, str(form)), media="text/plain; charset=utf-8")
    if form == "verbose_json":
        return Document(_verbose(text))
    usage: dict[str, Any] = {"type": "duration", "seconds": round(_LENGTH)}
    return Document({"text": text, "usage": usage})


def _words(request: Request, api_call: Asked) -> str:
    """The transcript: the model's answer to an empty prompt."""
    if api_call.reply_context.speak is None:
        return _HEARD
    completion = api_call.reply_context.speak(
        replace(request, body=None), str(api_call.reply_context.rng.number(64))
    )
    return completion.text if isinstance(completion, Completion) else _HEARD


def _verbose(text: str) -> dict[str, Any]:
    segment = {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": _LENGTH,
        "text": f" {text}",
        "tokens": [len(word) for word in text.split()],
        "temperature": 0.0,
        "avg_logprob": -0.3,
        "compression_ratio": 1.1,
        "no_speech_prob": 0.01,
    }
    head = {"task": "transcribe", "language": "english", "duration": _LENGTH, "text": text}
    usage = {"type": "duration", "seconds": round(_LENGTH)}
    return head | {"segments": [segment], "usage": usage}


def _subtitles(text: str, form: str) -> bytes:
    if form == "srt":
        return f"1\n00:00:00,000 --> 00:00:01,000\n{text}\n\n\n".encode()
    return f"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{text}\n\n".encode()


def _events(text: str) -> bytes:
    events = [{"type": "transcript.text.delta", "delta": piece} for piece in split(text)]
    events.append({"type": "transcript.text.done", "text": text})
    return b"".join(f"data: {json.dumps(each)}\n\n".encode() for each in events)


AUDIO = (
    Route("POST", r"/audio/speech$", _spoken),
    Route("POST", r"/audio/(transcriptions|translations)$", _transcribed),
)
