"""What is wrong with a conversation of Gemini's: roles, function calls, responses, signatures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from chaos_llm.providers.google.json_fields import field as read
from chaos_llm.providers.refusals.checked_request import CheckedRequest
from chaos_llm.providers.refusals.predicates import WRONG
from chaos_llm.providers.refusals.rule import Found, found, shown
from chaos_llm.providers.refusals.tokens import OVER, least_tokens
from chaos_llm.providers.signatures import is_invalid

_ROLES = ("user", "model", "function", "tool")
_SIGNED_FROM = (3, 0)
_GOOGLE = "gemini"  # whose signatures hold at Vertex AI, too
_SIGNATURE = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
_THINKING_RANGES = (
    ("2.5-pro", 128, 32_768),
    ("2.5-flash-lite", 512, 24_576),
    ("2.5-flash", 0, 24_576),
)
_JSON_WITH_TOOLS_FROM = (3, 0)


@dataclass(slots=True)
class Turn:
    """Contents of one speaker in a row: their calls and responses, and whether they have a text.

    `called_at` and `answered_at` are the contents with the first call and the first response.
    """

    is_model: bool
    calls: list[dict[str, Any]] = field(default_factory=list)
    responses: int = 0
    has_text: bool = False
    called_at: int = 0
    answered_at: int = 0

    def take(self, index: int, parts: object) -> None:
        """Add a content's parts."""
        for part in parts if isinstance(parts, list) else ():
            if isinstance(read(part, "functionCall"), dict):
                self.called_at = self.called_at if self.calls else index
                self.calls.append(part)
            elif read(part, "functionResponse") is not None:
                self.answered_at = self.answered_at if self.responses else index
                self.responses += 1
            elif isinstance(part, dict) and part.get("text"):
                self.has_text = True


def turns_of(request: CheckedRequest) -> list[Turn]:
    """The turns of a conversation.

    The chats of google-genai send each event of a streamed turn back as a content of its own.
    """
    made: list[Turn] = []
    for (_, index), value in request.at("contents[]"):
        content = value if isinstance(value, dict) else {}
        is_model = content.get("role") == "model"
        if not made or made[-1].is_model != is_model:
            made.append(Turn(is_model))
        made[-1].take(int(index), content.get("parts"))
    return made


def no_contents(body: Any, _request: CheckedRequest) -> Found | None:
    """A request without contents."""
    return WRONG if body.get("contents") in (None, []) else None


def role(content: Any, _request: CheckedRequest) -> Found | None:
    """A content with an unknown role."""
    if not isinstance(content, dict) or content.get("role") is None:
        return None
    return None if content["role"] in _ROLES else found("role", role=shown(content["role"]))


def role_missing(content: Any, _request: CheckedRequest) -> Found | None:
    """A content without a role, which Vertex requires."""
    return found("role") if isinstance(content, dict) and not content.get("role") else None


def no_parts(content: Any, _request: CheckedRequest) -> Found | None:
    """A content without parts."""
    return found("parts") if isinstance(content, dict) and not content.get("parts") else None


def unequal(_contents: Any, request: CheckedRequest) -> Found | None:
    """Function calls that are not answered one by one in what comes next."""
    turns = request.once(turns_of)
    for turn, after in pairwise(turns):
        if turn.calls and after.responses != len(turn.calls):
            return found(turn.called_at, calls=len(turn.calls), answers=after.responses)
    return None


def call_misplaced(_contents: Any, request: CheckedRequest) -> Found | None:
    """A function call that no turn of the user's comes before."""
    first = next(iter(request.once(turns_of)), None)
    return found(first.called_at) if first is not None and first.calls else None


def response_without_call(_contents: Any, request: CheckedRequest) -> Found | None:
    """A function's response that does not come behind its call."""
    called = False
    for turn in request.once(turns_of):
        if turn.responses and not called:
            return found(turn.answered_at)
        called = bool(turn.calls)
    return None


def unsigned_call(_contents: Any, request: CheckedRequest) -> Found | None:
    """A function's call of the current turn that lost its signature; Gemini 3 wants it back.

    Of parallel calls the first one is signed.
    """
    facts = request.facts
    if facts.family != "gemini" or facts.version < _SIGNED_FROM:
        return None
    turns = request.once(turns_of)
    asks = (n for n, turn in enumerate(turns) if turn.has_text and not turn.is_model)
    for turn in turns[max(asks, default=0) :]:
        if turn.calls and not read(turn.calls[0], "thoughtSignature"):
            name, at = shown(read(turn.calls[0], "functionCall").get("name")), turn.called_at
            return found(at, name=name, index=at, position=at + 1)
    return None


def broken_signature(part: Any, _request: CheckedRequest) -> Found | None:
    """A signature that is no base64, is cut, or is another vendor's."""
    signature = read(part, "thoughtSignature")
    if signature is None:
        return None
    is_base64 = isinstance(signature, str) and _SIGNATURE.fullmatch(signature)
    if is_base64 and not is_invalid(_GOOGLE, "", signature):
        return None
    return found("thoughtSignature")


def function_name(name: Any, _request: CheckedRequest) -> Found | None:
    """A function's name that is none here."""
    return None if isinstance(name, str) and _NAME.fullmatch(name) else WRONG


def json_with_functions(mime: Any, request: CheckedRequest) -> Found | None:
    """JSON answers together with functions, for models that give one or the other."""
    if mime != "application/json" or not _is_before(request, _JSON_WITH_TOOLS_FROM):
        return None
    return WRONG if request.at("tools[].functionDeclarations[]") else None


def json_with_tools(mime: Any, request: CheckedRequest) -> Found | None:
    """JSON answers together with Google's own tools, for models that give one or the other."""
    if mime != "application/json" or not _is_before(request, _JSON_WITH_TOOLS_FROM):
        return None
    own = ("googleSearch", "codeExecution", "urlContext")
    return WRONG if any(request.at(f"tools[].{name}") for name in own) else None


def no_thinking(budget: Any, request: CheckedRequest) -> Found | None:
    """Thinking switched off for a model that always thinks."""
    return WRONG if budget == 0 and "2.5-pro" in request.model else None


def thinking_budget(budget: Any, request: CheckedRequest) -> Found | None:
    """A budget that the model does not take; -1 lets it choose, and 0 is none."""
    if type(budget) is not int or budget in (-1, 0):
        return None
    for name, least, most in _THINKING_RANGES:
        if name in request.model:
            return None if least <= budget <= most else found(least=least, most=most)
    return None


def thinking_level(level: Any, request: CheckedRequest) -> Found | None:
    """A level of thinking for a model that has budgets."""
    return WRONG if level is not None and _is_before(request, _SIGNED_FROM) else None


def too_much_output(value: Any, request: CheckedRequest) -> Found | None:
    """A limit of output tokens that the model does not reach."""
    most = request.facts.output
    if most is None or type(value) is not int or 1 <= value <= most:
        return None
    return found(end=most + 1)


def over_the_window(_body: Any, request: CheckedRequest) -> Found | None:
    """A prompt that is longer than the window, by far."""
    window = request.facts.window
    if window is None or len(request.wire.body) < window * OVER:
        return None  # no token is shorter than a byte
    tokens = least_tokens([request.body.get(part) for part in ("contents", "systemInstruction")])
    return found(tokens=tokens, window=window) if tokens > window * OVER else None


def _is_before(request: CheckedRequest, version: tuple[int, int]) -> bool:
    facts = request.facts
    return facts.family == "gemini" and (0, 0) < facts.version < version
