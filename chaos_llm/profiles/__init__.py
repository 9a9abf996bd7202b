"""Profiles: named bad days, from TOML files to the timeline and back.

Importing this does not import pydantic; the first profile that is loaded does.
"""

from __future__ import annotations

from typing import Any

from chaos_llm.profiles.catalogue import folders, names, tags, with_tag
from chaos_llm.profiles.evidence_grades import assumed_share
from chaos_llm.profiles.loading import load, loads, window
from chaos_llm.profiles.writing import to_toml

__all__ = [
    "assumed_share",
    "folders",
    "load",
    "loads",
    "names",
    "schema",
    "tags",
    "to_toml",
    "window",
    "with_tag",
]


def schema() -> dict[str, Any]:
    """The format as a JSON schema, for editors."""
    from chaos_llm.profiles import profile_tables  # noqa: PLC0415 - pydantic, when it is needed

    return profile_tables.schema()
