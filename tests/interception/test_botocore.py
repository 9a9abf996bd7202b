"""boto3's Bedrock client, with its own retries, timeouts and exceptions, with simulated replies."""

from __future__ import annotations

import pytest
from support.broken_connections import ends

from chaos_llm import outage
from chaos_llm.faults import (
    connect_timeout,
    cut_stream,
    dns_failure,
    error_mid_stream,
    hang,
    html_in_200,
    latency,
    overloaded,
    rate_limited,
    refuse_connection,
    reset_connection,
    short_body,
    slow_tokens,
    stall_mid_stream,
    tls_failure,
)

boto3 = pytest.importorskip("boto3")
config = pytest.importorskip("botocore.config")
eventstream = pytest.importorskip("botocore.eventstream")
exceptions = pytest.importorskip("botocore.exceptions")
urllib3 = pytest.importorskip("urllib3")

MODEL = "anthropic.claude-sonnet-4-20250514-v1:0"
REQUEST = {
    "modelId": MODEL,
    "messages": [{"role": "user", "content": [{"text": "Where is order KX-48213?"}]}],
}


def bedrock(attempts=1, **options):
    retries = {"mode": "standard", "total_max_attempts": attempts}
    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        config=config.Config(retries=retries, **options),
    )


@pytest.fixture
def client():
    """A client that was made before the outage and makes no retries."""
    return bedrock()


def text_of(answer):
    return answer["output"]["message"]["content"][0]["text"]


def deltas(answer):
    for event in answer["stream"]:
        if "contentBlockDelta" in event:
            yield event["contentBlockDelta"]["delta"]["text"]


class TestAnswers:
    def test_are_whole(self, client):
        with outage() as chaos:
            answer = client.converse(**REQUEST)
            assert ends(chaos) == ["complete"]
            assert chaos.journal[0].provider == "bedrock"
        assert "KX-48213" in text_of(answer)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200

    def test_a3_come_from_the_address_for_both_versions_of_ip_too(self):
        with outage() as chaos:
            answer = bedrock(use_dualstack_endpoint=True).converse(**REQUEST)
            (exchange,) = chaos.journal
        assert "KX-48213" in text_of(answer)
        assert (exchange.provider, exchange.region) == ("bedrock", "us-east-1")

    def test_arrive_event_by_event_at_their_times(self, client):
        times, text = [], ""
        with outage() as chaos:
            chaos.on("bedrock").inject(slow_tokens("3s"))
            for piece in deltas(client.converse_stream(**REQUEST)):
                text += piece
                times.append(chaos.now)
            assert ends(chaos) == ["complete"]
        assert times == [3.0 * number for number in range(len(times))]
        assert "KX-48213" in text

    def test_a_client_that_is_made_during_the_outage_is_answered_too(self):
        with outage():
            assert "KX-48213" in text_of(bedrock().converse(**REQUEST))


class TestRetries:
    def test_run_in_virtual_time(self):
        client = bedrock(attempts=3)
        with outage() as chaos:
            chaos.on("bedrock").inject(overloaded(), times=2)
            answer = client.converse(**REQUEST)
            assert chaos.now > 0
            assert len(chaos.journal) == 3
        assert answer["ResponseMetadata"]["RetryAttempts"] == 2

    def test_a_broken_connection_is_retried_too(self):
        client = bedrock(attempts=3)
        with outage() as chaos:
            chaos.on("bedrock").inject(reset_connection(), times=2)
            assert "KX-48213" in text_of(client.converse(**REQUEST))
            assert ends(chaos) == ["reset", "reset", "complete"]


class TestErrors:
    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            (overloaded(), "ServiceUnavailableException"),
            (rate_limited(), "ThrottlingException"),
        ],
        ids=["overloaded", "rate_limited"],
    )
    def test_an_error_reply_raises_the_services_exception(self, client, fault, code):
        with outage() as chaos:
            chaos.on("bedrock").inject(fault)
            with pytest.raises(exceptions.ClientError) as caught:
                client.converse(**REQUEST)
        assert caught.value.response["Error"]["Code"] == code
        assert type(caught.value) is getattr(client.exceptions, code)

    @pytest.mark.parametrize(
        ("fault", "error", "end"),
        [
            (refuse_connection(), exceptions.EndpointConnectionError, "refused"),
            (dns_failure(), exceptions.EndpointConnectionError, "refused"),
            (tls_failure(), exceptions.SSLError, "closed"),
            (connect_timeout(), exceptions.ConnectTimeoutError, "timeout"),
            (reset_connection(), exceptions.ConnectionClosedError, "reset"),
            (hang("1s"), exceptions.ConnectionClosedError, "closed"),
            (hang(), exceptions.ReadTimeoutError, "timeout"),
        ],
        ids=["refused", "unresolved", "tls", "no connection", "reset", "closed", "silent"],
    )
    def test_a_broken_connection_raises_botocores_exception(self, client, fault, error, end):
        with outage() as chaos:
            chaos.on("bedrock").inject(fault)
            with pytest.raises(error) as caught:
                client.converse(**REQUEST)
            assert ends(chaos) == [end]
        assert type(caught.value) is error
        assert "bedrock-runtime.us-east-1.amazonaws.com" in str(caught.value)

    def test_a_truncated_body_raises_no_error(self, client):
        """botocore does not check the length, and its parser accepts bodies that are not JSON."""
        with outage() as chaos:
            chaos.on("bedrock").inject(short_body())
            assert "output" not in client.converse(**REQUEST)
            assert ends(chaos) == ["closed"]

    def test_an_html_page_instead_of_an_answer_raises_no_error(self, client):
        with outage() as chaos:
            chaos.on("bedrock").inject(html_in_200())
            assert "output" not in client.converse(**REQUEST)


class TestStreams:
    def read(self, client, fault):
        pieces = []
        with outage() as chaos:
            chaos.on("bedrock").inject(fault)
            try:
                pieces.extend(deltas(client.converse_stream(**REQUEST)))
            except Exception as error:
                return pieces, error, ends(chaos)
            return pieces, None, ends(chaos)

    @pytest.mark.parametrize(
        ("fault", "error", "end"),
        [
            (cut_stream(), urllib3.exceptions.ProtocolError, "closed"),
            (cut_stream(by="reset"), urllib3.exceptions.ProtocolError, "reset"),
            (stall_mid_stream(), urllib3.exceptions.ReadTimeoutError, "timeout"),
            (error_mid_stream(), exceptions.EventStreamError, "complete"),
            (cut_stream(by="end"), type(None), "complete"),
        ],
        ids=["closed", "reset", "stalled", "error", "ended"],
    )
    def test_a_stream_that_breaks_raises_an_error(self, client, fault, error, end):
        pieces, raised, ended = self.read(client, fault)
        assert pieces
        assert type(raised) is error
        assert ended == [end]

    def test_an_html_page_instead_of_a_stream_fails_the_checksum(self, client):
        pieces, raised, _ = self.read(client, html_in_200())
        assert (pieces, type(raised)) == ([], eventstream.ChecksumMismatch)


class TestTimeouts:
    @pytest.mark.parametrize(
        ("options", "fault", "error", "until"),
        [
            ({}, hang(), exceptions.ReadTimeoutError, 60.0),
            ({"read_timeout": 7}, latency(seconds=30), exceptions.ReadTimeoutError, 7.0),
            ({}, connect_timeout(), exceptions.ConnectTimeoutError, 60.0),
            ({"connect_timeout": 3}, connect_timeout(), exceptions.ConnectTimeoutError, 3.0),
        ],
        ids=["read by default", "read", "connect by default", "connect"],
    )
    def test_end_the_call_in_virtual_time(self, options, fault, error, until):
        client = bedrock(**options)
        with outage() as chaos:
            chaos.on("bedrock").inject(fault)
            with pytest.raises(error):
                client.converse(**REQUEST)
            assert chaos.now == until

    def test_apply_between_the_events_of_a_stream(self):
        client = bedrock(read_timeout=20)
        with outage() as chaos:
            chaos.on("bedrock").inject(stall_mid_stream())
            with pytest.raises(urllib3.exceptions.ReadTimeoutError):
                list(deltas(client.converse_stream(**REQUEST)))
            assert chaos.now == 20.0


def test_another_service_is_not_answered(loopback):
    """Only Bedrock's own endpoint is simulated: the app's S3 bucket stays real."""
    bucket = boto3.client(
        "s3",
        endpoint_url=loopback,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    with outage() as chaos:
        assert bucket.get_object(Bucket="orders", Key="KX-48213")["Body"].read() == b"real"
        assert len(chaos.journal) == 0
