"""The evidence for each fact of a window: a source or "assumed"; every fact must have some."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from chaos_llm.errors import UnknownName
from chaos_llm.profiles import evidence_grades
from chaos_llm.profiles.evidence_grades import ASSUMED, FACTS
from chaos_llm.profiles.model import Source
from chaos_llm.profiles.toml_document import TomlDocument
from chaos_llm.profiles.window_tables import WindowTable, field_of

FactEvidence = str | tuple[str, ...]

# Facts that a window inherits although it has faults of its own; weights and parameters belong
# to the faults.
_APART_FROM_FAULTS = ("on", "except", "share", "sticky_by", "sticky_for", "capacity")


@dataclass(frozen=True)
class OwnEvidence:
    """The evidence in one [[window]] table, for the facts that are in the same table."""

    document: TomlDocument
    sources: Mapping[str, Source]
    table: WindowTable
    number: int

    @cached_property
    def own_facts(self) -> tuple[str, ...]:
        """The facts in this table, which need evidence in it."""
        table = self.table
        given = {fact for fact in FACTS if getattr(table, field_of(fact), None) is not None}
        weights = {"weights"} if len(table.faults or ()) > 1 else set()
        extends = {"extends"} if table.extends is not None else set()
        return ("from", *(f for f in (*FACTS, "extends") if f in given | weights | extends))

    @property
    def has_own_faults(self) -> bool:
        """Whether the table has `faults` or `network` of its own."""
        return self.table.faults is not None or self.table.network is not None

    def checked(self) -> dict[str, FactEvidence]:
        """The evidence for every fact in this table; raises ProfileError or UnknownName."""
        table = self.table
        if isinstance(table.evidence, str):
            self._check_source("evidence", evidence=table.evidence)
            return dict.fromkeys(self.own_facts, table.evidence)
        missing = [fact for fact in self.own_facts if fact not in table.evidence]
        if missing:
            raise self.document.error(
                ("window", self.number, "evidence"),
                f"there is none for {', '.join(missing)}; name a source for each, or 'assumed'",
            )
        return {fact: self._checked(fact, evidence) for fact, evidence in table.evidence.items()}

    def _checked(self, fact: str, evidence: str | list[str]) -> FactEvidence:
        tables = (*(self.table.faults or ()), *(self.table.network or ()))
        parameters = {name for each in tables for name in each.model_extra or ()}
        path = ("window", self.number, "evidence", fact)
        if fact not in (*self.own_facts, *parameters):
            raise self._unknown("fact", fact, [*self.own_facts, *parameters], path)
        if isinstance(evidence, str):
            self._check_source("evidence", fact, evidence=evidence)
            return evidence
        line = self.table.share if fact == "share" else None
        if isinstance(line, list) and isinstance(line[0], tuple) and len(evidence) != len(line):
            raise self.document.error(
                path, f"expected one source for each of the line's {len(line)} points"
            )
        for source in evidence:
            self._check_source("evidence", fact, evidence=source)
        return tuple(evidence)

    def _check_source(self, *keys: str, evidence: str) -> None:
        if evidence != ASSUMED and evidence not in self.sources:
            path: tuple[str | int, ...] = ("window", self.number, *keys)
            raise self._unknown("source", evidence, [*self.sources, ASSUMED], path)

    def _unknown(
        self, kind: str, name: str, known: list[str], path: tuple[str | int, ...]
    ) -> UnknownName:
        where = f"{self.document.where(*path)}: {self.document.label(path)}"
        return UnknownName(kind, name, known, where=where)


def inherited(
    own: OwnEvidence, found: Mapping[str, FactEvidence], original: Mapping[str, FactEvidence]
) -> dict[str, FactEvidence]:
    """The evidence for facts inherited by `extends`; `original` is that in the extended window.

    It is the weaker of two: the original evidence, and the evidence that both windows are alike.
    """
    alike = found["extends"]
    facts = (
        fact
        for fact in original
        if fact not in (*found, "from", "until", "flap")
        and (not own.has_own_faults or fact in _APART_FROM_FAULTS)
    )
    return {fact: _weaker(own.sources, original[fact], alike) for fact in facts}


def _weaker(
    sources: Mapping[str, Source], evidence: FactEvidence, alike: FactEvidence
) -> FactEvidence:
    if isinstance(evidence, tuple):
        parts = (_weaker(sources, part, alike) for part in evidence)
        return tuple(part for part in parts if isinstance(part, str))
    options = (evidence, *((alike,) if isinstance(alike, str) else alike))
    return min(
        options,
        key=lambda each: evidence_grades.EVIDENCE_GRADES.index(
            evidence_grades.grade(sources, each)
        ),
    )
