"""JSON schemas, as apps send them for tools and structured answers: values that are valid."""

from __future__ import annotations

from chaos_llm.schemas.acceptance import accepts
from chaos_llm.schemas.instances import instance

__all__ = ["accepts", "instance"]
