"""The right body comes with a wrong content type."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from chaos_llm.faults._arguments import check_words, mistaken
from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Reply

_EXPECTED = 'a media type, such as "text/plain"'
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")


@dataclass(frozen=True, repr=False)
class WrongContentType(Fault):
    """The provider's body comes complete, with a content type that does not match it.

    The anthropic and openai SDKs read it all the same; aiohttp's `response.json()` raises.
    """

    content_type: str = "text/plain"

    def __post_init__(self) -> None:
        check_words(self, "content_type", _EXPECTED)
        if not _MEDIA_TYPE.match(self.content_type):
            raise mistaken(self, "content_type", _EXPECTED)

    def on_reply(self, reply: Reply, fault_context: FaultContext) -> Reply:
        headers = tuple(
            (name, self.content_type if name.lower() == "content-type" else value)
            for name, value in reply.headers
        )
        return replace(reply, headers=headers)
