"""The catalogue of readers: a new one is a file in this folder and a line in both lists below."""

from __future__ import annotations

from chaos_llm import extensions
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.importing.reader import Reader
from chaos_llm.importing.readers.access_log import AccessLog
from chaos_llm.importing.readers.cassettes import Cassettes
from chaos_llm.importing.readers.columns import Columns
from chaos_llm.importing.readers.http_archive import HttpArchive
from chaos_llm.importing.readers.litellm_log import LiteLlmLog
from chaos_llm.importing.readers.observability import HELICONE, LANGFUSE, PORTKEY
from chaos_llm.importing.readers.otlp_spans import OtlpSpans
from chaos_llm.importing.readers.own_recording import OwnRecording
from chaos_llm.importing.readers.status_pages import StatusPages
from chaos_llm.importing.recorded_file import RecordedFile

_BUILT_IN: tuple[Reader, ...] = (
    OwnRecording(),
    HttpArchive(),
    Cassettes(),
    OtlpSpans(),
    StatusPages(),
    LiteLlmLog(),
    HELICONE,
    PORTKEY,
    LANGFUSE,
    AccessLog(),
    Columns(),  # the last: it takes any lines that have a time and a status
)


def known() -> tuple[Reader, ...]:
    """All readers; those that a team added come first."""
    added = tuple(_made(name, thing) for name, thing in extensions.added("readers"))
    return (*added, *_BUILT_IN)


def reader_of(file: RecordedFile, name: str = "") -> Reader:
    """The reader of that name, or the first that recognises the file.

    Raises UnknownName for an unknown name, and UsageError for a file that none recognises.
    """
    readers = known()
    if name:
        named = {reader.name: reader for reader in readers}
        if name not in named:
            raise UnknownName("format", name, named)
        return named[name]
    if not file.head.strip():
        raise UsageError(f"{file.path} is empty")
    for reader in readers:
        if reader.recognises(file):
            return reader
    formats = "; ".join(f"{reader.name}: {reader.reads}" for reader in readers)
    raise UsageError(
        f"{file.path}: unknown format. Known are {formats}. For any other CSV or JSON lines, name "
        "the columns: --columns at=TIME,status=CODE,provider=VENDOR,milliseconds=LATENCY"
    )


def _made(name: str, thing: object) -> Reader:
    made = thing() if isinstance(thing, type) else thing
    for needed in ("name", "reads", "recognises", "read"):
        if not hasattr(made, needed):
            raise extensions.mistake("readers", name, f"is no reader: it has no {needed!r}")
    return made  # type: ignore[return-value] # checked just now
