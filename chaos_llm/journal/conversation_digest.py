"""What a request asks of a model, kept in one small number that is comparable across dialects.

Only what carries a conversation from one vendor to another is in it: system prompt, history, tools
and the wanted schema. Spaces do not count, nor how often one speaker's turn is divided; of long
texts both ends are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from zlib import crc32

from chaos_llm.protocol.messages import Request

_READ = 1024  # letters of either end of a text
_SYSTEM = ("system", "developer")
_ROLES = {"user": "user", "assistant": "assistant", "model": "assistant"}
_BITS = (16, 16, 16, 8, 16, 8, 16)  # of the fields of a ConversationDigest, in their order


class ConversationDigest(NamedTuple):
    """Fingerprints of a request's parts; 0 where there is none.

    `turns` counts the turns of user and model that have a text, `tool_count` the tools. `schema` is
    that of a structured answer, or of the one tool that must be called in its stead.
    """

    prompt: int = 0
    system: int = 0
    history: int = 0
    turns: int = 0
    tools: int = 0
    tool_count: int = 0
    schema: int = 0

    def packed(self) -> int:
        """All of it as one number: a record has room for no more."""
        number = 0
        for value, bits in zip(self, _BITS, strict=True):
            number = number << bits | value
        return number

    @classmethod
    def unpacked(cls, number: int) -> ConversationDigest:
        """The other way round."""
        values = []
        for bits in reversed(_BITS):
            values.append(number & ((1 << bits) - 1))
            number >>= bits
        return cls(*reversed(values))


def digest_of(request: Request) -> ConversationDigest:
    """Read off a request what it asks; nothing where its format has no conversation."""
    body = request.body
    if not isinstance(body, dict):
        return ConversationDigest(prompt=_print([request.prompt]))
    said = _conversation(body)
    system = [*_system(body), *(text for role, text in said if role == "system")]
    turns = list(_turns((role, text) for role, text in said if role != "system"))
    structure, tools = _structure(request)
    stored = bool(body.get("previous_response_id") or body.get("conversation"))
    return ConversationDigest(
        prompt=_print([request.prompt]),
        system=_print(system),
        history=0 if stored else _print(text for _, text in turns),
        turns=0 if stored else min(255, len(turns)),
        tools=_print(tools),
        tool_count=min(255, len(tools)),
        schema=_print(structure),
    )


def _structure(request: Request) -> tuple[list[str], list[str]]:
    """The fields of a structured answer, and the names of the tools besides."""
    names = sorted({tool.name for tool in request.tools})
    if request.schema is not None:
        return _fields(request.schema), names
    if request.forced_tool is not None and len(request.tools) == 1:
        structure = _fields(request.tools[0].parameters)
        return structure, [] if structure else names
    return [], names


def _fields(schema: Any) -> list[str]:
    """The names of an object's fields; JSON of any kind has none."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return sorted(properties) if isinstance(properties, dict) else []


def _system(body: dict[str, Any]) -> Iterator[str]:
    """The system prompt where it stands beside the messages."""
    for name in ("system", "instructions", "systemInstruction", "system_instruction"):
        yield from _texts(body.get(name))


def _conversation(body: dict[str, Any]) -> list[tuple[str, str]]:
    messages = body.get("messages") or body.get("input") or body.get("contents")
    if messages is None:
        messages = body.get("prompt")
    if isinstance(messages, str):
        return [("user", messages)]
    if not isinstance(messages, list):
        return []
    said = []
    for message in messages:
        if isinstance(message, dict):
            role = message.get("role", "user" if "parts" in message else "")
            text = "".join(_texts(message.get("content", message.get("parts"))))
            if not text or not isinstance(role, str):
                continue
            if role in _SYSTEM:
                said.append(("system", text))
            elif role in _ROLES:
                said.append((_ROLES[role], text))
    return said


def _turns(said: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """One turn of each speaker after the other: some dialects divide a turn, and some do not."""
    speaker, words = "", ""
    for role, text in said:
        if role != speaker and words:
            yield speaker, words
            words = ""
        speaker, words = role, words + text
    if words:
        yield speaker, words


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            yield from _texts(part)
    elif isinstance(content, dict):
        yield from _texts(content.get("text") or content.get("parts"))


def _print(texts: Iterable[str]) -> int:
    """A fingerprint of texts, spaces apart; 0 where there is nothing."""
    seen = "".join(_ends(text) for text in texts)
    if not seen:
        return 0
    return 1 + crc32(seen.encode("utf-8", "replace")) % 0xFFFF


def _ends(text: str) -> str:
    shown = text if len(text) <= 2 * _READ else text[:_READ] + text[-_READ:]
    return "".join(shown.split())
