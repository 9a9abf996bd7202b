"""`stays_within` fails a request to a provider or region outside of a list."""

from __future__ import annotations

import boto3
import botocore.exceptions
import pytest
from support.apps.bots import ask_once
from support.apps.defended import Defended
from support.apps.failover import found, talk
from support.small_profiles import MINUTE, profile_of, window

from chaos_llm import outage
from chaos_llm.checks import stays_within
from chaos_llm.errors import UnknownName, UsageError
from chaos_llm.faults import overloaded
from chaos_llm.profiles.model import Target


def bedrock(question, region="eu-central-1"):
    client = boto3.client(
        "bedrock-runtime",
        region_name=region,
        aws_access_key_id="one",
        aws_secret_access_key="two",
    )
    messages = [{"role": m["role"], "content": [{"text": m["content"]}]} for m in talk(question)]
    reply = client.converse(modelId="amazon.nova-pro-v1:0", messages=messages)
    return reply["output"]["message"]["content"][0]["text"]


def or_in_america(question):
    try:
        return bedrock(question)
    except botocore.exceptions.ClientError:
        return bedrock(question, "us-east-1")


def in_europe(app, check):
    target = Target("bedrock", region="eu-central-1")
    profile = profile_of(window(overloaded(), ends=20 * MINUTE, on=target))
    with outage(profile, seed=3) as chaos:
        return check(chaos.replay(app, every="5m", warmup="10m", recovery="10m").run)


def test_a_fallback_to_another_vendor_leaves_the_list():
    finding = found(stays_within(providers=["anthropic"]), Defended(), overloaded())
    assert finding.verdict == "fail"
    assert finding.seen.endswith(" requests went to openai, which is not allowed")
    assert finding.at == 0.0


def test_a_listed_fallback_passes():
    finding = found(stays_within(providers=["anthropic", "openai"]), Defended(), overloaded())
    assert finding.verdict == "pass"
    assert finding.seen == "all requests went to anthropic, openai"


def test_a_fallback_to_another_region_fails():
    finding = in_europe(or_in_america, stays_within(regions=["eu-"]))
    assert finding.verdict == "fail"
    assert "in us-east-1" in finding.seen
    assert finding.at >= 0.0


def test_a_region_that_is_kept_passes():
    finding = in_europe(bedrock, stays_within(providers=["bedrock"], regions=["eu-central-1"]))
    assert finding.verdict == "pass"
    assert finding.seen == "all requests went to bedrock, eu-central-1"


def test_it_is_not_applicable_where_no_request_names_a_region():
    assert found(stays_within(regions=["eu-"]), ask_once, overloaded()).verdict == "not applicable"


def test_a_claim_about_nothing_is_refused():
    with pytest.raises(UsageError, match="providers= or regions="):
        stays_within()
    with pytest.raises(UsageError, match=r'\["eu-"\]'):
        stays_within(regions="eu-")
    with pytest.raises(UnknownName):
        stays_within(providers=["claude"])
