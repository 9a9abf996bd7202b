"""The vendors' SDKs, where they are installed: a test that wants one is skipped without it."""

from __future__ import annotations

import importlib

import pytest


def sdk(name):
    pytest.importorskip(name.partition(".")[0])
    return importlib.import_module(name)


@pytest.fixture
def boto3():
    return sdk("boto3")


@pytest.fixture
def cohere():
    return sdk("cohere")


@pytest.fixture
def genai():
    return sdk("google.genai")


@pytest.fixture
def groq():
    return sdk("groq")


@pytest.fixture
def mistral():
    return sdk("mistralai.client").Mistral


@pytest.fixture
def ollama():
    return sdk("ollama")


@pytest.fixture
def together():
    return sdk("together")
