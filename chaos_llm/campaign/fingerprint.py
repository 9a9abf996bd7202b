"""What must be the same wherever a campaign's runs are played: app, Python, packages, profiles."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from chaos_llm.errors import UsageError
from chaos_llm.replay.named_app import imported

Fingerprint = Mapping[str, str]


def fingerprint(app: str) -> dict[str, str]:
    """The versions of Python and of all packages, and digests of the app's source files."""
    packages = sorted({f"{each.name}=={each.version}" for each in distributions()})
    return {
        "python": platform.python_version(),
        "packages": _digest(line.encode() for line in packages),
        "app": _source_digest(app.partition(":")[0]),
    }


def require_same(expected: Fingerprint, app: str) -> None:
    """Raise UsageError if this process differs from the one that began the campaign."""
    found = _own(app)
    different = [name for name in expected if found.get(name) != expected[name]]
    if different:
        raise UsageError(
            f"this worker has another {' and another '.join(different)} than the process that "
            f"began the campaign (here Python {found['python']}, there {expected['python']}): "
            "install the same versions of everything on all workers"
        )


@cache
def _own(app: str) -> dict[str, str]:
    return fingerprint(app)


def _source_digest(module: str) -> str:
    """A digest of the files of the app's top package, or of its one module."""
    top = Path(str(imported(module.partition(".")[0]).__file__))
    folder = top.parent if top.name == "__init__.py" else None
    files = sorted(folder.rglob("*.py")) if folder else [top]
    start = folder or top.parent
    return _digest(
        part
        for file in files
        for part in (str(file.relative_to(start)).encode(), file.read_bytes())
    )


def _digest(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()[:16]
