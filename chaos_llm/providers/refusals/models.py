"""The models: their context windows, their output limits, and when they were retired.

Windows and output limits are those of the vendors' model pages, as litellm 1.110 collects them;
dates are those of the vendors' deprecation pages. A newer or unknown model of a known family has
its family's row, which is its largest; an unknown limit refuses nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

# How deployments and servers of one's own are called says nothing about what they are.
_NAMED_BY_THE_TEAM = ("azure-openai", "vllm", "vllm-old", "tgi", "ollama", "meta-llama")


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known about a model; None is unknown, and then nothing is refused for it.

    `window` is the most tokens of input, `output` those of one answer. `version` is that in the
    name, as (4, 5). `reasons` is whether it thinks before it answers, and so takes no sampling.
    `retired` is the day from which its name is refused: "2026-06-15".
    """

    family: str = ""
    window: int | None = None
    output: int | None = None
    reasons: bool = False
    version: tuple[int, int] = (0, 0)
    retired: str = ""


UNKNOWN = ModelFacts()
_M = 1_048_576

# The first pattern that a name begins with says it, so the special ones come first.
FAMILIES: tuple[tuple[str, ModelFacts], ...] = (
    ("claude-(?:instant|1|2)", ModelFacts("claude", 200_000, 4_096)),
    ("claude-3-(?:opus|sonnet|haiku)", ModelFacts("claude", 200_000, 4_096)),
    ("claude-3-5", ModelFacts("claude", 200_000, 8_192)),
    ("claude-3-7", ModelFacts("claude", 200_000, 128_000)),  # 64,000 without a beta header
    ("claude-opus-4(?:-1)?(?:$|-20|@)", ModelFacts("claude", 200_000, 32_000)),
    ("claude-(?:sonnet|haiku|opus)-4-5", ModelFacts("claude", 200_000, 64_000)),
    ("claude-sonnet-4(?:$|-20|@)", ModelFacts("claude", 200_000, 64_000)),
    ("claude-", ModelFacts("claude", 1_000_000, 128_000)),
    ("gpt-3.5-turbo-instruct", ModelFacts("gpt", 4_096, 4_096)),
    ("gpt-3.5", ModelFacts("gpt", 16_385, 4_096)),
    ("gpt-4-(?:turbo|1106|0125|vision)", ModelFacts("gpt", 128_000, 4_096)),
    ("gpt-4-32k", ModelFacts("gpt", 32_768, 32_768)),
    ("gpt-4(?:$|-0)", ModelFacts("gpt", 8_192, 8_192)),
    ("gpt-4o-2024-05-13", ModelFacts("gpt", 128_000, 4_096)),
    ("gpt-4o|chatgpt-4o", ModelFacts("gpt", 128_000, 16_384)),
    ("gpt-4\\.1", ModelFacts("gpt", 1_047_576, 32_768)),
    ("gpt-4\\.5", ModelFacts("gpt", 128_000, 16_384)),
    ("gpt-audio|gpt-[5-9](?:\\.\\d)?-chat", ModelFacts("gpt", 128_000, 16_384)),
    ("gpt-5-search", ModelFacts("gpt", 272_000, 128_000)),
    ("gpt-5-pro", ModelFacts("gpt", 400_000, 272_000, reasons=True)),
    ("gpt-5(?:\\.\\d)?-codex", ModelFacts("gpt", 400_000, 128_000, reasons=True)),
    ("gpt-5(?:\\.[1-3])?(?:$|-)", ModelFacts("gpt", 272_000, 128_000, reasons=True)),
    ("gpt-5\\.4-(?:mini|nano)", ModelFacts("gpt", 272_000, 128_000, reasons=True)),
    ("gpt-[5-9]", ModelFacts("gpt", 1_050_000, 128_000, reasons=True)),
    ("o1-mini|o1-preview", ModelFacts("o", 128_000, 65_536, reasons=True)),
    ("o[1-9](?:$|-)", ModelFacts("o", 200_000, 100_000, reasons=True)),
    ("gemini-1\\.[05]", ModelFacts("gemini", 2 * _M, 8_192)),
    ("gemini-2\\.0", ModelFacts("gemini", _M, 8_192)),
    ("gemini-[23]", ModelFacts("gemini", _M, 65_536)),
    ("gemini-exp", ModelFacts("gemini", 2 * _M, 65_536)),
    ("gemini-", ModelFacts("gemini", _M, None)),
    ("deepseek-(?:chat|reasoner|flash|v4)", ModelFacts("deepseek", _M, 393_216)),
    ("grok-[23]", ModelFacts("grok", 131_072)),
    ("grok-code", ModelFacts("grok", 256_000)),
    ("grok-", ModelFacts("grok", 2_000_000)),
    ("command-a-plus", ModelFacts("command", 256_000, 64_000)),
    ("command-a", ModelFacts("command", 256_000, 8_192)),
    ("command-r|command-(?:light|nightly)", ModelFacts("command", 128_000, 4_096)),
    ("openai/gpt-oss", ModelFacts("groq", 131_072, 65_536)),
    ("llama-3\\.3-70b-versatile", ModelFacts("groq", 131_072, 32_768)),
    ("llama-3\\.1-8b-instant", ModelFacts("groq", 131_072, 131_072)),
    ("moonshotai/kimi-k2", ModelFacts("groq", 262_144, 16_384)),
    ("mistral-large-4", ModelFacts("mistral", _M)),
    ("mistral-(?:large|medium|small)-(?:latest|25|26|3)", ModelFacts("mistral", 262_144)),
    ("open-mistral-nemo|mistral-large-24|pixtral", ModelFacts("mistral", 131_072)),
    ("(?:mistral|magistral|ministral|devstral|codestral|voxtral)-", ModelFacts("mistral")),
    ("nova-micro", ModelFacts("nova", 128_000, 10_000)),
    ("nova-(?:lite|pro)", ModelFacts("nova", 300_000, 10_000)),
    ("nova-", ModelFacts("nova", 1_000_000, None)),
)

# Of platform.claude.com/docs/en/about-claude/model-deprecations and
# developers.openai.com/api/docs/deprecations, and no day that was still to come in November 2026;
# Gemini's is that of a recorded refusal. Bedrock and Vertex have days of their own.
RETIRED: tuple[tuple[str, str, str], ...] = (
    ("anthropic", "claude-(?:instant|1)", "2024-11-06"),
    ("anthropic", "claude-2|claude-3-sonnet-20240229$", "2025-07-21"),
    ("anthropic", "claude-3-5-sonnet-(?:20240620|20241022|latest)$", "2025-10-28"),
    ("anthropic", "claude-3-opus-(?:20240229|latest)$", "2026-01-05"),
    ("anthropic", "claude-3-7-sonnet-(?:20250219|latest)$", "2026-02-19"),
    ("anthropic", "claude-3-5-haiku-(?:20241022|latest)$", "2026-02-19"),
    ("anthropic", "claude-3-haiku-20240307$", "2026-04-20"),
    ("anthropic", "claude-(?:sonnet|opus)-4-20250514$|claude-(?:sonnet|opus)-4-0$", "2026-06-15"),
    ("openai", "(?:gpt-3.5-turbo(?:-16k)?-0613|gpt-3.5-turbo-0301)$", "2024-09-13"),
    ("openai", "gpt-4-32k", "2025-06-06"),
    ("openai", "gpt-4.5-preview", "2025-07-14"),
    ("openai", "chatgpt-4o-latest$", "2026-02-17"),
    ("openai", "gpt-5(?:\\.1)?-chat-latest$", "2026-07-23"),
    ("openai", "gpt-5(?:\\.[12])?-codex|o[34](?:-mini)?-deep-research", "2026-07-23"),
    ("openai", "gpt-5\\.[23]-chat-latest$", "2026-08-10"),
    ("openai", "gpt-3.5-turbo(?:-0125)?$", "2026-10-23"),
    ("openai", "gpt-4(?:-0613|-1106-preview|-turbo|-turbo-2024-04-09)?$", "2026-10-23"),
    ("openai", "gpt-4o-2024-05-13$|gpt-4\\.1-nano(?:-2025-04-14)?$", "2026-10-23"),
    ("openai", "(?:o1(?:-pro)?|o[34]-mini)(?:-20\\d\\d-\\d\\d-\\d\\d)?$", "2026-10-23"),
    ("gemini", "gemini-1\\.[05]", "2025-09-29"),
)
_PREFIX = re.compile(
    r"(?:models/|publishers/\w+/models/|(?:\w+\.)?(?:anthropic|amazon)\.|(?:anthropic|google|x-ai)/)"
)
_ARN = re.compile(r"arn:aws[\w-]*:bedrock:[^/]*/")
_VERSION = re.compile(r"(?:^|[a-z]-|[a-z])(\d)(?:[.-](\d{1,2}))?(?=$|[^0-9])")


@lru_cache(maxsize=1024)
def facts_of(provider: str, model: str) -> ModelFacts:
    """What is known about a provider's model, else about its family."""
    if provider in _NAMED_BY_THE_TEAM:
        return UNKNOWN
    name = model.lower()
    if arn := _ARN.match(name):
        name = name[arn.end() :]
    if prefix := _PREFIX.match(name):
        name = name[prefix.end() :]
    if name.startswith("claude-"):
        name = name.replace(".", "-")  # as gateways write it: claude-sonnet-4.5
    facts = _row_of(name)
    if facts is None:
        return UNKNOWN
    return replace(facts, version=_version(name), retired=_retired(provider, name))


def family_by_name(name: str) -> str:
    """The family of a model's plain name in lower case; "" is unknown."""
    facts = _row_of(name)
    return facts.family if facts else ""


def _row_of(name: str) -> ModelFacts | None:
    return next((facts for pattern, facts in FAMILIES if re.match(pattern, name)), None)


def _version(name: str) -> tuple[int, int]:
    """The version in a name: (4, 5) of claude-sonnet-4-5-20250929 and (3, 0) of o3-mini."""
    found = _VERSION.search(name)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def _retired(provider: str, name: str) -> str:
    days = (day for who, pattern, day in RETIRED if who == provider and re.match(pattern, name))
    return next(days, "")
