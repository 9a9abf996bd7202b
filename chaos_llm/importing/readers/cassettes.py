"""Cassettes of vcrpy (YAML and JSON), of VCR for Ruby, and of go-vcr (versions 1 to 4).

A cassette has no time of its own: `recorded_at` where there is one, or the reply's `date` header.
Suites often leave the headers out; then the order of the calls is all that is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from chaos_llm.importing import moments
from chaos_llm.importing.opened_file import read_all
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.recording import cassette
from chaos_llm.recording.cassette import Interaction
from chaos_llm.recording.http_call import http_call
from chaos_llm.recording.recorded_call import RecordedCall

_YAML = re.compile(r"^(?:http_)?interactions:|\A- request:|\Arequests:$", re.MULTILINE)
_JSON = re.compile(r'"(?:http_)?interactions"\s*:\s*\[')
_APART = 1.0  # seconds at least between two calls at unknown times


class Cassettes:
    """Reads whole cassettes; they are small."""

    name = "cassette"
    reads = "cassettes of vcrpy and pytest-recording (YAML, JSON), VCR for Ruby and go-vcr"

    def recognises(self, file: RecordedFile) -> bool:
        return bool(_YAML.search(file.head) or _JSON.search(file.head))

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        found: list[Interaction] = []
        for number, value in enumerate(cassette.documents_of(read_all(file.path), file.path), 1):
            file.secrets.note_fields(value)
            try:
                found.append(cassette.interaction(value))
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, f"no interaction of a cassette: {error!r:.120}")
        for each, at in zip(found, _times(found, file), strict=True):
            yield _call(each, at, file)


def _times(found: Sequence[Interaction], file: RecordedFile) -> Sequence[float]:
    """When each call was; one of an unknown time follows the one before it."""
    known = [moments.optional_moment(each.when) for each in found]
    unknown = known.count(None)
    if unknown:
        file.assume(
            f"{unknown} of {len(found)} replies have neither a `date` header nor `recorded_at`; "
            "each is taken to have begun when the one before had ended, and a second later at least"
        )
    dated = ((at, number) for number, at in enumerate(known) if at is not None)
    at, before = next(dated, (float(int(file.path.stat().st_mtime)), 0))
    takes = [max(_APART, moments.duration(each.duration) or 0.0) for each in found]
    at -= sum(takes[:before])
    times = []
    for each, seconds in zip(known, takes, strict=True):
        at = at if each is None else each
        times.append(at)
        at += seconds
    return times


def _call(recorded: Interaction, at: float, file: RecordedFile) -> RecordedCall:
    file.secrets.note(recorded.request_headers, recorded.url.partition("?")[2])
    file.secrets.note(recorded.headers)
    if recorded.lacks and recorded.status >= 400:
        file.note(f"bodies that {recorded.lacks} decompresses are left out: it is not installed")
    call = http_call(
        at=at,
        method=recorded.method,
        url=recorded.url,
        request_headers=recorded.request_headers,
        request_body=recorded.request_body,
        status=recorded.status,
        headers=recorded.headers,
        body=recorded.body,
    )
    call.seconds = moments.duration(recorded.duration) or None  # go-vcr
    return call
