"""What the gallery says of a bug."""

from __future__ import annotations

from dataclasses import dataclass

from gallery.fixes import FIXES


@dataclass(frozen=True)
class Bug:
    """A bug of one library, as released under that version; `check` finds it.

    Its apps are `exhibit` in the module `apps`.
    """

    id: str
    library: str
    version: str
    says: str
    issues: tuple[str, ...]
    apps: str
    check: str
    variant: str = ""

    @property
    def exhibit(self) -> str:
        return f"{self.id}_{self.variant}" if self.variant else self.id

    @property
    def fix(self) -> str:
        return FIXES.get(self.exhibit) or FIXES[self.id]

    def __str__(self) -> str:
        return f"{self.apps}-{self.exhibit}"


@dataclass(frozen=True)
class Unseen:
    """A bug that cannot be seen from outside the app, and why."""

    id: str
    library: str
    version: str
    says: str
    issues: tuple[str, ...]
    why: str
