"""OpenAI's endpoints of media and of safety: moderations, images, speech and transcriptions."""

from __future__ import annotations

from typing import ClassVar

from chaos_llm.providers.openai.audio import AUDIO
from chaos_llm.providers.openai.images import IMAGES, PICTURES, STORE
from chaos_llm.providers.openai.moderations import MODERATIONS
from chaos_llm.providers.openai.routed import OpenAIRouted
from chaos_llm.providers.routes import Route


class OpenAIModerations(OpenAIRouted):
    """OpenAI's moderations."""

    api: ClassVar[str] = "moderations"
    table: ClassVar[tuple[Route, ...]] = MODERATIONS


class OpenAIImages(OpenAIRouted):
    """OpenAI's images."""

    api: ClassVar[str] = "images"
    table: ClassVar[tuple[Route, ...]] = IMAGES


class OpenAIImageStore(OpenAIRouted):
    """The host of the images' URLs; it needs no key."""

    api: ClassVar[str] = "image_store"
    hosts: ClassVar[tuple[str, ...]] = (STORE,)
    keyless: ClassVar[bool] = True
    table: ClassVar[tuple[Route, ...]] = PICTURES


class OpenAIAudio(OpenAIRouted):
    """OpenAI's speech and its transcriptions."""

    api: ClassVar[str] = "audio"
    table: ClassVar[tuple[Route, ...]] = AUDIO
