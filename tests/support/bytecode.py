"""Bytecode for the Python processes that tests start, if Python is configured to write none.

A run starts some hundred of them. With PYTHONDONTWRITEBYTECODE, which images of containers set,
each would compile all its imports, which is more work than the test. So they share a folder of the
session.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from support.once import shared_folder


@pytest.fixture(scope="session", autouse=True)
def _bytecode_of_children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if sys.dont_write_bytecode:
            patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
            patch.setenv("PYTHONPYCACHEPREFIX", str(shared_folder(tmp_path_factory) / "bytecode"))
        yield
