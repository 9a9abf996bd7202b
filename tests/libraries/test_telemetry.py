"""Active telemetry keeps real time: it neither hangs a test nor costs per virtual second."""

import threading
import time

import pytest
from support.libraries import library
from support.waiting import PATIENCE

from chaos_llm import outage
from chaos_llm.virtual_time import real_monotonic, real_sleep

TEN_HOURS, STEPS = 36_000, 1200


class TestOpenTelemetry:
    @pytest.fixture
    def exported(self):
        return []

    @pytest.fixture
    def tracing(self, exported):
        trace = library("opentelemetry.sdk.trace")
        export = library("opentelemetry.sdk.trace.export")

        class Slow(export.SpanExporter):
            def export(self, spans):
                real_sleep(0.05)
                exported.append(len(spans))
                return export.SpanExportResult.SUCCESS

        def begin():
            provider = trace.TracerProvider(shutdown_on_exit=False)
            provider.add_span_processor(export.BatchSpanProcessor(Slow()))
            return provider

        return begin

    @pytest.mark.parametrize("begun", ["before", "inside"])
    def test_ten_virtual_hours_do_not_cause_seven_thousand_exports(self, tracing, exported, begun):
        provider = tracing() if begun == "before" else None
        began = real_monotonic()
        with outage() as chaos:
            provider = provider or tracing()
            tracer = provider.get_tracer("app")
            for _ in range(STEPS):
                with tracer.start_as_current_span("answer"):
                    time.sleep(TEN_HOURS / STEPS)
            assert chaos.now == TEN_HOURS
            assert provider.force_flush(5000)
            assert chaos.now == TEN_HOURS
        took = real_monotonic() - began
        provider.shutdown()
        assert sum(exported) == STEPS
        # It exports every 5 real seconds, after 512 spans, and at the flush.
        assert len(exported) <= 4 + took / 5

    def test_spans_carry_virtual_durations(self, tracing):
        with outage():
            provider = tracing()
            with provider.get_tracer("app").start_as_current_span("answer") as span:
                time.sleep(90)
            assert span.end_time - span.start_time == 90 * 10**9
        provider.shutdown()


class TestSentry:
    @pytest.fixture
    def sentry(self):
        sentry_sdk = library("sentry_sdk")
        sent = []

        class Kept(sentry_sdk.transport.Transport):
            def capture_envelope(self, envelope):
                sent.append(envelope)

        sentry_sdk.init(
            dsn="http://key@127.0.0.1:9/1",
            transport=Kept,
            traces_sample_rate=1.0,
            auto_session_tracking=True,
            shutdown_timeout=0,
        )
        yield sentry_sdk, sent
        sentry_sdk.get_client().close(timeout=0)
        sentry_sdk.init()

    def test_ten_hours_of_transactions_and_messages(self, sentry):
        sentry_sdk, sent = sentry
        began = real_monotonic()
        with outage() as chaos:
            for step in range(STEPS):
                with sentry_sdk.start_transaction(name="answer"):
                    time.sleep(TEN_HOURS / STEPS)
                if step % 100 == 0:
                    sentry_sdk.capture_message("still here")
            sentry_sdk.flush(timeout=2)
            assert chaos.now == TEN_HOURS
        assert len(sent) >= STEPS + 12
        assert real_monotonic() - began < PATIENCE

    def test_threads_that_it_wraps_take_turns(self, sentry):
        with outage() as chaos:
            ended = []

            def work(seconds):
                time.sleep(seconds)
                ended.append(chaos.now)

            threads = [threading.Thread(target=work, args=(n,)) for n in (30, 10, 20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert ended == [10, 20, 30]
            assert chaos.now == 30

    def test_its_transport_and_its_worker_do_not_stop_the_clock(self):
        sentry_sdk = library("sentry_sdk")
        sentry_sdk.init(dsn="http://key@127.0.0.1:9/1", shutdown_timeout=0)
        try:
            with outage() as chaos:
                sentry_sdk.capture_message("to a port where nothing listens")
                time.sleep(60)
                assert chaos.now == 60
        finally:
            sentry_sdk.get_client().close(timeout=0)
            sentry_sdk.init()
