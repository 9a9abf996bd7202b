"""The page of what stays real is made from the tables that the code uses.

After a change of them: UPDATE_STAYS_REAL=1 pytest tests/virtual_time/test_stays_real_page.py
"""

from __future__ import annotations

import os
from pathlib import Path

from chaos_llm.virtual_time.native.moved_libraries import REAL_LIBRARIES, REAL_PACKAGES, is_moved
from chaos_llm.virtual_time.stays_real import page

PAGE = Path(__file__).parents[2] / "docs" / "what-stays-real.md"


def test_the_page_says_what_the_tables_say() -> None:
    if os.environ.get("UPDATE_STAYS_REAL"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_library_that_the_page_leaves_alone_is_left_alone() -> None:
    site = "/home/u/.venv/lib/python3.11/site-packages"
    for package in REAL_PACKAGES:
        assert not is_moved(f"{site}/{package}/code.cpython-311-x86_64-linux-gnu.so")
        assert not is_moved(f"{site}/{package}.cpython-311-x86_64-linux-gnu.so")
        assert not is_moved(f"{site}/{package}.libs/libother-1a2b.so.1")
    for library in REAL_LIBRARIES:
        assert not is_moved(f"{site}/psycopg_binary.libs/{library}-1a2b.so.3")


def test_libraries_of_packages_and_of_the_app_are_moved_and_the_systems_are_not() -> None:
    site = "/home/u/.venv/lib/python3.11/site-packages"
    assert is_moved(f"{site}/numpy/_core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so")
    assert is_moved(f"{site}/numpy.libs/libgfortran-0352e75f.so.5")
    assert is_moved("/usr/lib/python3/dist-packages/numpy/_core/_multiarray_umath.so")
    assert is_moved("/lib/x86_64-linux-gnu/libsqlite3.so.0")
    assert is_moved("/home/u/project/src/speedups.cpython-311-x86_64-linux-gnu.so")
    assert not is_moved("/lib/x86_64-linux-gnu/libc.so.6")
    assert not is_moved("/usr/lib/x86_64-linux-gnu/libstdc++.so.6")
    assert not is_moved(f"{site}/coverage/tracer.cpython-311.so", {"coverage"})
