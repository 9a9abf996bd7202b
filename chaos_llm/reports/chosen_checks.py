"""Which checks a report makes: those that it was given, without those to skip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from chaos_llm import checks as catalogue
from chaos_llm import extensions
from chaos_llm.analysis.run import Run
from chaos_llm.checks import Check, Finding
from chaos_llm.errors import UnknownName, UsageError

Claim = Callable[[Run], Finding]  # a check, or a plain function in its place
Skipped = str | type[Check] | Claim


def required_check(check: Claim) -> Claim:
    """The check itself; raises UsageError for what is none, such as a class."""
    given: object = check
    if isinstance(given, str) and given in catalogue.__all__:
        raise UsageError(f"a check is created, as in checks.{given}(...); got its name {given!r}")
    if isinstance(check, type) or not callable(check):
        raise UsageError(f"create the check, as in stops_calling('anthropic'); got {check!r}")
    return check


def without_skipped(checks: Sequence[Claim], skip: Skipped | Iterable[Skipped]) -> list[Claim]:
    """These checks without those to skip; raises UnknownName for a name that no check has."""
    skip = [skip] if isinstance(skip, str) or callable(skip) else list(skip)
    for each in skip:
        _require_known(each, checks)
    return [check for check in checks if not any(_is(check, each) for each in skip)]


def _is(check: Claim, skipped: Skipped) -> bool:
    """Whether a check is the one to skip: by its name, its class or its arguments."""
    if isinstance(skipped, str):
        return skipped in (name_of(check), repr(check))
    return check == skipped or (isinstance(skipped, type) and isinstance(check, skipped))


def _require_known(skipped: Skipped, checks: Sequence[Claim]) -> None:
    if not isinstance(skipped, str):
        if callable(skipped):
            return
        raise UsageError(f"skip= takes checks or their names, as in ['backs_off']; got {skipped!r}")
    ours = (name for name in catalogue.__all__ if name.islower() and name != "standard")
    packs = (name for name, _ in extensions.added("checks"))
    known = {*ours, *packs, *map(name_of, checks)}
    if skipped not in known and skipped not in map(repr, checks):
        raise UnknownName("check in skip=", skipped, known)


def name_of(check: Claim) -> str:
    """A check's name, or a function's."""
    return str(getattr(check, "name", getattr(check, "__name__", repr(check))))
