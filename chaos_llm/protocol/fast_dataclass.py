"""Dataclasses that only the type checker keeps frozen, for what is made anew at every request.

Python's own frozen ones set each field by a call, and a request has twenty. What faults give back
changed is frozen at run time too: there a forgotten copy would go by unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as quick
else:

    def quick(*, frozen: bool, slots: bool):
        """Make a dataclass that compares and hashes as a frozen one would."""
        return dataclass(slots=slots, unsafe_hash=frozen)


__all__ = ["quick"]
