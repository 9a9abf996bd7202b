"""A digest of a request's conversation, in one number that is comparable across wire formats.

It covers what an app takes along when it changes vendors: system prompt, history, tools and the
schema of the answer. Spaces do not count, nor into how many messages one speaker's turn is divided.
Of long texts only both ends are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from zlib import crc32

from chaos_llm.protocol.messages import Request
from chaos_llm.providers.conversation import continues_thread

_READ = 1024  # letters that are read of either end of a text
_SYSTEM = ("system", "developer")
_ROLES = {"user": "user", "assistant": "assistant", "model": "assistant"}
_BITS = (16, 16, 16, 8, 16, 8, 16)  # of the fields of a ConversationDigest, in their order


class ConversationDigest(NamedTuple):
    """Fingerprints of the parts of a request; 0 for a part that is missing.

    `turns` counts the turns of user and model that have a text, `tool_count` the tools. `schema` is
    the schema of a structured answer, or of the one tool whose call is forced instead.
    """

    prompt: int = 0
    system: int = 0
    history: int = 0
    turns: int = 0
    tools: int = 0
    tool_count: int = 0
    schema: int = 0

    def packed(self) -> int:
        """All fields in one number, to save memory: there may be millions of records."""
        number = 0
        for value, bits in zip(self, _BITS, strict=True):
            number = number << bits | value
        return number

    @classmethod
    def unpacked(cls, number: int) -> ConversationDigest:
        """The digest that was packed into a number."""
        values = []
        for bits in reversed(_BITS):
            values.append(number & ((1 << bits) - 1))
            number >>= bits
        return cls(*reversed(values))


def digest_of(request: Request) -> ConversationDigest:
    """The digest of a request; only the prompt's if its wire format has no conversation."""
    body = request.body
    if not isinstance(body, dict):
        return ConversationDigest(prompt=_fingerprint([request.prompt]))
    messages = _messages(body)
    system = [*_system(body), *(text for role, text in messages if role == "system")]
    turns = list(_turns((role, text) for role, text in messages if role != "system"))
    structure, tools = _structure(request)
    # The vendor may keep the history on its side; then the request has only its end.
    stored = bool(
        body.get("previous_response_id") or body.get("conversation") or continues_thread(body)
    )
    return ConversationDigest(
        prompt=_fingerprint([request.prompt]),
        system=_fingerprint(system),
        history=0 if stored else _fingerprint([text for _, text in turns]),
        turns=0 if stored else min(255, len(turns)),
        tools=_fingerprint(tools),
        tool_count=min(255, len(tools)),
        schema=_fingerprint(structure),
    )


def repeats_message(request: Request) -> bool:
    """Whether the user's last message is in the conversation twice in a row, without an answer."""
    if not isinstance(request.body, dict):
        return False
    texts = [text for role, text in _messages(request.body) if role != "system"]
    roles = [role for role, _ in _messages(request.body) if role != "system"]
    return roles[-2:] == ["user", "user"] and texts[-1] == texts[-2]


def _structure(request: Request) -> tuple[list[str], list[str]]:
    """The names of a structured answer's fields, and the names of the other tools."""
    names = sorted({tool.name for tool in request.tools})
    if request.schema is not None:
        return _fields(request.schema), names
    if request.forced_tool is not None and len(request.tools) == 1:
        structure = _fields(request.tools[0].parameters)
        return structure, [] if structure else names
    return [], names


def _fields(schema: Any) -> list[str]:
    """The names of an object schema's fields; none for another schema."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return sorted(properties) if isinstance(properties, dict) else []


def _system(body: dict[str, Any]) -> Iterator[str]:
    """The system prompt of formats that have a field of its own for it."""
    for name in ("system", "instructions", "systemInstruction", "system_instruction"):
        yield from _texts(body.get(name))


def _messages(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Role and text of each message; the role is "system", "user" or "assistant"."""
    names = ("messages", "input", "contents", "items")  # the last: in a Realtime session
    messages = next((body[name] for name in names if body.get(name)), None)
    if messages is None:
        messages = body.get("prompt")
    if isinstance(messages, str):
        return [("user", messages)]
    if not isinstance(messages, list):
        return []
    found = []
    for message in messages:
        if isinstance(message, dict):
            role = message.get("role", "user" if "parts" in message else "")
            text = "".join(_texts(message.get("content", message.get("parts"))))
            if not text or not isinstance(role, str):
                continue
            if role in _SYSTEM:
                found.append(("system", text))
            elif role in _ROLES:
                found.append((_ROLES[role], text))
    return found


def _turns(messages: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Join the messages of a speaker's turn: some formats divide a turn, and some do not."""
    speaker, turn = "", ""
    for role, text in messages:
        if role != speaker and turn:
            yield speaker, turn
            turn = ""
        speaker, turn = role, turn + text
    if turn:
        yield speaker, turn


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            yield from _texts(part)
    elif isinstance(content, dict):
        yield from _texts(content.get("text") or content.get("parts"))


def _fingerprint(texts: list[str]) -> int:
    """A number of 16 bits for these texts without their spaces; 0 for no text."""
    read = "".join([_ends(text) for text in texts]) if texts else ""
    if not read:
        return 0
    return 1 + crc32(read.encode("utf-8", "replace")) % 0xFFFF


def _ends(text: str) -> str:
    """A text without spaces; of a long one both ends."""
    read = text if len(text) <= 2 * _READ else text[:_READ] + text[-_READ:]
    return "".join(read.split())
