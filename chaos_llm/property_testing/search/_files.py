"""The two files that a search writes: a profile, and a pytest file that replays it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chaos_llm.errors import UsageError
from chaos_llm.profiles import to_toml
from chaos_llm.profiles.model import Profile
from chaos_llm.property_testing.search._claim import Claim
from chaos_llm.replay.named_app import App

_FIRST = '"""Found by `chaos-llm find`: '  # only files that were written here begin with it
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
    """Raise UsageError if writing the test would overwrite a file that no search wrote."""
    test = _test_file(folder, app)
    if test.exists() and not test.read_text(encoding="utf-8").startswith(_FIRST):
        raise UsageError(
            f"{test} exists and was not written by `chaos-llm find`: move it, or give --into DIR"
        )


def _test_file(folder: Path, app: App) -> Path:
    return folder / f"test_{app.word}.py"


def write(
    folder: Path, profile: Profile, app: App, claims: Sequence[Claim], calls: int
) -> tuple[Path, Path]:
    """Write profile and test into a folder, creating it if need be; return both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    toml, test = folder / f"{profile.name}.toml", _test_file(folder, app)
    toml.write_text(to_toml(profile), encoding="utf-8")
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
    return toml, test
