"""The blocking channel, in the place of `cygrpc.Channel`: for grpc's own `_channel` module."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from grpc._cython import cygrpc

from chaos_llm.interception.grpc.channel import CUT, OUTAGE, Asked, Channel
from chaos_llm.interception.grpc.deadlines import FOREVER
from chaos_llm.interception.grpc.rpc import Rpc
from chaos_llm.interception.grpc.targets import text
from chaos_llm.protocol.grpc_wire import NAMES, Metadata, Status

_KINDS = cygrpc.OperationType
_WATCH = 0.2  # seconds, as often as grpc looks whether a channel's state has changed


class _Result:
    """The result of one operation, as `grpc._channel._handle_event` reads it."""

    def __init__(self, kind: int, rpc: Rpc, message: bytes | None) -> None:
        self._kind, self._rpc, self._message = kind, rpc, message

    @property
    def _status(self) -> Status:
        assert self._rpc.status is not None  # it is read of a call that has ended
        return self._rpc.status

    def type(self) -> int:
        return self._kind

    def initial_metadata(self) -> Any:
        return as_tuples(self._rpc.headers or ())

    def message(self) -> bytes | None:
        return self._message

    def trailing_metadata(self) -> Any:
        return as_tuples(self._status.trailers)

    def code(self) -> int:
        return self._status.number

    def details(self) -> str:
        return self._status.details

    def error_string(self) -> str:
        return debug_string(self._status)


def as_tuples(metadata: Metadata) -> Any:
    """Metadata as the core hands it out."""
    return tuple(cygrpc._Metadatum(name, value) for name, value in metadata)


def debug_string(status: Status) -> str:
    """The core's `debug_error_string` of a status; grpcio 1.85 adds nothing else to it."""
    return "" if status.code == "OK" else f"{status.code}:{status.details}"


class CompletionQueue:
    """Batches of operations that wait until their calls have got so far."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._batches: list[tuple[Rpc, list[int], Any]] = []
        self.condition = threading.Condition()
        OUTAGE.note(self)

    def cut(self) -> None:
        """End all calls that wait here."""
        with self.condition:
            for rpc, _, _ in self._batches:
                rpc.cancel(CUT)
            self.condition.notify_all()

    def add(self, rpc: Rpc, operations: Sequence[Any], tag: Any) -> None:
        """Wait for one more batch of a call."""
        with self.condition:
            self._batches.append((rpc, [operation.type() for operation in operations], tag))
            self.condition.notify_all()

    def next(self) -> Any:
        """The next batch that is done, as an event; waits for it."""
        with self.condition:
            while True:
                now = self._channel.now
                for rpc in dict.fromkeys(batch[0] for batch in self._batches):
                    rpc.advance(now)
                for batch in self._batches:
                    if _is_done(*batch[:2]):
                        self._batches.remove(batch)
                        return _event(*batch)
                dues = [rpc.due for rpc, _, _ in self._batches if rpc.due is not None]
                self.condition.wait(min(dues) - now if dues else FOREVER)


def _is_done(rpc: Rpc, kinds: list[int]) -> bool:
    ended, reads = rpc.status is not None, _KINDS.receive_message in kinds
    if _KINDS.receive_initial_metadata in kinds and rpc.headers is None:
        return False
    if _KINDS.receive_status_on_client in kinds and not (ended and (reads or rpc.is_drained)):
        return False
    return not reads or ended or bool(rpc.messages)


def _event(rpc: Rpc, kinds: list[int], tag: Any) -> Any:
    results = []
    for kind in kinds:
        has = kind == _KINDS.receive_message and rpc.messages
        results.append(_Result(kind, rpc, rpc.messages.popleft() if has else None))
    return SimpleNamespace(
        completion_type=cygrpc.CompletionType.operation_complete,
        success=True,
        tag=tag,
        batch_operations=results,
    )


class BlockingCall:
    """In the place of the core's SegregatedCall and IntegratedCall."""

    def __init__(self, queue: CompletionQueue, rpc: Rpc) -> None:
        self._queue, self._rpc = queue, rpc

    def operate(self, operations: Sequence[Any], tag: Any) -> bool:
        self._queue.add(self._rpc, operations, tag)
        return True

    def cancel(self, code: int, details: str) -> None:
        with self._queue.condition:
            self._rpc.cancel(Status(NAMES.get(code, "UNKNOWN"), text(details)))
            self._queue.condition.notify_all()

    def next_event(self) -> Any:
        return self._queue.next()


class BlockingChannel(Channel):
    """In the place of `cygrpc.Channel`."""

    def __init__(self, *made: Any) -> None:
        super().__init__(*made)
        self._queue = CompletionQueue(self)
        self._is_real = False  # whether the core has the calls whose events are asked for

    def target(self) -> bytes:
        return self._made.target.encode()

    def segregated_call(self, *call: Any) -> Any:
        """A call with a queue of its own, whose events the caller waits for."""
        if (core := self.core()) is not None:
            return core.segregated_call(*call)
        return self._begin(CompletionQueue(self), *call)

    def integrated_call(self, *call: Any) -> Any:
        """A call whose events come from `next_call_event`, which a thread of grpc's asks."""
        core = self.core()
        self._is_real = core is not None
        if core is not None:
            return core.integrated_call(*call)
        return self._begin(self._queue, *call)

    def _begin(  # noqa: PLR0917 - the core's own order
        self,
        queue: CompletionQueue,
        flags: Any,  # noqa: ARG002
        method: Any,
        host: Any,  # noqa: ARG002
        deadline: Any,
        metadata: Any,  # noqa: ARG002 - the operations have it, with what compression adds
        credentials: Any,
        operations_and_tags: Any,
        context: Any,  # noqa: ARG002
        handle: Any = None,  # noqa: ARG002
    ) -> BlockingCall:
        if self._closed:
            raise ValueError("Cannot invoke RPC on closed channel!")  # the core's own words
        operations = [each for batch, _ in operations_and_tags for each in batch]
        kinds = [operation.type() for operation in operations]
        first = operations[kinds.index(_KINDS.send_initial_metadata)]
        sends = _KINDS.send_message in kinds
        asked = Asked(
            text(method),
            operations[kinds.index(_KINDS.send_message)]._message if sends else None,
            first._initial_metadata,
            credentials,
            deadline,
            bool(first._flags & cygrpc.InitialMetadataFlags.wait_for_ready),
            streams=_KINDS.receive_message not in kinds,
        )
        rpc = self.rpc(asked)
        for batch, tag in operations_and_tags:
            queue.add(rpc, batch, tag)
        return BlockingCall(queue, rpc)

    def next_call_event(self) -> Any:
        return self._core.next_call_event() if self._is_real else self._queue.next()

    def watch_connectivity_state(self, last: Any, deadline: Any) -> Any:
        if (core := self.core()) is not None:
            return core.watch_connectivity_state(last, deadline)
        self.context.clock.sleep(_WATCH)
        return SimpleNamespace(success=False)

    def close(self, code: int, details: str) -> None:
        self._closed = True
        if self._core is not None:
            self._core.close(code, details)

    close_on_fork = close

    def cancel_calls_on_fork(self, *_: Any) -> None:
        """Nothing here is the core's to cancel."""
