"""Dataclasses that are frozen for the type checker only, for objects made at every request.

A frozen dataclass of Python calls a function to set each field, and a request has twenty. The
values that faults change and return are frozen at run time too, because there a fault that changes
a value without copying it would go unnoticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as quick
else:

    def quick(*, frozen: bool, slots: bool):
        """Make a dataclass that compares and hashes like a frozen one."""
        return dataclass(slots=slots, unsafe_hash=frozen)


__all__ = ["quick"]
