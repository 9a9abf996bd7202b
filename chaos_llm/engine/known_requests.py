"""Requests that differ from an earlier one only in the text of their prompt, read without parsing.

An app asks in one form again and again. Parsing and validating a request takes most of the time of
a healthy exchange, and both depend on everything but the prompt's words: what a vendor refuses is a
text that is empty, blank, too long, or in the wrong place. So a form that was found sound is kept:
the bytes before and after the prompt, and the request that was read.

Nothing is taken for granted. A form is kept when it is met a second time, and only if other prompts
in its place, a short and a long one among them, are read as predicted and found sound. It applies
only if every header that reading it asked for has the same value, on the same day (models are
retired), to bodies under 4 KB (which are shorter than any model's window).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any
from zlib import crc32

from chaos_llm.journal.exchange_kinds import exchange_kind_of
from chaos_llm.protocol import markers, strict_json
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.messages import Request, WireRequest
from chaos_llm.providers.framing import PLAIN, quote
from chaos_llm.providers.provider import Provider, ReplyContext
from chaos_llm.providers.refusals import validated

LONGEST = 4000  # bytes of a body that is read in this way
_MOST_FORMS = 8  # of one path of one host
_MOST_PATHS = 128
_MOST_SEEN = 64  # forms that were met once
# To keep a form costs as much as some ten requests; an app whose forms never repeat must not pay.
_CREDIT, _COST = 1024, 16
_DAY = 86_400.0  # seconds
# Prompts unlike each other, to find out what of a request depends on its prompt.
_PROBES = (
    "Why",
    "Where is the order KX-48213, please? It should have come (on Monday), I think.",
    " \n1 ",
)
# Fields of a body by which a vendor may run tools of its own before it answers.
_WITH_TOOLS = frozenset(("tools", "mcp_servers", "toolConfig"))
_FIELDS = tuple(field.name for field in fields(Request))
_OWN = ("prompt", "size", "input_tokens", "body")  # of each request of a form

_OF_FORMS = tuple(name for name in _FIELDS if name not in _OWN)
_fields_of_form = attrgetter(*_OF_FORMS)

NOT_TRIED = object()
_HASHED_END = 512  # bytes of either end of a body that its fingerprint reads
_Path = tuple[int, bool, str, str, str, str, bool]


class KnownRequest(Request):
    """A sound request of a known form; its body is parsed when it is first asked for.

    What does not depend on the prompt is read from the form's own request, all of it when a part is
    asked for.
    """

    __slots__ = ("_body", "form")

    _body: Any
    form: Form  # type: ignore[misc]  # a slot here, and a constant of the class above

    def __getattr__(self, name: str) -> Any:
        if name not in _FIELDS:
            raise AttributeError(name)
        self.fill_in()
        return getattr(self, name)

    def fill_in(self) -> None:
        """Read all that does not depend on the prompt."""
        for name, value in zip(_OF_FORMS, _fields_of_form(self.form.request), strict=True):
            setattr(self, name, value)

    @property
    def body(self) -> Any:
        if isinstance(self._body, bytes):
            self._body = strict_json.loads(self._body) | self.form.added
        return self._body

    @body.setter
    def body(self, value: Any) -> None:
        self._body = value


class _NotedHeaders(Mapping[str, str]):
    """The headers of a request, and which of them were asked for."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self.asked: dict[str, str | None] = {}
        self.is_read_whole = False

    def __getitem__(self, name: str) -> str:
        if name not in self:
            raise KeyError(name)
        return self._headers[name]

    def get(self, name: str, default: Any = None) -> Any:
        value: str | None
        value = self.asked[name] = self._headers.get(name)
        return default if value is None else value

    def __contains__(self, name: object) -> bool:
        return self.get(str(name)) is not None

    def __iter__(self) -> Iterator[str]:
        self.is_read_whole = True
        return iter(self._headers)

    def __len__(self) -> int:
        self.is_read_whole = True
        return len(self._headers)


def fingerprint(body: bytes) -> int:
    """A number of 30 bits that tells bodies apart by their length and both ends.

    Reading only the ends keeps it fast for long bodies.
    """
    ends = crc32(body[-_HASHED_END:], crc32(body[:_HASHED_END]))
    return (len(body) ^ ends) & 0x3FFFFFFF


class Reading:
    """A body of a known form: its prompt, the tokens in that, and the fingerprint of the body."""

    __slots__ = ("body", "fingerprint", "form", "prompt", "tokens")

    def __init__(self, form: Form, body: bytes, prompt: str) -> None:
        self.form, self.body, self.prompt = form, body, prompt
        self.tokens, self.fingerprint = markers.find(prompt), fingerprint(body)

    def request(self) -> KnownRequest:
        """The request that it is."""
        return self.form.filled(self.prompt, self.body)


class Form:
    """A sound request without its prompt: the bytes around it, and what was read.

    `last` is the body that was read last: a client that tries again sends the same one.
    """

    __slots__ = (
        "_lengths",
        "added",
        "after",
        "before",
        "day",
        "headers",
        "kind",
        "last",
        "met",
        "model",
        "provider",
        "reasons",
        "reply",
        "request",
        "wants_text",
    )

    def __init__(
        self, provider: Provider, before: bytes, after: bytes, day: int, request: Request
    ) -> None:
        self.provider, self.day = provider, day  # known by its id, which is its own while it lives
        self.before, self.after = before, after
        self.added = _added_to(request)
        self.reply: Any = NOT_TRIED  # what is kept of its replies
        self._lengths = len(before), len(after)
        self.last: Reading | None = None
        self.headers: tuple[tuple[str, str | None], ...] = ()
        # The last headers with these values. They are never changed, so one look at them is enough.
        self.met: Mapping[str, str] | None = None
        self.request, self.kind, self.model = request, exchange_kind_of(request), request.model
        self.reasons = request.reasons
        # Whether a healthy provider answers it with a text, perhaps after reasoning.
        self.wants_text = (
            request.surface == "api"
            and not (request.tools or request.stop_sequences)
            and _WITH_TOOLS.isdisjoint(request.body or ())
            # Tools that the provider runs show in its reply, some with words of the prompt.
            and not _offers_tools(request.body)
            and request.choices == 1
            and _is_for_the_model(provider, request)
        )

    def reading(self, body: bytes) -> Reading | None:
        """What a body of this form says; None of any other, or if a parser has to look at it."""
        last = self.last
        if last is not None and body == last.body:
            return last
        if not (body.startswith(self.before) and body.endswith(self.after)):
            return None
        before, after = self._lengths
        quoted = body[before : len(body) - after]  # nothing where both ends overlap
        try:
            if not quoted.translate(None, PLAIN):
                text = quoted.decode("ascii")
            elif b"\\" in quoted:
                # JSON's own reader of one text, which raises if the text ends before the bytes do.
                text = "" if b"\\u" in quoted else str(json.loads(b'"%b"' % quoted))
            else:
                text = quoted.decode()
                if '"' in text or not text.isprintable():
                    return None
        except ValueError:
            return None
        if not text or text.isspace():  # which some vendors refuse
            return None
        self.last = last = Reading(self, body, text)
        return last

    def filled(self, prompt: str, body: bytes) -> KnownRequest:
        """The request with this prompt."""
        filled = KnownRequest.__new__(KnownRequest)
        request: Any = filled  # because the type checker has frozen it
        request.form, request.prompt, request._body = self, prompt, body
        request.size = size = len(body)
        request.input_tokens = size // 4
        return filled

    def is_met_by(self, headers: Mapping[str, str]) -> bool:
        """Whether the headers that reading it asked for have the same values."""
        for name, value in self.headers:
            if headers.get(name) != value:
                return False
        self.met = headers
        return True


def _offers_tools(body: Any) -> bool:
    return isinstance(body, dict) and bool(body.get("tools") or body.get("mcp_servers"))


def _added_to(request: Request) -> dict[str, Any]:
    """What a wire format has added to the body of a request, under a name that is no JSON key."""
    body = request.body if isinstance(request.body, dict) else {}
    return {name: value for name, value in body.items() if name.startswith("$")}


class KnownRequests:
    """The known forms, by provider, host and path. They outlive outages: none depends on one.

    `forms` is how many are kept of one path of one host; with 0, each request is parsed.
    """

    def __init__(self, forms: int = _MOST_FORMS) -> None:
        self._most_forms = forms
        self._forms: dict[_Path, list[Form]] = {}
        self._seen: dict[tuple[object, ...], None] = {}
        self._credit = _CREDIT

    @property
    def has_credit(self) -> bool:
        """Whether more forms may be kept; each request of a known form earns some credit."""
        return self._credit >= _COST and self._most_forms > 0

    def find(
        self, provider: Provider, wire: WireRequest, now: float, *, strict: bool
    ) -> Reading | None:
        """What a request of a known form says; `now` is in Unix seconds."""
        body = wire.body
        if len(body) > LONGEST:
            return None
        forms = self._forms.get(_path(provider, wire, strict=strict))
        if forms is None:
            return None
        day = int(now // _DAY)
        for form in forms:
            reading = form.reading(body) if form.day == day else None
            if reading is None:
                continue
            if form.met is wire.headers or form.is_met_by(wire.headers):
                if self._credit < _CREDIT:
                    self._credit += 1
                return reading
        return None

    def parse(self, provider: Provider, wire: WireRequest, now: float, *, strict: bool) -> Request:
        """Parse and validate a request that has no known form, and note the form that it has."""
        request = _parsed(provider, wire, now, strict)
        if (
            request.invalid is None
            and request.prompt
            and len(wire.body) <= LONGEST
            and self.has_credit
        ):
            self._note(_path(provider, wire, strict=strict), provider, wire, request, now)
        return request

    def _note(
        self, path: _Path, provider: Provider, wire: WireRequest, request: Request, now: float
    ) -> None:
        """Keep the form of a sound request if it was met before."""
        quoted = quote(request.prompt).encode()
        before, found, after = wire.body.rpartition(quoted)
        if not found:
            return
        before, after = before + b'"', b'"' + after
        met = (*path, before, after)
        if met not in self._seen:
            if len(self._seen) >= _MOST_SEEN:
                del self._seen[next(iter(self._seen))]
            self._seen[met] = None
            return
        self._credit -= _COST
        form = Form(provider, before, after, int(now // _DAY), request)
        # With a schema some vendors want the word JSON in the prompt.
        is_sound = request.schema is None and _foretells(form, wire, request, now, path[1])
        if is_sound:
            if len(self._forms) >= _MOST_PATHS:
                del self._forms[next(iter(self._forms))]
            self._forms[path] = [form, *self._forms.get(path, ())][: self._most_forms]


KNOWN = KnownRequests()


def _path(provider: Provider, wire: WireRequest, *, strict: bool) -> _Path:
    return (id(provider), strict, wire.method, wire.host, wire.path, wire.query, wire.served)


def _parsed(provider: Provider, wire: WireRequest, now: float, strict: bool) -> Request:
    request = provider.parse(wire)
    return validated(request, wire, now) if strict else request


def _is_for_the_model(provider: Provider, request: Request) -> bool:
    """Whether the model answers, and not the endpoint itself, whatever it has stored."""
    if type(provider).healthy is Provider.healthy:
        return True
    no_state: Any = None  # which raises where an endpoint looks at its state
    try:
        return provider.healthy(request, ReplyContext(0.0, KeyedRandom(), no_state)) is None
    except (TypeError, AttributeError):
        return False


def _foretells(form: Form, wire: WireRequest, request: Request, now: float, strict: bool) -> bool:
    """Whether other prompts in the place of this one are read as a form predicts.

    The headers that reading them asked for are part of the form.
    """
    headers = _NotedHeaders(wire.headers)
    for prompt in (request.prompt, *_PROBES):
        body = form.before[:-1] + quote(prompt).encode() + form.after[1:]
        predicted = form.filled(prompt, body)
        found = _parsed(form.provider, replace(wire, body=body, headers=headers), now, strict)
        if any(getattr(found, name) != getattr(predicted, name) for name in _FIELDS):
            return False
    form.headers = tuple(headers.asked.items())
    return not headers.is_read_whole
