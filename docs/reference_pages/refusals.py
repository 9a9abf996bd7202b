"""What each vendor's API refuses: the tables of rules, and what is known about models."""

from __future__ import annotations

from chaos_llm.providers.refusals import TABLES
from chaos_llm.providers.refusals.models import FAMILIES, RETIRED
from chaos_llm.providers.refusals.rule import Rule
from chaos_llm.providers.refusals.table import RuleTable
from reference_pages import markdown

_HEAD = ("rule", "looks at", "what the API says", "evidence", "source")
_USUAL = {"invalid_request": "", "too_large": "413 ", "not_found": "404 "}


def render() -> str:
    """A section for each table; a rule that several have is shown in the first of them."""
    shown: dict[Rule, str] = {}
    sections = [_section(table, shown) for table in dict.fromkeys(TABLES.values())]
    return "\n".join([*sections, _models(), _retired()])


def _section(table: RuleTable, shown: dict[Rule, str]) -> str:
    own = [rule for rule in table.rules if rule not in shown]
    others: dict[str, int] = {}
    for rule in table.rules:
        if rule in shown:
            others[shown[rule]] = others.get(shown[rule], 0) + 1
    shown.update(dict.fromkeys(own, table.name))
    shared = ", ".join(f"{count} of `{name}`" for name, count in others.items())
    text = f"## {table.name}\n\n{len(table.rules)} rules of {table.vendor}"
    text += f", the same as {shared} among them.\n" if shared else ".\n"
    return text + ("\n" + markdown.table(_HEAD, map(_row, own)) if own else "")


def _row(rule: Rule) -> tuple[str, ...]:
    place = {"$": "the body", "$headers": "the headers", "$size": "the size"}.get(
        rule.looks_at, f"`{rule.looks_at}`"
    )
    status = f"{rule.status} " if rule.status else _USUAL.get(rule.kind, "")
    message = rule.message.replace("`", "'").replace("{{", "{").replace("}}", "}")
    code = f" ({rule.code})" if rule.code else ""
    return rule.name, place, f"{status}`{message}`{code}", rule.source.evidence, rule.source.where


def _models() -> str:
    head = ("names that begin with", "family", "window", "output", "reasons")
    rows = [
        (
            f"`{pattern}`",
            facts.family,
            _number(facts.window),
            _number(facts.output),
            "yes" if facts.reasons else "",
        )
        for pattern, facts in FAMILIES
    ]
    return "## Models\n\n" + markdown.table(head, rows)


def _number(tokens: int | None) -> str:
    return "unknown" if tokens is None else f"{tokens:,}"


def _retired() -> str:
    rows = [(provider, f"`{pattern}`", day) for provider, pattern, day in RETIRED]
    return "## Retired models\n\n" + markdown.table(("provider", "names", "from"), rows)
