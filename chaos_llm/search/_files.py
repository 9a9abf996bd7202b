"""What is kept of a search: a profile, and a pytest file that plays it again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chaos_llm.profiles import to_toml
from chaos_llm.search._app import App
from chaos_llm.search._claim import Claim
from chaos_llm.timeline import Profile

_TEST = '''\
"""Found by `chaos-llm find`: {title}."""

from pathlib import Path

from {module} import {name}

from chaos_llm import outage
{imports}

def test_{word}_survives():
    with outage(Path(__file__).with_name("{profile}.toml")) as chaos:
        report = chaos.replay({code}, calls={calls})
{claims}
'''


def write(
    folder: Path, profile: Profile, app: App, claims: Sequence[Claim], calls: int
) -> tuple[Path, Path]:
    """Write both files into a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    day, test = folder / f"{profile.name}.toml", folder / f"test_{app.word}.py"
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
