"""One call to a provider as a recording has it, whatever the format of the recording was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CallEnd = Literal[
    "complete",  # the whole reply came
    "cut",  # the connection was closed before the end of the reply
    "reset",  # the connection was reset
    "timeout",  # the client gave up waiting
    "refused",  # no connection: refused
    "unresolved",  # no connection: the name has no address
    "tls",  # no connection: the TLS handshake failed
    "connect_timeout",  # no connection: nothing answered
    "abandoned",  # the client left while a reply was under way
]
CALL_ENDS: tuple[CallEnd, ...] = (
    *("complete", "cut", "reset", "timeout", "refused", "unresolved", "tls"),
    *("connect_timeout", "abandoned"),
)


@dataclass(slots=True)
class RecordedCall:
    """A request and the reply to it. An empty or None field is unknown.

    * at: seconds since 1970, when the request was sent
    * first_byte, seconds: from then to the first byte of the reply's body, and to its end
    * first_token, token: the same to the first token, and between two tokens of a stream
    * client: digests or names that tell who asked: a user, a session; `credential` one of the key
    * reply_id: the vendor's id of the reply, or a gateway's of the request; no other call has it
    * error_type, error_message: as in the body of an error; `error_event` in a reply of status 200
    * body: that of a failure, masked; `content_share` is the share of the content before a cut
    """

    at: float
    provider: str = ""
    model: str = ""
    surface: str = "api"
    host: str = ""
    method: str = "POST"
    path: str = ""
    status: int = 0
    end: CallEnd = "complete"
    first_byte: float | None = None
    seconds: float | None = None
    first_token: float | None = None
    token: float | None = None
    stream: bool | None = None
    client: str = ""
    credential: str = ""
    retry_after: float | None = None
    content_type: str = ""
    server: str = ""
    error_type: str = ""
    error_message: str = ""
    error_event: bool = False
    body: str = ""
    region: str = ""
    reply_id: str = ""


@dataclass(frozen=True, slots=True)
class RecordedPost:
    """A post of a status page; `at` is seconds since 1970, `incident` the page's own id."""

    at: float
    incident: str
    state: str = ""
    says: str = ""
    impact: str = ""
    components: tuple[str, ...] = ()
    page: str = ""  # the page's address
    page_name: str = ""
