"""The sources of Anthropic's refusals, and the two forms that most of them have."""

from __future__ import annotations

from chaos_llm.providers.refusals.rule import Rule, Source, Wrong

# test/anthropic-messages-validation-parity.test.mjs: the live API's answers of 31 August 2026
LIVE = Source("captured", "kangminlee-maker/local-OAuth-CLI-API-adapter, claude-sonnet-5")
# 948 live calls of 6 September 2026
MATRIX = Source("captured", "provider dialect matrix FRE-1430, claude-sonnet-5 and haiku-4.5")
TYPES = Source("assumed", "by the form of the captured ones")


def typed(field: str, wrong: Wrong, noun: str, message: str = "", source: Source = LIVE) -> Rule:
    """A field with a value of another type."""
    message = message or f"Input should be {noun}"
    return Rule(f"{field}: type", field, wrong, f"{{at}}: {message}", f"wants {noun}", source)


def required(name: str, field: str, wrong: Wrong, source: Source = LIVE) -> Rule:
    """Something without a field that it must have."""
    return Rule(f"{name} missing", field, wrong, "{at}: Field required", "wants a field", source)
