"""Our own recordings: what `chaos-llm record`, `--chaos-record` and `chaos_llm.record` wrote."""

from __future__ import annotations

from collections.abc import Iterator

from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.recording import recording_file
from chaos_llm.recording.recorded_call import RecordedCall

_OWN_FIELDS = {"at", "end"}


class OwnRecording:
    """Reads recordings of chaos_llm."""

    name = "recording"
    reads = "recordings of chaos-llm record"

    def recognises(self, file: RecordedFile) -> bool:
        return any(
            recording_file.is_head(each) or (set(each) >= _OWN_FIELDS and "kind" not in each)
            for each in file.sampled
        )

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        for number, record in file.json_lines():
            if recording_file.is_head(record):
                continue
            try:
                yield recording_file.call_of(record)
            except (TypeError, ValueError) as error:
                file.broken.add(number, str(error))
