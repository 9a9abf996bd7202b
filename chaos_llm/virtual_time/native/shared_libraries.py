"""The shared libraries of this process, and the slots through which they call other libraries.

A library calls `clock_gettime` through an address that the dynamic linker has written into one of
the library's own slots. Another address in the slot redirects the calls of this library only. The
numbers are those of ELF on 64-bit Linux, from /usr/include/elf.h.
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
# Types of relocations that store a function's address: in a pointer, the GOT, the PLT's GOT.
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
    """A loaded library: its file, and the addresses of its base and its dynamic section."""

    path: str
    base: int
    dynamic: int
    read_only: tuple[int, int]  # addresses of the pages that the linker made read-only at the end


@dataclass(frozen=True, slots=True)
class ImportSlot:
    """The place where a library stores the address of one function of another library."""

    function: str
    address: int
    is_read_only: bool


@cache
def c_library() -> ctypes.CDLL:
    """The functions of the C library; opened once, because loading functions may be hooked."""
    return ctypes.CDLL(None, use_errno=True)


def can_be_read() -> bool:
    """Whether this module knows the layout of this system's libraries."""
    return sys.platform == "linux" and sys.maxsize > 2**32 and _machine() in _STORES_ADDRESS


def shared_libraries() -> list[SharedLibrary]:
    """All shared libraries that are loaded now."""
    found: list[SharedLibrary] = []

    def visit(loaded: _LoadedObject) -> bool:
        library = _library(loaded)
        if library is not None:
            found.append(library)
        return True

    _for_each_loaded(visit)
    return found


def program() -> SharedLibrary | None:
    """The running program; some builds of Python have modules in it that others load."""
    found: list[SharedLibrary | None] = []

    def visit(loaded: _LoadedObject) -> bool:
        found.append(_described(loaded, sys.executable))
        return False  # the program comes first

    _for_each_loaded(visit)
    return found[0]


def loads_and_unloads() -> tuple[int, int]:
    """How many libraries have been loaded and unloaded since the start; cheap to read."""
    counters = (0, 0)

    def visit(loaded: _LoadedObject) -> bool:
        nonlocal counters
        counters = (loaded.loaded, loaded.unloaded)
        return False  # every object has the same counters

    _for_each_loaded(visit)
    return counters


def import_slots(library: SharedLibrary, functions: Collection[str]) -> list[ImportSlot]:
    """The slots of these functions in one library."""
    tags = _dynamic_section(library)
    if _DT_STRTAB not in tags or _DT_SYMTAB not in tags:
        return []
    names = {function.encode(): function for function in functions}
    symbols: dict[int, str | None] = {}  # by index: thousands of relocations may have one symbol
    slots = []
    begin, end = library.read_only
    for address, symbol in _address_relocations(tags):
        if symbol not in symbols:
            symbols[symbol] = names.get(_symbol_name(tags, symbol))
        if (function := symbols[symbol]) is not None:
            where = library.base + address
            slots.append(ImportSlot(function, where, begin <= where < end))
    return slots


def _symbol_name(tags: dict[int, int], symbol: int) -> bytes:
    name_at = ctypes.c_uint32.from_address(tags[_DT_SYMTAB] + symbol * _SYMBOL).value
    return ctypes.string_at(tags[_DT_STRTAB] + name_at)


def write_slot(slot: ImportSlot, function: int) -> int:
    """Write a function's address into a slot, and return the one before; raises OSError."""
    # The slot is aligned, so other threads see the old or the new address, and never a mix.
    cell = ctypes.c_uint64.from_address(slot.address)
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
    """Call a function with each loaded object until it returns False."""
    shown = _Visit(lambda loaded, _size, _data: 0 if visit(loaded.contents) else 1)
    c_library().dl_iterate_phdr(shown, None)


def _library(loaded: _LoadedObject) -> SharedLibrary | None:
    if not loaded.name:  # the program itself, and the kernel's page
        return None
    return _described(loaded, loaded.name.decode(errors="surrogateescape"))


def _described(loaded: _LoadedObject, path: str) -> SharedLibrary | None:
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
    return SharedLibrary(path, loaded.base, dynamic, read_only)


def _dynamic_section(library: SharedLibrary) -> dict[int, int]:
    """Values by tag. Most dynamic linkers, glibc's included, have turned offsets into addresses."""
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
    kinds = _STORES_ADDRESS[_machine()]
    # Skip the relocations that only add the base: they come first, and may be 100,000.
    relative = tags.get(_DT_RELACOUNT, 0) * _RELOCATION
    for start, size, skip in (
        (tags.get(_DT_RELA, 0), tags.get(_DT_RELASZ, 0), relative),
        (tags.get(_DT_JMPREL, 0), tags.get(_DT_PLTRELSZ, 0), 0),
    ):
        if start and size > skip:
            data = ctypes.string_at(start + skip, size - skip)
            for address, info, addend in struct.iter_unpack("<QQq", data):
                if info & 0xFFFFFFFF in kinds and not addend:
                    yield address, info >> 32


def _protect(address: int, protection: int) -> None:
    page = address & ~(mmap.PAGESIZE - 1)
    protect_page(page, mmap.PAGESIZE, protection)


def protect_page(address: int, size: int, protection: int) -> None:
    """Call mprotect; raises OSError where the system forbids it."""
    if c_library().mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), protection):
        code = ctypes.get_errno()
        raise OSError(code, "mprotect")
