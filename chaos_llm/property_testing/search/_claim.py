"""A claim that must hold in every outage: a check, or a number of a report and its limit."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chaos_llm import checks
from chaos_llm.checks import Check
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.reports.report import Report

_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_HINT = (
    "write a check, as in 'retries_stay_under(3)', or a number of the report and its limit, as in "
    "'failed == 0' or 'longest_downtime <= 120'"
)


@dataclass(frozen=True)
class Claim:
    """One claim; `code` is the line of a test that asserts it, `uses` the check it imports."""

    code: str
    holds: Callable[[Report], bool]
    uses: str = ""

    @classmethod
    def written(cls, text: str) -> Claim:
        """Read a claim; raises UsageError or UnknownName for any other text."""
        try:
            tree = ast.parse(text, mode="eval").body
        except SyntaxError:
            raise UsageError(f"{text!r} is not a claim: {_HINT}") from None
        match tree:
            case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[ast.Constant(limit)]):
                return _of_number(text, name, op, limit)
            case ast.Name(id=name) if name not in _numbers():
                return _of_check(name, [], {}, f"{name}()")
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                named = {str(each.arg): _literal(text, each.value) for each in keywords}
                return _of_check(name, [_literal(text, arg) for arg in args], named, text.strip())
        raise UsageError(f"{text!r} is not a claim: {_HINT}")


def _of_number(text: str, name: str, op: ast.cmpop, limit: object) -> Claim:
    if name not in _numbers():
        raise UnknownName("number of a report", name, _numbers())
    compare = _COMPARED.get(type(op))
    if compare is None or not isinstance(limit, int | float):
        raise UsageError(f"{text!r} is not a claim: {_HINT}")
    return Claim(
        f"assert report.{text.strip()}", lambda report: compare(getattr(report, name), limit)
    )


def _numbers() -> list[str]:
    return [name for name, value in vars(Report).items() if _is_number(name, value)]


def _is_number(name: str, value: object) -> bool:
    getter = getattr(value, "fget", None) or getattr(value, "func", None)
    annotation = getattr(getter, "__annotations__", {}).get("return")
    return not name.startswith("_") and annotation in ("float", "int")


def _of_check(name: str, args: list[Any], named: dict[str, Any], code: str) -> Claim:
    known = [each for each in checks.__all__ if each.islower() and each != "standard"]
    if name not in known:
        raise UnknownName("check", name, known)
    try:
        check: Check = getattr(checks, name)(*args, **named)
    except TypeError as error:
        raise UsageError(f"{code}: {error}") from None
    assertion = f"report.check({code}, allow_no_faults=True)"
    return Claim(assertion, lambda report: check(report.run).verdict != "fail", name)


def _literal(text: str, node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise UsageError(
            f"{text!r}: the arguments of a check must be literals, such as 3 or 'anthropic'"
        ) from None
