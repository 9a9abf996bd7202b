"""The models in vendors' lists, and the fields of each.

Names are those of the vendors' documentation and SDKs; numbers beside them are from their pages or
assumed. Any other model that is requested by name exists, too, because names change every month.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chaos_llm.providers.openai.routed import BEGAN

ANTHROPIC = (
    ("claude-opus-4-6", "Claude Opus 4.6"),
    ("claude-sonnet-4-6", "Claude Sonnet 4.6"),
    ("claude-opus-4-5-20251101", "Claude Opus 4.5"),
    ("claude-sonnet-4-5-20250929", "Claude Sonnet 4.5"),
    ("claude-haiku-4-5-20251001", "Claude Haiku 4.5"),
)
GEMINI = (
    ("gemini-3-pro-preview", 1_048_576, 65_536),
    ("gemini-2.5-pro", 1_048_576, 65_536),
    ("gemini-2.5-flash", 1_048_576, 65_536),
    ("gemini-2.5-flash-lite", 1_048_576, 65_536),
    ("gemini-embedding-001", 2_048, 1),
)
MISTRAL = (
    "mistral-large-latest",
    "mistral-small-latest",
    "magistral-medium-latest",
    "mistral-embed",
)
GROQ = (
    "llama-3.3-70b-versatile",
    "llama-3.1-8b-instant",
    "openai/gpt-oss-120b",
    "whisper-large-v3",
)
TOGETHER = (
    "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "deepseek-ai/DeepSeek-V3",
    "openai/gpt-oss-20b",
)
XAI = ("grok-4", "grok-4-fast-non-reasoning", "grok-3-mini", "grok-code-fast-1")
DEEPSEEK = ("deepseek-chat", "deepseek-reasoner")
META = ("Llama-4-Maverick-17B-128E-Instruct-FP8", "Llama-3.3-70B-Instruct")
OPENROUTER = ("openai/gpt-5-mini", "anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash")
COHERE = (
    ("command-a-03-2025", "chat", 256_000),
    ("command-a-reasoning-08-2025", "chat", 256_000),
    ("embed-v4.0", "embed", 128_000),
    ("rerank-v3.5", "rerank", 4_096),
)
OLLAMA = ("llama3.2:latest", "qwen3:8b", "nomic-embed-text:latest")
SERVED = ("a-model",)  # by a self-hosted server, which serves the model it was started with
BEDROCK = (
    ("anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude Sonnet 4.5", "Anthropic"),
    ("amazon.nova-pro-v1:0", "Nova Pro", "Amazon"),
    ("meta.llama3-3-70b-instruct-v1:0", "Llama 3.3 70B Instruct", "Meta"),
    ("amazon.titan-embed-text-v2:0", "Titan Text Embeddings V2", "Amazon"),
)
_MOMENT = datetime.fromtimestamp(BEGAN, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(model: str, owner: str, **more: Any) -> dict[str, Any]:
    """A model of OpenAI's list."""
    return {"id": model, "object": "model", "created": BEGAN, "owned_by": owner, **more}


def anthropic(name: str, display: str = "") -> dict[str, Any]:
    """A model of Anthropic's list."""
    shown = display or name
    return {"type": "model", "id": name, "display_name": shown, "created_at": _MOMENT}


def gemini(name: str, input_limit: int = 1_048_576, output_limit: int = 65_536) -> dict[str, Any]:
    """A model of Gemini's list."""
    embeds = "embedding" in name
    methods = ["embedContent"] if embeds else ["generateContent", "countTokens"]
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.replace("-", " ").title(),
        "description": f"Stable version of {name}",
        "inputTokenLimit": input_limit,
        "outputTokenLimit": output_limit,
        "supportedGenerationMethods": methods,
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
    }


def vertex(name: str) -> dict[str, Any]:
    """A model of Vertex AI's list."""
    fields = {"openSourceCategory": "PROPRIETARY", "launchStage": "GA", "versionId": "default"}
    return {"name": f"publishers/google/models/{name}", **fields}


def mistral(name: str) -> dict[str, Any]:
    """A model of Mistral's list."""
    can = dict.fromkeys(
        ("completion_chat", "function_calling", "completion_fim"), "embed" not in name
    )
    return plain(
        name,
        "mistralai",
        name=name,
        description=f"{name}, as it is served today.",
        capabilities=can | {"fine_tuning": False, "vision": False, "classification": False},
        max_context_length=131_072,
        aliases=[],
        deprecation=None,
        default_model_temperature=0.3,
        type="base",
    )


def groq(name: str) -> dict[str, Any]:
    """A model of Groq's list."""
    return plain(
        name,
        "Groq",
        active=True,
        context_window=131_072,
        public_apps=None,
        max_completion_tokens=32_768,
    )


def together(name: str) -> dict[str, Any]:
    """A model of Together's list."""
    pricing = {"hourly": 0, "input": 0.88, "output": 0.88, "base": 0, "finetune": 0}
    return {
        "id": name,
        "object": "model",
        "created": BEGAN,
        "type": "chat",
        "display_name": name.partition("/")[2],
        "organization": name.partition("/")[0],
        "link": "",
        "license": "",
        "context_length": 131_072,
        "pricing": pricing,
    }


def openrouter(name: str) -> dict[str, Any]:
    """A model of OpenRouter's list."""
    kinds = {"input_modalities": ["text"], "output_modalities": ["text"]}
    best = {"context_length": 200_000, "max_completion_tokens": 64_000, "is_moderated": False}
    return {
        "id": name,
        "canonical_slug": name,
        "hugging_face_id": "",
        "name": name.replace("/", ": "),
        "created": BEGAN,
        "description": "",
        "context_length": 200_000,
        "architecture": kinds
        | {"modality": "text->text", "tokenizer": "Other", "instruct_type": None},
        "pricing": {"prompt": "0.00000125", "completion": "0.00001", "request": "0", "image": "0"},
        "top_provider": best,
        "per_request_limits": None,
        "supported_parameters": ["max_tokens", "temperature", "tools", "tool_choice"],
    }


def cohere(name: str, endpoint: str = "chat", window: int = 256_000) -> dict[str, Any]:
    """A model of Cohere's list."""
    return {
        "name": name,
        "endpoints": [endpoint],
        "finetuned": False,
        "context_length": window,
        "tokenizer_url": None,
        "default_endpoints": [],
        "is_deprecated": False,
        "features": None,
    }


def ollama(name: str) -> dict[str, Any]:
    """A model that an Ollama server has downloaded."""
    return {
        "name": name,
        "model": name,
        "modified_at": _MOMENT,
        "size": 2_019_393_189,
        "digest": "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72",
        "details": ollama_details(name),
    }


def ollama_details(name: str) -> dict[str, Any]:
    """The details that Ollama shows of a model's file."""
    family = name.partition(":")[0].rstrip("0123456789.")
    return {
        "parent_model": "",
        "format": "gguf",
        "family": family,
        "families": [family],
        "parameter_size": "3.2B",
        "quantization_level": "Q4_K_M",
    }


def bedrock(name: str, display: str = "", vendor: str = "") -> dict[str, Any]:
    """A foundation model of Bedrock's list."""
    out = ["EMBEDDING"] if "embed" in name else ["TEXT"]
    return {
        "modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{name}",
        "modelId": name,
        "modelName": display or name,
        "providerName": vendor or name.partition(".")[0].title(),
        "inputModalities": ["TEXT"],
        "outputModalities": out,
        "responseStreamingSupported": out == ["TEXT"],
        "customizationsSupported": [],
        "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE"},
    }
