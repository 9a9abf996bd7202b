"""Masks secrets and escapes control characters in texts from outside, before they are shown.

A secret is recognised by its shape, or by its value if a request carried it. The shapes come from
the vendors' documentation of keys and from the rules of secret scanners (gitleaks, GitHub).
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from urllib.parse import parse_qsl

MASK = "[a secret]"

_SHAPES = re.compile(
    r"""-----BEGIN[A-Z ]*PRIVATE\ KEY-----.*?(?:-----END[A-Z ]*PRIVATE\ KEY-----|\Z)
    | \b(?:Bearer|Basic)\s+[\w.~+/=-]{8,}
    | \b(?:sk|pk|rk|gsk|xai|pplx|csk|nvapi|tvly|glpat|sess|hf|pa|fw|vck|key|jina|r8|rt)
      [-_](?=[\w-]{0,99}\d)[\w-]{12,}                 # a digit, because some of these begin words
    | \b(?:gh[pousr]|github_pat|api_org|tgp_v\d|xox[abeoprs])[-_][\w-]{12,}
    | \bLLM\|\d+\|[\w-]{12,}                            # Meta's Llama API
    | \b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b           # AWS, and its keys for Bedrock
    | \bABSK[A-Za-z0-9+/=]{30,}
    | \bbedrock-api-key-[\w+/=-]{12,}
    | \bAIza[\w-]{30,}                                  # Google: keys, access, refresh, clients
    | \bAQ\.[\w-]{30,}
    | \bya29\.[\w.-]{12,}
    | \b1//[\w-]{20,}
    | \bGOCSPX-[\w-]{12,}
    | \bdapi[0-9a-f]{32}\b                              # Databricks
    | \beyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]+){0,3}          # a JWT
    | \b[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{20,}            # Azure, since 2024
    | [\w.~]{3}\dQ~[\w.~-]{31,34}                       # a client's secret of Entra ID
    | \b(?:[0-9a-f]{32}|[0-9A-F]{32}|[0-9a-f]{64})\b    # Azure until 2024; Together
    | \b(?=[A-Za-z]*\d)(?=[0-9A-Z]*[a-z])(?=[0-9a-z]*[A-Z])(?:[A-Za-z0-9]{40}|[A-Za-z0-9]{32})\b
    | (?<=://)[^\s/:@]+:[^\s/@]+(?=@)                   # a name and a password in an address
    """,
    re.VERBOSE | re.DOTALL,
)
# The name of a secret and its value, as in a query, a header, an environment or a repr.
_NAMED = re.compile(
    r"""(?i)((?:\b|_)(?:api[_-]?key|access[_-]?key|client[_-]?secret|secret(?:[_-]access[_-]key)?
    |access[_-]token|refresh[_-]token|auth[_-]token|password|passwd|(?<=[?&])key|(?<=[?&])token)
    ["']?\s*(?:=|:)\s*["']?)(?!\s*\[a\ secret\])[^\s"',;&)}\]]{8,}""",
    re.VERBOSE,
)
_SECRET_HEADER = re.compile("auth|key|token|secret|cookie|password|credential|signature")
_SECRET_QUERY = ("key", "api_key", "api-key", "token", "access_token", "code", "client_secret")
_SCHEME = re.compile(r"(?i)(?:bearer|basic|token|apikey|api-key|key)\s+")
_SHORTEST, _LONG = 8, 16  # letters of a secret; a plain word is one only if it is long
_PLAIN = re.compile(r"[a-z]+(?:[-_ .][a-z]+)*|[0-9.,:-]+")
_MOST = 1000  # secrets in memory; the oldest one is dropped
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def without_shapes(text: str) -> str:
    """The text with everything masked that looks like a secret."""
    return _NAMED.sub(rf"\g<1>{MASK}", _SHAPES.sub(MASK, text))


without_shapes_cached = lru_cache(maxsize=2048)(without_shapes)  # for texts that repeat


def printable(text: str) -> str:
    """The text with control characters, marks of text direction and lone surrogates escaped.

    Line ends and tabs stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return _CONTROLS.sub(_escaped, text)


def printable_values(value: object) -> object:
    """Make a text printable, or the texts in a list or a dict; other values stay as they are."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [printable_values(item) for item in value]
    if isinstance(value, dict):
        return {printable_values(key): printable_values(item) for key, item in value.items()}
    return value


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class Secrets:
    """The values of the secrets that requests carried; they depend on the requests alone."""

    def __init__(self) -> None:
        # The latest used last: so no secret that is still in use is dropped for others.
        self._values: OrderedDict[str, None] = OrderedDict()
        self._found: OrderedDict[str, tuple[str, ...]] = OrderedDict()  # in a header or a query
        self._changes = 0
        self._longest_first: tuple[str, ...] | None = ()
        # The headers that were examined last. A request's headers are not changed, so none of their
        # credentials is missing.
        self.noted: Mapping[str, str] | None = None

    def note(self, headers: Mapping[str, str], query: str = "") -> None:
        """Remember the credentials in the headers and the query of a request.

        It is called for every request, so texts that were seen before are skipped.
        """
        self.noted = headers
        for name in _secret_headers(getattr(headers, "raw_names", None) or tuple(headers)):
            self._keep(headers[name], _values_of)
        if query:
            self._keep(query, _values_in_query)

    def note_fields(self, record: object, depth: int = 0) -> None:
        """Remember the texts under names of secrets in a record, at any depth up to twelve.

        A pair such as {"name": "Authorization", "value": ...} has a name, too, and a text may be
        JSON of its own.
        """
        if depth >= 12:
            return
        if isinstance(record, str) and record[:1] in ("{", "["):
            with suppress(ValueError, RecursionError):
                self.note_fields(json.loads(record), depth + 1)
        elif isinstance(record, list):
            for item in record:
                self.note_fields(item, depth + 1)
        elif isinstance(record, dict):
            texts = {str(n).lower(): v for n, v in record.items() if isinstance(v, str)}
            name = record.get("name") or record.get("key")
            if isinstance(name, str) and isinstance(value := _inner(record.get("value")), str):
                texts = {name.lower(): value}
            self.note(texts)
            for value in record.values():
                self.note_fields(value, depth + 1)

    def _keep(self, text: str, values_of: Callable[[str], Iterable[str]]) -> None:
        """Remember the secrets in a text, as the latest that were used."""
        values = self._found.get(text)
        if values is None:
            values = tuple({value: None for value in values_of(text) if _is_secret(value)})
            self._found[text] = values
            if len(self._found) > _MOST:
                self._found.popitem(last=False)
        for value in values:
            try:
                self._values.move_to_end(value)
            except KeyError:
                self._values[value] = None
                self._changes += 1
                self._longest_first = None
        while len(self._values) > _MOST:
            self._values.popitem(last=False)

    def __len__(self) -> int:
        return len(self._values)

    def masked(self, text: str) -> str:
        """The text with the secrets masked, also where they are escaped as in JSON."""
        longest_first = self._longest_first
        for value in self._sorted() if longest_first is None else longest_first:
            if value in text:
                text = text.replace(value, MASK)
        return text

    def _sorted(self) -> tuple[str, ...]:
        """The secrets in all their forms; a request may come meanwhile, in another thread."""
        changes = self._changes
        forms = {form for value in list(self._values) for form in _forms(value)}
        self._longest_first = found = tuple(sorted(forms, key=lambda form: (-len(form), form)))
        if changes != self._changes:
            self._longest_first = None
        return found


NO_SECRETS = Secrets()  # for texts whose requests are unknown


@lru_cache(maxsize=256)
def _secret_headers(names: tuple[str | bytes, ...]) -> tuple[str, ...]:
    """Those of a request's headers that may hold credentials."""
    texts = (name.decode("latin-1") if isinstance(name, bytes) else name for name in names)
    return tuple(name for name in texts if _SECRET_HEADER.search(name))


def _values_of(header: str) -> Iterable[str]:
    """The secrets in one header: a token, a password, cookies; not an AWS signature."""
    if header.startswith("AWS4-"):
        return
    scheme = _SCHEME.match(header)
    value = header[scheme.end() :] if scheme else header
    yield value.strip()
    if scheme and scheme[0].lower().startswith("basic"):
        try:
            yield b64decode(value).decode().partition(":")[2]
        except ValueError:
            return
    for pair in header.split(";") if "=" in header else ():
        yield pair.partition("=")[2].strip()


def _values_in_query(query: str) -> Iterable[str]:
    return (value for name, value in parse_qsl(query) if name.lower() in _SECRET_QUERY)


def _is_secret(value: str) -> bool:
    if not _SHORTEST <= len(value) <= _LONGEST:
        return False
    return len(value) >= _LONG or not _PLAIN.fullmatch(value)


_LONGEST = 8192  # letters; the largest tokens are JWTs of a few thousand


def _inner(value: object) -> object:
    """The text of an attribute: itself, or in {"stringValue": ...}."""
    return value.get("stringValue") if isinstance(value, dict) else value


def _forms(value: str) -> Iterable[str]:
    return value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]
