"""A failure that a team has recorded, byte for byte."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.faults._arguments import check_status, mistaken
from chaos_llm.faults._whole import whole
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply

# A recorder decodes a body of text: headers about its encoding and framing no longer apply.
_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding")


@dataclass(frozen=True, repr=False)
class Raw(Fault):
    """A recorded failure: a status, headers, and a body as text, bytes or `json`.

    With a body of bytes all headers stay as given. With text or `json` the headers of length and
    encoding are replaced; `json` adds a content type if the headers have none. `body_file` is the
    file, beside the profile's own, from which a profile reads the body.
    """

    status: int
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = ()
    body: str | bytes = b""
    _: KW_ONLY
    json: Any = field(default=None, hash=False)
    body_file: str = ""

    ends_reply = True

    def __post_init__(self) -> None:
        check_status(self, range(200, 600))
        if not isinstance(self.body, str | bytes):
            raise mistaken(self, "body", "text or bytes; for another value use json=")
        if self.json is not None and self.body:
            raise UsageError("raw(body=..., json=...): a reply has one body; give one of them")
        try:
            json_text.dumps(self.json)
        except (TypeError, ValueError) as mistake:
            raise UsageError(
                f"raw(json=...): {mistake}; give a value that JSON can express"
            ) from None
        object.__setattr__(self, "headers", self._pairs())

    def _pairs(self) -> tuple[tuple[str, str], ...]:
        headers = self.headers.items() if isinstance(self.headers, Mapping) else self.headers
        try:
            return tuple((str(name), str(value)) for name, value in headers)
        except (TypeError, ValueError):
            expected = "a mapping of names to values, or pairs of them"
            raise mistaken(self, "headers", expected) from None

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        headers, body = self._pairs(), self.body
        if self.json is not None:
            body = json_text.dumps(self.json, ensure_ascii=False, separators=(",", ":"))
            if not any(name.lower() == "content-type" for name, _ in headers):
                headers = (("content-type", "application/json"), *headers)
        if isinstance(body, str):
            headers = tuple(pair for pair in headers if pair[0].lower() not in _OF_THE_WIRE)
        return whole(reply, self.status, headers, body)
