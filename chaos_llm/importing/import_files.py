"""Read files of recordings and make the draft of a profile, with the files beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.importing import change_points, readers
from chaos_llm.importing.call_series import Calls
from chaos_llm.importing.draft import Draft, draft
from chaos_llm.importing.reader import Reader
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.profiles import observations as observed
from chaos_llm.profiles import to_toml
from chaos_llm.protocol.redaction import Secrets, without_shapes
from chaos_llm.recording.recorded_call import RecordedCall, RecordedPost
from chaos_llm.requests.hosts import provider_names

_SUFFIXES = {".har", ".yaml", ".yml", ".json", ".jsonl", ".ndjson", ".csv", ".log"}
_NAME = re.compile(r"[^a-z0-9]+")

Progress = Callable[[str, float], None]


@dataclass
class Imported:
    """A draft, and the secrets of the files that it was made of, which must not be written."""

    draft: Draft
    secrets: list[Secrets] = field(default_factory=list)

    def write(self, path: Path) -> list[Path]:
        """Write the profile and the files beside it; returns their paths."""
        profile = self.draft.profile
        texts = {path: to_toml(profile, dated=True)}
        texts[observed.path_beside(path)] = observed.written(self.draft.observations)
        for name, body in self.draft.bodies.items():
            texts[path.parent / name] = body
        for each, text in texts.items():
            each.parent.mkdir(parents=True, exist_ok=True)
            each.write_text(self._masked(text), encoding="utf-8")
        return list(texts)

    def _masked(self, text: str) -> str:
        for secrets in self.secrets:
            text = secrets.masked(text)
        return without_shapes(text)


def import_files(
    paths: Sequence[Path],
    *,
    name: str,
    format_name: str = "",
    columns: Mapping[str, str] | None = None,
    provider: str = "",
    once: bool = False,
    progress: Progress | None = None,
    tell: Callable[[str], None] = print,
) -> Imported:
    """The draft of a profile of all these files together; `tell` gets what each file said.

    `provider` is assumed where a call names none. With `once`, a call that begins and ends when one
    in another file does counts once; those with one id do so anyway. Raises UsageError for a file
    of an unknown format, for files without failures, and if the extra `import` is not installed.
    """
    if provider and provider not in provider_names():
        raise UnknownName("provider", provider, provider_names())
    change_points.require()
    calls = Calls()
    posts: list[RecordedPost] = []
    secrets: list[Secrets] = []
    assumed: list[str] = []
    for path in _files(paths):
        file = _opened(path, columns or {}, progress)
        reader = readers.reader_of(file, format_name)
        calls.files.append(str(path))
        posts += _posts(_read(reader, file), calls, provider)
        secrets.append(file.secrets)
        assumed += [f"{file.path.name}: {text}" for text in file.assumed]
        for message in _about(file, reader.name):
            tell(message)
    if calls.unnamed and calls.count:
        count = sum(calls.unnamed.values())
        tell(f"{count} calls name no provider and are left out; --provider NAME assumes one")
    shared = _judge_shared(calls, once=once)
    names = _with_calls(paths, calls)
    made = draft(calls, posts, name=name, recorded_in=names, assumed=assumed, remarks=shared)
    return Imported(made, secrets)


def _posts(
    found: Iterable[RecordedCall | RecordedPost], calls: Calls, provider: str
) -> Iterator[RecordedPost]:
    """The posts of what was found; the calls are added to the others."""
    for each in found:
        if isinstance(each, RecordedCall):
            calls.add(each, provider)
        else:
            yield each


def _judge_shared(calls: Calls, *, once: bool) -> list[str]:
    """What is said of calls that several files have; those that count once are left out."""
    from chaos_llm.importing import shared_calls  # noqa: PLC0415 - imports an extra

    return shared_calls.judge(calls, once=once)


def _with_calls(paths: Sequence[Path], calls: Calls) -> list[str]:
    """The names of the files and folders that have calls; of all of them if none has."""
    numbers = {number for series in calls.series.values() for number in set(series.file)}
    found = [Path(calls.files[number]) for number in sorted(numbers)]
    chosen = [path for path in paths if any(file.is_relative_to(path) for file in found)]
    return [path.name or str(path) for path in chosen or paths]


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files; of a folder, such as Polly.JS makes, those in it that are recordings by name."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(filter(_is_recording, path.rglob("*")))
        if not inside:
            raise UsageError(f"{path}: there is no recording in this folder")
        yield from inside


def _is_recording(path: Path) -> bool:
    """Whether a file is a recording by its name, and not what an import wrote beside a profile."""
    named = bool(_SUFFIXES & set(path.suffixes)) and not path.name.endswith(observed.SUFFIX)
    is_body = Path(f"{path.parent}.toml").is_file()
    return named and path.is_file() and not is_body


def _read(reader: Reader, file: RecordedFile) -> Iterator[RecordedCall | RecordedPost]:
    """What a reader finds; it may be a team's own, and its errors are about the file."""
    try:
        yield from reader.read(file)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UsageError(
            f"{file.path} cannot be read as {reader.name} ({reader.reads}): {error!r:.200}; "
            "--format NAME reads it as another one"
        ) from error


def _opened(path: Path, columns: Mapping[str, str], progress: Progress | None) -> RecordedFile:
    if not path.exists():
        raise UsageError(f"{path}: there is no such file")
    if not path.is_file():
        raise UsageError(f"{path} is no file that can be read twice: save it as one first")
    report = None if progress is None else (lambda share: progress(path.name, share))
    return RecordedFile(path, report, dict(columns))


def _about(file: RecordedFile, format_name: str) -> Iterator[str]:
    yield f"{file.path.name}: read as {format_name}"
    for note in file.notes:
        yield f"{file.path.name}: {note}"
    broken = file.broken
    if broken.count:
        shown = "; ".join(f"{number}: {why}" for number, why in broken.first[:5])
        more = f"; and {broken.count - 5} more" if broken.count > 5 else ""
        were = "record was" if broken.count == 1 else "records were"
        yield f"{file.path.name}: {broken.count} broken {were} skipped ({shown}{more})"


def name_of(path: Path) -> str:
    """The name of the profile in a file: its stem, in the letters that names have."""
    return _NAME.sub("-", path.name.removesuffix(".toml").lower()).strip("-") or "recorded"
