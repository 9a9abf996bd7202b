"""The wire formats that are no plain HTTP requests. A new one is a file and a line here."""

from __future__ import annotations

from chaos_llm.providers.google.gemini_live import GeminiLive
from chaos_llm.providers.google.vertex_grpc import (
    VertexGeminiGrpc,
    VertexPredictGrpc,
    VertexTokenCountGrpc,
)
from chaos_llm.providers.openai.chatgpt_session import ChatGPTSession
from chaos_llm.providers.openai.realtime import OpenAIRealtime
from chaos_llm.providers.openai.responses_session import OpenAIResponsesSession
from chaos_llm.providers.openai_compatible.xai_grpc import XAIChat
from chaos_llm.providers.provider import Provider

# The gRPC services of vendors: the same APIs, at other paths and in protobuf messages.
GRPC_SERVICES: tuple[Provider, ...] = (
    XAIChat(),
    VertexGeminiGrpc(),
    VertexTokenCountGrpc(),
    VertexPredictGrpc(),
)

# Sessions on websockets: the upgrade is one exchange, and so is each answer of the model.
SESSIONS: tuple[Provider, ...] = (
    OpenAIRealtime(),
    ChatGPTSession(),  # whose path ends as that of OpenAI's does
    OpenAIResponsesSession(),
    GeminiLive(),
)
