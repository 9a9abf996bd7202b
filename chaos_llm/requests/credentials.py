"""Find out which provider an API key belongs to, from environment variables and the key's prefix.

Only fingerprints are kept. A secret has the same fingerprint in every header.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chaos_llm.protocol.keyed_random import fingerprint

PLACEHOLDER = "placeholder-of-chaos-llm"  # how placeholder keys end
_SUFFIXES = ("_API_KEY", "_AUTH_TOKEN", "_API_TOKEN")
_NAMES = {  # variables that do not begin with a provider's name
    "GOOGLE_API_KEY": "gemini",
    "CO_API_KEY": "cohere",
    "LLAMA_API_KEY": "meta-llama",
}
# Formats of keys, from the vendors' documentation and the rules of secret scanners.
_SHAPES = (
    (re.compile(r"sk-ant-"), "anthropic"),
    (re.compile(r"sk-or-v1-"), "openrouter"),
    (re.compile(r"sk-(?:proj|svcacct|admin)-"), "openai"),
    (re.compile(r"sk-\w{20}T3BlbkFJ"), "openai"),
    (re.compile(r"AIza[\w-]{35}"), "gemini"),
    (re.compile(r"gsk_\w{20}"), "groq"),
    (re.compile(r"xai-\w{20}"), "xai"),
)
_MOST = 10_000  # keys that are kept
_HEADERS = ("x-api-key", "authorization", "api-key", "x-goog-api-key")
_ONE_VENDOR = (
    {"gemini", "vertex"},
    {"openai", "azure-openai"},
)  # providers whose keys have the same format


@dataclass
class Credentials:
    """API keys by fingerprint, and the providers that they belong to as far as it is known.

    `issuers` has the provider that a key's format names, or "". `variables` has the provider whose
    environment variable holds the key; that is weaker evidence, since OPENAI_API_KEY may hold the
    key of a compatible provider. `holders` are the providers for which a real key is set.
    """

    issuers: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    holders: frozenset[str] = frozenset()

    @classmethod
    def of(cls, environ: Mapping[str, str], providers: Iterable[str]) -> Credentials:
        """The keys in an environment; a key in variables of several providers is left out."""
        by_stem = {name.upper().replace("-", "_"): name for name in providers}
        held: dict[str, set[str]] = {}
        for variable, secret in environ.items():
            provider = _NAMES.get(variable) or by_stem.get(_stem(variable))
            if provider and secret:
                held.setdefault(secret, set()).add(provider)
        owners = {secret: next(iter(names)) for secret, names in held.items() if len(names) == 1}
        variables = {fingerprint(secret): provider for secret, provider in owners.items()}
        real = {name for secret, name in owners.items() if not secret.endswith(PLACEHOLDER)}
        return cls({}, variables, frozenset(real))

    def note(self, credential: str, headers: Mapping[str, str]) -> None:
        """Record the provider that a new key's format names."""
        if len(self.issuers) >= _MOST:
            del self.issuers[next(iter(self.issuers))]
        secrets = (headers.get(name, "") for name in _HEADERS)
        found = {issuer for secret in secrets if (issuer := _issuer(secret))}
        self.issuers[credential] = found.pop() if len(found) == 1 else ""

    def belongs_to_another(self, credential: str, provider: str) -> bool:
        """Whether a key has the format of a vendor other than the provider it was sent to."""
        issuer = self.issuers.get(credential, "")
        return bool(issuer) and issuer != provider and {issuer, provider} not in _ONE_VENDOR


def _stem(variable: str) -> str:
    return next((variable.removesuffix(s) for s in _SUFFIXES if variable.endswith(s)), "")


def _issuer(value: str) -> str:
    secret = value.removeprefix("Bearer ").strip()
    return next((issuer for shape, issuer in _SHAPES if shape.match(secret)), "")
