"""The shipped machine code is the compiled form of clocks.c.

After a change of clocks.c: UPDATE_MACHINE_CODE=1 pytest tests/virtual_time/test_machine_code.py
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from chaos_llm.virtual_time import native
from chaos_llm.virtual_time.native import clock_table

FOLDER = Path(native.__file__).parent
SHIPPED = FOLDER / f"clocks-{platform.machine()}.bin"
COMPILER = "gcc (Debian 12.2.0-14+deb12u1) 12.2.0"  # that made the bytes; others make other ones
COMPILE = (
    "gcc -Os -Wall -Wextra -Werror -fPIC -ffreestanding -fno-stack-protector -fcf-protection=none"
    " -fno-asynchronous-unwind-tables -fno-jump-tables -c clocks.c -o {folder}/clocks.o"
)
LINK = "ld --build-id=none -T clocks.ld {folder}/clocks.o -o {folder}/clocks.elf"
COPY = "objcopy -O binary -j .text {folder}/clocks.elf {folder}/clocks.bin"


@pytest.fixture
def compiled(tmp_path: Path) -> bytes:
    if platform.machine() != "x86_64" or not all(map(shutil.which, ("gcc", "ld", "objcopy"))):
        pytest.skip("there is no C compiler for x86-64")
    for command in (COMPILE, LINK, COPY):
        subprocess.run(command.format(folder=tmp_path).split(), cwd=FOLDER, check=True)
    made = (tmp_path / "clocks.bin").read_bytes()
    if os.environ.get("UPDATE_MACHINE_CODE"):
        SHIPPED.write_bytes(made)
    return made


def test_the_same_compiler_makes_the_same_bytes_of_the_source(compiled: bytes) -> None:
    version = subprocess.run(["gcc", "--version"], capture_output=True, text=True, check=True)
    if version.stdout.splitlines()[0] != COMPILER:
        pytest.skip(f"the bytes were made by {COMPILER}")
    assert compiled == SHIPPED.read_bytes()


def test_what_any_compiler_makes_of_the_source_shows_the_time_that_is_written(
    compiled: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_table, "_machine_code", lambda: compiled)
    table = clock_table.ClockTable()
    table.begin()
    for monotonic, wall in ((10**15, 1772 * 10**15), (10**15 + 1, 1772 * 10**15 + 1)):
        table.show(monotonic, wall)
        assert (table.reading(1), table.reading(0)) == (monotonic, wall)
    table.end()
    assert table.reading(1) != monotonic
    assert len(clock_table.FUNCTIONS) == compiled_functions()


def compiled_functions() -> int:
    """How many functions clocks.c lists."""
    source = (FOLDER / "clocks.c").read_text(encoding="utf-8")
    listed = source.split("#define FUNCTIONS(X)")[1].split("enum")[0]
    return listed.count("X(")
