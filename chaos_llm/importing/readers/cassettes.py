"""Cassettes of vcrpy (YAML and JSON), of VCR for Ruby, and of go-vcr (versions 1 to 4).

A cassette has no time of its own: the reply's `date` header, or `recorded_at` where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chaos_llm.importing import moments
from chaos_llm.importing.opened_file import read_all
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.recording import cassette
from chaos_llm.recording.cassette import Interaction
from chaos_llm.recording.http_call import http_call
from chaos_llm.recording.recorded_call import RecordedCall

_YAML = re.compile(r"^(?:http_)?interactions:|\A- request:", re.MULTILINE)
_JSON = re.compile(r'"(?:http_)?interactions"\s*:\s*\[')


class Cassettes:
    """Reads whole cassettes; they are small."""

    name = "cassette"
    reads = "cassettes of vcrpy and pytest-recording (YAML, JSON), VCR for Ruby and go-vcr"

    def recognises(self, file: RecordedFile) -> bool:
        return bool(_YAML.search(file.head) or _JSON.search(file.head))

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        for number, value in enumerate(cassette.documents_of(read_all(file.path), file.path), 1):
            file.secrets.note_fields(value)
            try:
                yield _call(cassette.interaction(value), file)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, f"no interaction of a cassette: {error!r:.120}")


def _call(recorded: Interaction, file: RecordedFile) -> RecordedCall:
    file.secrets.note(recorded.request_headers, recorded.url.partition("?")[2])
    file.secrets.note(recorded.headers)
    if not recorded.when:
        raise ValueError("neither a `date` header nor `recorded_at` says when it was")
    call = http_call(
        at=moments.moment(recorded.when),
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
