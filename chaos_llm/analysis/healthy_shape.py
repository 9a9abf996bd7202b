"""What healthy calls return around their answers, and whether a call without an answer says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

from chaos_llm.analysis.call import Call
from chaos_llm.protocol.value_text import EMPTY, Path, leaves_of

Notice = Literal["", "none", "said"]
_Leaves = Mapping[Path, Any]

LEAST = 3  # healthy calls that show what an app always returns
MOST = 200  # healthy calls that are read
_ID = re.compile(r"(?=\S*\d)[\w.:+-]{6,}")  # an id or a time, which says nothing


class HealthyShape:
    """The fields of what healthy calls return, and the values that each of them has had.

    They tell a return value that admits a failure, `{"status": "degraded", "data": []}`, from one
    that hides it: `{"status": "ok", "data": []}`, where healthy calls have that status, too.
    """

    def __init__(self, healthy: Sequence[Call]) -> None:
        read = [dict(leaves_of(call.returned)) for call in islice(healthy, MOST)]
        self.is_known = len(read) >= LEAST
        self._seen: dict[Path, list[Any]] = {}
        for leaves in read:
            for path, leaf in leaves.items():
                self._seen.setdefault(path, []).append(leaf)
        # The fields that have something in them in every healthy call.
        self._always = {
            path
            for path, seen in self._seen.items()
            if len(seen) == len(read) and EMPTY not in seen
        }
        self._counts = _counts(read)

    def notice_in(self, call: Call) -> Notice:
        """Whether a return value says what no healthy one does: "said", or "none" for a None.

        It does so by a field that healthy calls have not, by another value where all of them have
        the same, or without a field that all of them have.
        """
        return self._notice_in(dict(leaves_of(call.returned)))

    def is_hollow(self, call: Call) -> bool:
        """Whether a call returned what healthy ones do, but for an empty place for the answer."""
        if not self.is_known or call.error is not None:
            return False
        leaves = dict(leaves_of(call.returned))
        emptied = _emptied(leaves)
        if not any(_is_inside(path, emptied) for path in self._always):
            return False
        rest = {path: leaf for path, leaf in leaves.items() if not self._counts_none(path, leaves)}
        if self._notice_in(rest | dict.fromkeys(leaves.keys() - rest.keys(), EMPTY)):
            return False
        return all(self._says_nothing(path, leaf, call) for path, leaf in rest.items())

    def _notice_in(self, leaves: _Leaves) -> Notice:
        found = {self._notice(path, leaf) for path, leaf in leaves.items()}
        emptied = _emptied(leaves)
        nothing = [*emptied, *(path for path, leaf in leaves.items() if leaf is None)]
        missing = self._always - leaves.keys()
        if "said" in found or any(not _is_inside(path, nothing) for path in missing):
            return "said"
        return "none" if "none" in found else ""

    def _notice(self, path: Path, leaf: Any) -> Notice:
        seen = self._seen.get(path, [])
        if leaf is EMPTY:
            return ""
        if leaf is None:
            return "" if None in seen else "none"
        is_constant = len(seen) > 1 and all(is_same(other, seen[0]) for other in seen)
        return "said" if not seen or (is_constant and not is_same(leaf, seen[0])) else ""

    def _says_nothing(self, path: Path, leaf: Any, call: Call) -> bool:
        """Whether a value is one of healthy calls, or the prompt, an id or a measurement."""
        if leaf is EMPTY or any(is_same(leaf, other) for other in self._seen.get(path, ())):
            return True
        if isinstance(leaf, str):
            return is_prompt_or_id(leaf, call)
        return isinstance(leaf, int | float) and leaf > 0

    def _counts_none(self, path: Path, leaves: _Leaves) -> bool:
        """Whether a 0 counts the items of an empty list, as such a number does in healthy calls."""
        places = self._counts.get(path, ())
        return leaves[path] == 0 and any(leaves.get(place) is EMPTY for place in places)


def _counts(read: Iterable[_Leaves]) -> dict[Path, set[Path]]:
    """The numbers that in each of these calls say how long a list is, and which lists those are."""
    found: dict[Path, set[Path]] | None = None
    for leaves in read:
        lengths: dict[Path, int] = {}
        for path in leaves:
            for end, name in enumerate(path):
                if name.isdigit():
                    lengths[path[:end]] = max(lengths.get(path[:end], 0), int(name) + 1)
        here = {
            path: {place for place, length in lengths.items() if is_same(leaf, length)}
            for path, leaf in leaves.items()
        }
        before = here if found is None else found
        found = {p: before[p] & here[p] for p in before.keys() & here.keys()}
    return {path: places for path, places in (found or {}).items() if places}


def _emptied(leaves: _Leaves) -> list[Path]:
    return [path for path, leaf in leaves.items() if leaf is EMPTY]


def is_prompt_or_id(text: str, call: Call) -> bool:
    """Whether a text repeats the prompt of a call, or is an id or a time: neither says anything."""
    return text.strip() in call.prompt or _ID.fullmatch(text) is not None


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of one type."""
    return type(one) is type(other) and bool(one == other)


def _is_inside(path: Path, places: Iterable[Path]) -> bool:
    """Whether a path is one of these, or inside of one."""
    return any(path[: len(place)] == place for place in places)
