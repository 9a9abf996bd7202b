"""An outage imports no client library, and intercepts those that the app imports during it."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest


def run(text):
    """Run a script in a new interpreter, where no client library is imported."""
    subprocess.run([sys.executable, "-W", "error", "-c", dedent(text)], check=True)


def test_an_outage_imports_none_of_them():
    run("""
        import sys
        from chaos_llm import outage
        before = set(sys.modules)

        def finders_of_ours():
            return [finder for finder in sys.meta_path if "chaos_llm" in type(finder).__module__]

        with outage():
            assert len(finders_of_ours()) == 1
        assert not finders_of_ours()
        assert not {"aiohttp", "urllib3", "botocore", "requests"} & (set(sys.modules) - before)
    """)


def test_aiohttp_that_the_app_imports_during_the_outage_is_intercepted():
    pytest.importorskip("aiohttp")
    run("""
        import asyncio, importlib.util
        from chaos_llm import outage

        async def ask():
            import aiohttp
            async with aiohttp.ClientSession() as session:
                async with session.get("https://api.anthropic.com/v9/nothing") as response:
                    return response.status

        with outage() as chaos:
            assert importlib.util.find_spec("aiohttp")  # as libraries do for which it is optional
            assert asyncio.run(ask()) == 501
            assert len(chaos.journal) == 1

        import aiohttp
        real = aiohttp.TCPConnector._create_connection
        assert real.__module__ == "aiohttp.connector"
        assert "exec_module" not in vars(aiohttp.__loader__)
        with outage() as chaos:
            assert aiohttp.TCPConnector._create_connection is not real
            assert asyncio.run(ask()) == 501
        assert aiohttp.TCPConnector._create_connection is real
    """)


def test_boto3_that_the_app_imports_during_the_outage_is_intercepted():
    pytest.importorskip("boto3")
    run("""
        from chaos_llm import outage

        with outage() as chaos:
            import boto3
            client = boto3.client(
                "bedrock-runtime", region_name="us-east-1",
                aws_access_key_id="a", aws_secret_access_key="b",
            )
            messages = [{"role": "user", "content": [{"text": "Where is order KX-48213?"}]}]
            client.converse(modelId="anthropic.claude-sonnet-4-20250514-v1:0", messages=messages)
            assert [exchange.provider for exchange in chaos.journal] == ["bedrock"]

        import urllib3
        assert urllib3.HTTPConnectionPool.urlopen.__module__ == "urllib3.connectionpool"
    """)


def test_a_library_version_that_is_too_old_is_not_intercepted(tmp_path):
    (tmp_path / "aiohttp.py").write_text("BaseConnector = ClientRequest = None\n")
    run(f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from chaos_llm import outage

        with outage():
            import aiohttp
            assert aiohttp.BaseConnector is None
        with outage():
            pass
    """)


def test_a_library_whose_import_fails_at_first_is_intercepted_later(tmp_path):
    pytest.importorskip("aiohttp")
    (tmp_path / "aiohttp.py").write_text("raise ZeroDivisionError\n")
    run(f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from chaos_llm import outage

        with outage():
            try:
                import aiohttp
            except ZeroDivisionError:
                sys.path.remove({str(tmp_path)!r})
            import aiohttp
            assert "chaos_llm" in aiohttp.TCPConnector._create_connection.__module__
    """)


def test_a_library_found_in_an_outage_and_executed_after_it_is_not_intercepted():
    pytest.importorskip("aiohttp")
    run("""
        import importlib.util, sys
        from chaos_llm import outage

        with outage():
            spec = importlib.util.find_spec("aiohttp")
        module = sys.modules["aiohttp"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert "chaos_llm" not in module.TCPConnector._create_connection.__module__
    """)
