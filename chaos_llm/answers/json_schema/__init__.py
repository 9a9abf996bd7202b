"""JSON schemas, as apps send them for tools and structured answers: values that are valid."""

from __future__ import annotations

from chaos_llm.answers.json_schema.acceptance import accepts
from chaos_llm.answers.json_schema.instances import instance
from chaos_llm.answers.json_schema.refusals import refusal_of

__all__ = ["accepts", "instance", "refusal_of"]
