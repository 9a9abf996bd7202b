"""Outage profiles: read from TOML files, and written back.

Importing this package does not import pydantic; loading the first profile does.
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
    """The JSON schema of the format, for editors."""
    from chaos_llm.profiles import profile_tables  # noqa: PLC0415 - pydantic, when it is needed

    return profile_tables.schema()
