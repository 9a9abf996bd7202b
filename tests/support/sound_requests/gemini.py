"""generateContent by google-genai, at both of Google's APIs."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from support.sound_requests import CLOSED, LOOSE, PNG

SDK = "google.genai"
FUNCTION = {"name": "get_weather", "description": "w", "parameters_json_schema": LOOSE}
TOOLS = [{"function_declarations": [FUNCTION]}]
CALL = {"function_call": {"name": "get_weather", "args": {"location": "a"}}}
RESPONSE = {"function_response": {"name": "get_weather", "response": {"result": 15}}}
IMAGE = {"inline_data": {"data": b64decode(PNG), "mime_type": "image/png"}}
THOUGHTS = {"include_thoughts": True}

# The configuration of each request, and what it says if it is not "Hi".
REQUESTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "plain": ("Hi", {}),
    "parameters": (
        "Hi",
        {
            "system_instruction": "Be brief.",
            "temperature": 0.3,
            "top_p": 0.9,
            "top_k": 20,
            "max_output_tokens": 500,
            "stop_sequences": ["\n"],
            "candidate_count": 1,
            "seed": 5,
        },
    ),
    "image": ([{"role": "user", "parts": [IMAGE, {"text": "What?"}]}], {}),
    "turns": (
        [{"role": role, "parts": [{"text": "a"}]} for role in ("user", "model", "user")],
        {},
    ),
    "functions": ("Hi", {"tools": TOOLS}),
    "forced function": (
        "Hi",
        {
            "tools": TOOLS,
            "tool_config": {
                "function_calling_config": {
                    "mode": "ANY",
                    "allowed_function_names": ["get_weather"],
                }
            },
        },
    ),
    "responses": (
        [
            {"role": "user", "parts": [{"text": "a"}]},
            {"role": "model", "parts": [CALL]},
            {"role": "user", "parts": [RESPONSE]},
        ],
        {"tools": TOOLS},
    ),
    "Google's own tools": ("Hi", {"tools": [{"google_search": {}}, {"url_context": {}}]}),
    "schema": (
        "Hi",
        {"response_mime_type": "application/json", "response_json_schema": CLOSED},
    ),
    "budget of thinking": ("Hi", {"thinking_config": THOUGHTS | {"thinking_budget": 1024}}),
    "no thinking": ("Hi", {"thinking_config": {"thinking_budget": 0}}),
    "safety": (
        "Hi",
        {"safety_settings": [{"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "BLOCK_NONE"}]},
    ),
}
_KEPT: list[Any] = []  # a client that nobody keeps closes itself


def client(api: str) -> Any:
    from google import genai  # noqa: PLC0415

    options: dict[str, Any] = {"api_key": "k"}
    if api == "vertex":
        from google.oauth2.credentials import Credentials  # noqa: PLC0415

        options = {"vertexai": True, "project": "p", "location": "us-central1"}
        options["credentials"] = Credentials("token")  # type: ignore[no-untyped-call]
    _KEPT.append(genai.Client(**options))
    return _KEPT[-1]


def ask(api: str, contents: Any, config: Any) -> Any:
    models = client(api).models
    return models.generate_content(model="gemini-2.5-flash", contents=contents, config=config)


def stream(api: str, contents: Any, config: Any) -> Any:
    models = client(api).models
    return list(
        models.generate_content_stream(model="gemini-2.5-flash", contents=contents, config=config)
    )


def get_weather(city: str) -> str:
    """Look the weather up."""
    return f"15 in {city}"


def chat(api: str, model: str, *, streams: bool) -> None:
    """The SDK's own loop, which sends each streamed event back as a content of its own."""
    config = {"tools": [get_weather], "thinking_config": THOUGHTS}
    talk = client(api).chats.create(model=model, config=config)
    for question in ("Weather?", "And tomorrow?"):
        if streams:
            list(talk.send_message_stream(question))
        else:
            talk.send_message(question)


def loop(api: str, model: str) -> None:
    """A loop that sends the model's content back, with its signature."""
    models, turns = client(api).models, [{"role": "user", "parts": [{"text": "Weather?"}]}]
    for _ in range(2):
        reply = models.generate_content(model=model, contents=turns, config={"tools": TOOLS})
        turns += [reply.candidates[0].content, {"role": "user", "parts": [RESPONSE]}]
        if not reply.function_calls:
            turns[-1] = {"role": "user", "parts": [{"text": "Thanks."}]}
    models.generate_content(model=model, contents=turns, config={"tools": TOOLS})


CASES: dict[str, Any] = {}
for _api in ("gemini", "vertex"):
    for _name, (_contents, _config) in REQUESTS.items():
        _asked = {"api": _api, "contents": _contents, "config": _config}
        CASES[f"{_api}: {_name}, whole"] = (ask, _asked)
        CASES[f"{_api}: {_name}, streamed"] = (stream, _asked)
    for _model in ("gemini-2.5-flash", "gemini-3-pro-preview"):
        _loop = {"api": _api, "model": _model}
        CASES[f"{_api}: loop of {_model}"] = (loop, _loop)
        CASES[f"{_api}: chat with {_model}"] = (chat, _loop | {"streams": False})
        CASES[f"{_api}: streamed chat with {_model}"] = (chat, _loop | {"streams": True})
