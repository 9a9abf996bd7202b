"""Which compiled libraries read virtual time, as the documentation lists them."""

from __future__ import annotations

from chaos_llm.virtual_time.native.redirected_libraries import (
    REAL_LIBRARIES,
    REAL_PACKAGES,
    is_redirected,
)


def test_every_library_that_the_documentation_lists_as_real_is_not_redirected() -> None:
    site = "/home/u/.venv/lib/python3.11/site-packages"
    for package in REAL_PACKAGES:
        assert not is_redirected(f"{site}/{package}/code.cpython-311-x86_64-linux-gnu.so")
        assert not is_redirected(f"{site}/{package}.cpython-311-x86_64-linux-gnu.so")
        assert not is_redirected(f"{site}/{package}.libs/libother-1a2b.so.1")
    for library in REAL_LIBRARIES:
        assert not is_redirected(f"{site}/psycopg_binary.libs/{library}-1a2b.so.3")


def test_libraries_of_packages_and_the_app_are_redirected_and_the_systems_are_not() -> None:
    site = "/home/u/.venv/lib/python3.11/site-packages"
    assert is_redirected(f"{site}/numpy/_core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so")
    assert is_redirected(f"{site}/numpy.libs/libgfortran-0352e75f.so.5")
    assert is_redirected("/usr/lib/python3/dist-packages/numpy/_core/_multiarray_umath.so")
    assert is_redirected("/lib/x86_64-linux-gnu/libsqlite3.so.0")
    assert is_redirected("/home/u/project/src/speedups.cpython-311-x86_64-linux-gnu.so")
    assert not is_redirected("/lib/x86_64-linux-gnu/libc.so.6")
    assert not is_redirected("/usr/lib/x86_64-linux-gnu/libstdc++.so.6")
    assert not is_redirected(f"{site}/coverage/tracer.cpython-311.so", {"coverage"})
