"""What is kept of a search: a profile, and a pytest file that plays it again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chaos_llm.errors import UsageError
from chaos_llm.profiles import to_toml
from chaos_llm.profiles.model import Profile
from chaos_llm.property_testing.search._app import App
from chaos_llm.property_testing.search._claim import Claim

_FIRST = '"""Found by `chaos-llm find`: '  # what only our own files begin with
_TEST = (
    _FIRST
    + '''{title}."""

from pathlib import Path

from {module} import {name}

from chaos_llm import outage
{imports}

def test_{word}_survives():
    with outage(Path(__file__).with_name("{profile}.toml")) as chaos:
        report = chaos.replay({code}, calls={calls})
{claims}
'''
)


def require_free(folder: Path, app: App) -> None:
    """Raise UsageError where the test would be written over a file that is somebody's own."""
    test = _test_file(folder, app)
    if test.exists() and not test.read_text(encoding="utf-8").startswith(_FIRST):
        raise UsageError(f"{test} is there and is not ours: --into another folder, or move it")


def _test_file(folder: Path, app: App) -> Path:
    return folder / f"test_{app.word}.py"


def write(
    folder: Path, profile: Profile, app: App, claims: Sequence[Claim], calls: int
) -> tuple[Path, Path]:
    """Write both files into a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    day, test = folder / f"{profile.name}.toml", _test_file(folder, app)
    day.write_text(to_toml(profile), encoding="utf-8")
    used = sorted({claim.uses for claim in claims if claim.uses})
    text = _TEST.format(
        title=profile.title,
        module=app.module,
        name=app.name,
        imports=f"from chaos_llm.checks import {', '.join(used)}\n" if used else "",
        word=app.word,
        profile=profile.name,
        code=app.code,
        calls=calls,
        claims="\n".join(f"    {claim.code}" for claim in claims),
    )
    test.write_text(text, encoding="utf-8")
    return day, test
