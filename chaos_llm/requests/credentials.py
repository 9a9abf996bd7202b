"""Whose key is whose: told by the variables of the environment, and by the shapes of keys.

Only fingerprints are kept. They are the same for one secret in whatever header it travels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chaos_llm.protocol.keyed_random import fingerprint

PLACEHOLDER = "placeholder-of-chaos-llm"  # how the keys end that stand in where none is set
_SUFFIXES = ("_API_KEY", "_AUTH_TOKEN", "_API_TOKEN")
_NAMES = {  # of variables that do not begin with a provider's name
    "GOOGLE_API_KEY": "gemini",
    "CO_API_KEY": "cohere",
    "LLAMA_API_KEY": "meta-llama",
}
# How keys begin: the vendors' own pages on them, and the rules of secret scanners.
_SHAPES = (
    (re.compile(r"sk-ant-"), "anthropic"),
    (re.compile(r"sk-or-v1-"), "openrouter"),
    (re.compile(r"sk-(?:proj|svcacct|admin)-"), "openai"),
    (re.compile(r"sk-\w{20}T3BlbkFJ"), "openai"),
    (re.compile(r"AIza[\w-]{35}"), "gemini"),
    (re.compile(r"gsk_\w{20}"), "groq"),
    (re.compile(r"xai-\w{20}"), "xai"),
)
_MOST = 10_000  # keys that are remembered
_HEADERS = ("x-api-key", "authorization", "api-key", "x-goog-api-key")
_ONE_VENDOR = ({"gemini", "vertex"}, {"openai", "azure-openai"})  # who may share a key's shape


@dataclass
class Credentials:
    """The vendors' keys by fingerprint, as far as it is known whose they are.

    `issuers` is what the shapes of the keys say that were seen, "" for nothing; `variables` whose
    variable holds one, which says less: OPENAI_API_KEY may be a look-alike's. `holders` are the
    providers for which the team has set a key of its own.
    """

    issuers: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    holders: frozenset[str] = frozenset()

    @classmethod
    def of(cls, environ: Mapping[str, str], providers: Iterable[str]) -> Credentials:
        """The keys in an environment; one that stands in several variables says nothing."""
        names = {name.upper().replace("-", "_"): name for name in providers}
        held: dict[str, set[str]] = {}
        for variable, secret in environ.items():
            provider = _NAMES.get(variable) or names.get(_stem(variable))
            if provider and secret:
                held.setdefault(secret, set()).add(provider)
        own = {secret: next(iter(whose)) for secret, whose in held.items() if len(whose) == 1}
        variables = {fingerprint(secret): provider for secret, provider in own.items()}
        theirs = {whose for secret, whose in own.items() if not secret.endswith(PLACEHOLDER)}
        return cls({}, variables, frozenset(theirs))

    def note(self, credential: str, headers: Mapping[str, str]) -> None:
        """Look at a key that is seen for the first time: its shape may say who made it."""
        if len(self.issuers) >= _MOST:
            del self.issuers[next(iter(self.issuers))]
        secrets = (headers.get(name, "") for name in _HEADERS)
        found = {whose for secret in secrets if (whose := _issuer(secret))}
        self.issuers[credential] = found.pop() if len(found) == 1 else ""

    def is_anothers(self, credential: str, provider: str) -> bool:
        """Whether a key has the shape of another vendor's than that it was sent to."""
        issuer = self.issuers.get(credential, "")
        return bool(issuer) and issuer != provider and {issuer, provider} not in _ONE_VENDOR


def _stem(variable: str) -> str:
    return next((variable.removesuffix(s) for s in _SUFFIXES if variable.endswith(s)), "")


def _issuer(value: str) -> str:
    secret = value.removeprefix("Bearer ").strip()
    return next((whose for shape, whose in _SHAPES if shape.match(secret)), "")
