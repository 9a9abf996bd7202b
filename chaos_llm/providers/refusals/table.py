"""The rules of one API, in the order in which it finds things out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from chaos_llm.protocol.messages import BrokenRule, Refusal
from chaos_llm.providers.refusals.checked_request import CheckedRequest, Place, dotted
from chaos_llm.providers.refusals.rule import Found, Rule, shown

_MOST_SELECTIONS = 512  # kinds of bodies whose rules are cached; an app sends a few


class RuleTable:
    """The rules of one API of one vendor.

    `notation` is how the vendor writes a path in a body. `twins` is for Google, whose fields have
    two names (see `CheckedRequest`). `only_with` is a key of the bodies to which the rules apply,
    if a path takes several formats.
    """

    def __init__(
        self,
        name: str,
        vendor: str,
        rules: Sequence[Rule],
        *,
        notation: Callable[[Place], str] = dotted,
        twins: Callable[[str], str] | None = None,
        only_with: str = "",
    ) -> None:
        self.name, self.vendor, self.rules = name, vendor, tuple(rules)
        self.twins, self._notation, self._only_with = twins, notation, only_with
        self._twins = {rule.head: twins(rule.head) if twins else rule.head for rule in rules}
        self._heads = frozenset((*self._twins, *self._twins.values()))
        self._selections: dict[frozenset[str], tuple[Rule, ...]] = {}

    def refusal(self, request: CheckedRequest) -> Refusal | None:
        """What the API says to a request that breaks one of its rules; None to a sound one."""
        if self._only_with and self._only_with not in request.body:
            return None
        for rule in self._selected(request.body):
            wrong = rule.wrong
            for place, value in request.at(rule.looks_at):
                found = wrong(value, request)
                if found is not None:
                    return self._refuse(rule, place, value, found)
        return None

    def words_of(self, name: str, words: Mapping[str, object]) -> Refusal | None:
        """What one rule says, in these words, to a request that broke none; None without it."""
        rule = next((rule for rule in self.rules if rule.name == name), None)
        return None if rule is None else _worded(rule, words)

    def _selected(self, body: Mapping[str, object]) -> tuple[Rule, ...]:
        """The rules that have something to look at in a body with these keys."""
        keys = self._heads.intersection(body)
        selected = self._selections.get(keys)
        if selected is None:
            selected = tuple(rule for rule in self.rules if self._concerns(rule, keys))
            if len(self._selections) < _MOST_SELECTIONS:
                self._selections[keys] = selected
        return selected

    def _concerns(self, rule: Rule, keys: frozenset[str]) -> bool:
        head = rule.head
        return head.startswith("$") or head in keys or self._twins[head] in keys

    def _refuse(self, rule: Rule, place: Place, value: object, found: Found) -> Refusal:
        place += found.at
        words = _Words(value, at=self._notation(place), **found.values)
        words.update(zip("ij", (step for step in place if isinstance(step, int)), strict=False))
        where = f" ({dotted(place)})" if place else ""
        reason = f"{self.vendor} {rule.why.format_map(words)}{where}"
        broken = BrokenRule(f"{self.name}: {rule.name}", reason)
        return replace(_worded(rule, words), broken_rule=broken)


class _Words(dict[str, object]):
    """What fills a sentence; the value that was looked at is written out where one asks for it.

    It may be a whole conversation, which takes a while to write.
    """

    def __init__(self, looked_at: object, **words: object) -> None:
        super().__init__(words)
        self._looked_at = looked_at

    def __missing__(self, name: str) -> object:
        if name != "value":
            raise KeyError(name)
        return shown(self._looked_at)


def _worded(rule: Rule, words: Mapping[str, object]) -> Refusal:
    """A rule's refusal, filled with what was found."""
    return Refusal(
        rule.kind,
        status=rule.status,
        message=rule.message.format_map(words),
        type=rule.type,
        code=rule.code,
        param=None if rule.param is None else rule.param.format_map(words),
        details=None if rule.details is None else rule.details(words),
    )
