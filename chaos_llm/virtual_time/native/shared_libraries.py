"""The shared libraries of this process, and the slots through which they call other libraries.

A library calls `clock_gettime` through an address that the dynamic linker has put into a slot of
the library's own. Whoever writes another address there redirects that library, and no other.
ELF on 64-bit Linux: /usr/include/elf.h has the numbers.
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import struct
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache

_PT_DYNAMIC, _PT_GNU_RELRO = 2, 0x6474E552
_DT_PLTRELSZ, _DT_STRTAB, _DT_SYMTAB, _DT_RELA, _DT_RELASZ, _DT_JMPREL = 2, 5, 6, 7, 8, 23
_DT_RELACOUNT = 0x6FFFFFF9
_RELOCATION, _SYMBOL = 24, 24  # bytes of an Elf64_Rela and of an Elf64_Sym
# The relocations that store the address of a function: in a pointer, the GOT, the PLT's GOT.
_STORES_ADDRESS = {"x86_64": (1, 6, 7), "aarch64": (257, 1025, 1026)}
_PROT_READ, _PROT_READ_WRITE = 1, 3


class _ProgramHeader(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("offset", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("physical", ctypes.c_uint64),
        ("size_in_file", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
        ("align", ctypes.c_uint64),
    )


class _LoadedObject(ctypes.Structure):
    _fields_ = (
        ("base", ctypes.c_uint64),
        ("name", ctypes.c_char_p),
        ("headers", ctypes.POINTER(_ProgramHeader)),
        ("headers_count", ctypes.c_uint16),
        ("loaded", ctypes.c_uint64),  # how many objects have been loaded since the start
        ("unloaded", ctypes.c_uint64),
    )


_Visit = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(_LoadedObject), ctypes.c_size_t, ctypes.c_void_p
)


@dataclass(frozen=True, slots=True)
class SharedLibrary:
    """A library where it is mapped: its file, its base, its dynamic section, what is read-only."""

    path: str
    base: int
    dynamic: int
    read_only: tuple[int, int]  # pages that the linker protected once it had filled the slots


@dataclass(frozen=True, slots=True)
class ImportSlot:
    """Where a library keeps the address of one function of another library."""

    function: str
    address: int
    is_read_only: bool


@cache
def c_library() -> ctypes.CDLL:
    """The functions of the program's own libraries; opened once, as opening may be watched."""
    return ctypes.CDLL(None, use_errno=True)


def can_be_read() -> bool:
    """Whether this system's libraries are laid out as this module expects."""
    return sys.platform == "linux" and sys.maxsize > 2**32 and _machine() in _STORES_ADDRESS


def shared_libraries() -> list[SharedLibrary]:
    """All that is loaded now."""
    found: list[SharedLibrary] = []

    def visit(loaded: _LoadedObject) -> bool:
        library = _library(loaded)
        if library is not None:
            found.append(library)
        return True

    _for_each_loaded(visit)
    return found


def loads_and_unloads() -> tuple[int, int]:
    """Two counters that change when a library is loaded or unloaded; cheap."""
    counters = (0, 0)

    def visit(loaded: _LoadedObject) -> bool:
        nonlocal counters
        counters = (loaded.loaded, loaded.unloaded)
        return False  # every object tells the same

    _for_each_loaded(visit)
    return counters


def import_slots(library: SharedLibrary, functions: Collection[str]) -> list[ImportSlot]:
    """The slots of these functions in one library."""
    tags = _dynamic_section(library)
    if _DT_STRTAB not in tags or _DT_SYMTAB not in tags:
        return []
    wanted = {function.encode(): function for function in functions}
    symbols: dict[int, str | None] = {}  # a table of functions has thousands of relocations
    slots = []
    begin, end = library.read_only
    for address, symbol in _address_relocations(tags):
        if symbol not in symbols:
            symbols[symbol] = wanted.get(_symbol_name(tags, symbol))
        if (function := symbols[symbol]) is not None:
            where = library.base + address
            slots.append(ImportSlot(function, where, begin <= where < end))
    return slots


def _symbol_name(tags: dict[int, int], symbol: int) -> bytes:
    name_at = ctypes.c_uint32.from_address(tags[_DT_SYMTAB] + symbol * _SYMBOL).value
    return ctypes.string_at(tags[_DT_STRTAB] + name_at)


def write_slot(slot: ImportSlot, function: int) -> int:
    """Put another function's address into a slot; returns the one before; raises OSError."""
    cell = ctypes.c_uint64.from_address(slot.address)  # aligned, so that threads see one or other
    before = cell.value
    if slot.is_read_only:
        _protect(slot.address, _PROT_READ_WRITE)
    cell.value = function
    if slot.is_read_only:
        _protect(slot.address, _PROT_READ)
    return before


def _machine() -> str:
    return platform.machine()


def _for_each_loaded(visit: Callable[[_LoadedObject], bool]) -> None:
    """Show each loaded object to a function, until it says False."""
    shown = _Visit(lambda loaded, _size, _data: 0 if visit(loaded.contents) else 1)
    c_library().dl_iterate_phdr(shown, None)


def _library(loaded: _LoadedObject) -> SharedLibrary | None:
    if not loaded.name:  # the program itself, and the kernel's page
        return None
    dynamic, read_only = 0, (0, 0)
    for header in loaded.headers[: loaded.headers_count]:
        start = loaded.base + header.address
        if header.kind == _PT_DYNAMIC:
            dynamic = start
        elif header.kind == _PT_GNU_RELRO:
            page = ~(mmap.PAGESIZE - 1)
            read_only = (start & page, (start + header.size) & page)
    if not dynamic:
        return None
    path = loaded.name.decode(errors="surrogateescape")
    return SharedLibrary(path, loaded.base, dynamic, read_only)


def _dynamic_section(library: SharedLibrary) -> dict[int, int]:
    """Tag and value; most linkers have made addresses of the offsets, glibc's among them."""
    tags: dict[int, int] = {}
    at = library.dynamic
    while True:
        tag, value = struct.unpack("<qQ", ctypes.string_at(at, 16))
        if tag == 0:
            break
        if tag in (_DT_STRTAB, _DT_SYMTAB, _DT_RELA, _DT_JMPREL) and value < library.base:
            value += library.base
        tags.setdefault(tag, value)
        at += 16
    return tags


def _address_relocations(tags: dict[int, int]) -> Iterator[tuple[int, int]]:
    """The offset and the symbol's index of each relocation that stores a function's address."""
    wanted = _STORES_ADDRESS[_machine()]
    # Those that only add the base come first, and there may be a hundred thousand.
    relative = tags.get(_DT_RELACOUNT, 0) * _RELOCATION
    for start, size, skip in (
        (tags.get(_DT_RELA, 0), tags.get(_DT_RELASZ, 0), relative),
        (tags.get(_DT_JMPREL, 0), tags.get(_DT_PLTRELSZ, 0), 0),
    ):
        if start and size > skip:
            data = ctypes.string_at(start + skip, size - skip)
            for address, info, addend in struct.iter_unpack("<QQq", data):
                if info & 0xFFFFFFFF in wanted and not addend:
                    yield address, info >> 32


def _protect(address: int, protection: int) -> None:
    page = address & ~(mmap.PAGESIZE - 1)
    protect_page(page, mmap.PAGESIZE, protection)


def protect_page(address: int, size: int, protection: int) -> None:
    """Call mprotect; raises OSError where the system forbids it."""
    if c_library().mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), protection):
        code = ctypes.get_errno()
        raise OSError(code, "mprotect")
