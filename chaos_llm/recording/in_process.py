"""Records the calls that this process makes to providers: `chaos_llm.record`.

Calls with httpx, aiohttp and urllib3 are seen, and so those of the vendors' SDKs, requests and
botocore. Calls by other clients (gRPC, pycurl) are not; `chaos-llm record` sees those over HTTP.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chaos_llm.errors import UsageError
from chaos_llm.recording import aiohttp_calls, httpx_calls, urllib3_calls
from chaos_llm.recording.call_observer import KEEPS, Recorder
from chaos_llm.recording.watched_calls import Watch
from chaos_llm.requests.hosts import host_map

_Replace = Callable[[Watch, ExitStack], None]
_LIBRARIES: tuple[tuple[str, _Replace], ...] = (
    ("httpx", lambda watch, undo: httpx_calls.replace("httpx", watch, undo)),
    ("httpx2", lambda watch, undo: httpx_calls.replace("httpx2", watch, undo)),
    ("urllib3", urllib3_calls.replace),
    ("aiohttp", aiohttp_calls.replace),
)


@contextmanager
def record(path: str | Path, *, keep: str = "shapes") -> Iterator[Path]:
    """Append this process's calls to providers to a file, as `chaos-llm record` does.

    In an outage they are recorded as the app meets them, in virtual time. `keep="texts"` also keeps
    prompts and answers. Raises UsageError for a file that cannot be written.
    """
    if keep not in KEEPS:
        raise UsageError(f"keep is one of {', '.join(KEEPS)}; got {keep!r}")
    recorder = Recorder(Path(path), keep)
    watch = Watch(recorder, host_map(os.environ))
    with ExitStack() as undo:
        undo.callback(recorder.close)
        for library, replace in _LIBRARIES:
            if importlib.util.find_spec(library) is not None:
                replace(watch, undo)
        yield Path(path)
