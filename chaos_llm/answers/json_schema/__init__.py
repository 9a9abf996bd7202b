"""JSON schemas of tools and structured answers: validation, valid values, vendors' refusals."""

from __future__ import annotations

from chaos_llm.answers.json_schema.acceptance import accepts
from chaos_llm.answers.json_schema.instances import instance
from chaos_llm.answers.json_schema.refusals import refusal_of

__all__ = ["accepts", "instance", "refusal_of"]
