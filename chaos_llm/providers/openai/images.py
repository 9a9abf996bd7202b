"""OpenAI's images: POST /v1/images/generations, /edits and /variations, which are small and grey.

An image comes as base64, or as a URL at the host of the real ones, which is served, too.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from chaos_llm.protocol.messages import Document, Refusal
from chaos_llm.providers.media_files import png
from chaos_llm.providers.openai.routed import short_id
from chaos_llm.providers.routes import Asked, Route

STORE = "oaidalleapiprodscus.blob.core.windows.net"
_MOST = 10
_TOKENS = 272  # of a small image of gpt-image-1: its documentation


def _made(api_call: Asked) -> Document | Refusal:
    fields = api_call.fields
    if "generations" in api_call.request.path and not fields.get("prompt"):
        return Refusal("invalid_request", message="Missing required parameter: 'prompt'.")
    model, count = str(fields.get("model") or "dall-e-2"), str(fields.get("n") or 1)
    number = min(_MOST, int(count)) if count.isdecimal() else 1
    by_address = model.startswith("dall-e") and fields.get("response_format") != "b64_json"
    data: list[dict[str, Any]] = []
    for _ in range(number):
        name = f"https://{STORE}/private/{short_id('img-', api_call.reply_context)}.png"
        data.append({"url": name} if by_address else {"b64_json": b64encode(png()).decode()})
    made: dict[str, Any] = {"created": int(api_call.reply_context.now), "data": data}
    if model == "dall-e-3":
        made["data"] = [each | {"revised_prompt": str(fields.get("prompt"))} for each in data]
    if not model.startswith("dall-e"):
        made |= _of_gpt_image(api_call, number)
    return Document(made)


def _of_gpt_image(api_call: Asked, number: int) -> dict[str, Any]:
    input_tokens, output_tokens = api_call.request.input_tokens, _TOKENS * number
    details = {"text_tokens": input_tokens, "image_tokens": 0}
    usage = {
        "input_tokens": input_tokens,
        "input_tokens_details": details,
        "output_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
    }
    chosen = {"background": "opaque", "output_format": "png", "quality": "low", "size": "1024x1024"}
    requested = {name: value for name, value in api_call.fields.items() if name in chosen}
    return chosen | requested | {"usage": usage}


def _picture(api_call: Asked) -> Document:  # noqa: ARG001 - one for all
    return Document(content=png(), media="image/png")


IMAGES = (Route("POST", r"/images/(generations|edits|variations)$", _made),)
PICTURES = (Route("GET", r"/private/(img-\w+)\.png$", _picture),)
