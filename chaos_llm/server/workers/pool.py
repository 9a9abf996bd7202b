"""The workers, as the parent has them: started, asked, and replaced when one dies."""

from __future__ import annotations

import asyncio
import itertools
import json
import pickle
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chaos_llm.errors import UsageError
from chaos_llm.server.connections.tls import Authority
from chaos_llm.server.launch.log import tell
from chaos_llm.server.launch.settings import Settings, is_loopback
from chaos_llm.server.workers import channel
from chaos_llm.server.workers.channel import Channel, Message
from chaos_llm.server.workers.run_names import worker_of
from chaos_llm.server.workers.worker import Beginning

_PATIENCE = 60.0  # real seconds for a worker to begin, or to end, on a machine that is busy
_MOST_DEATHS = 5  # in a row, of a worker that does not come up

Refuse = Callable[[socket.socket, int, str], None]


@dataclass
class _Question:
    """What was asked of all workers, and what they said so far."""

    done: Callable[[list[Any]], None]
    waits_for: set[int]
    answers: dict[int, Any] = field(default_factory=dict)

    def settle(self, index: int) -> None:
        self.waits_for.discard(index)
        if not self.waits_for:
            self.done([self.answers[index] for index in sorted(self.answers)])


class _Child:
    """One worker's process, and the parent's end of its channel."""

    def __init__(self, beginning: Beginning, took: Callable[[int, Message], None]) -> None:
        ours, theirs = channel.pair()
        self.index, self.greeting = beginning.index, ""
        self.ready, self.ended = asyncio.Event(), asyncio.Event()
        self._took = took
        command = [sys.executable, "-m", "chaos_llm.server.workers.worker", str(theirs.fileno())]
        self.process = subprocess.Popen(  # noqa: S603 - our own module; ends with its channel
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
        )
        theirs.close()
        self.channel = Channel(ours, self._heard, self.ended.set)
        self.channel.send("begin", pickle.dumps(beginning))

    def _heard(self, message: Message) -> None:
        if message.kind == "ready":
            self.greeting = message.data.decode()
            self.ready.set()
        else:
            self._took(self.index, message)

    async def begun(self) -> bool:
        """Wait until it serves; False where it ended before."""
        waits = [asyncio.ensure_future(each.wait()) for each in (self.ready, self.ended)]
        await asyncio.wait(waits, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return self.ready.is_set()

    def kill(self) -> int:
        """End its process now, if that has not ended; says how it did."""
        self.channel.close()
        try:
            return self.process.wait(0.1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Pool:
    """All workers. `refuse` answers a connection whose worker is not there."""

    def __init__(self, settings: Settings, count: int, url: str, refuse: Refuse) -> None:
        also = "" if is_loopback(settings.host) else settings.host
        authority = Authority(also).exported() if settings.tls else None
        self._beginnings = [Beginning(settings, n, count, url, authority) for n in range(count)]
        self._refuse, self._children = refuse, dict[int, _Child]()
        self._questions: dict[int, _Question] = {}
        self._numbers = itertools.count()
        self._watching: list[asyncio.Task[None]] = []
        self.failed = asyncio.Event()  # a worker that cannot be started

    async def start(self) -> str:
        """Start all of them, and return what the default run's worker greets with."""
        begun = [_Child(beginning, self._took) for beginning in self._beginnings]
        for child in begun:
            if not await child.begun():
                for each in begun:
                    each.kill()
                raise UsageError(f"worker {child.index} could not be started")
            self._children[child.index] = child
        self._watching = [asyncio.ensure_future(self._watch(child)) for child in begun]
        return next(child.greeting for child in begun if child.greeting)

    async def _watch(self, child: _Child) -> None:
        """Start a worker anew whenever it ends."""
        next_: _Child | None = child
        while next_ is not None:
            await next_.ended.wait()
            self._lose(next_)
            next_ = await self._anew(next_.index)
        self.failed.set()

    async def _anew(self, index: int) -> _Child | None:
        """A new worker in place of one that ended; None where none comes up."""
        for _ in range(_MOST_DEATHS):
            child = _Child(self._beginnings[index], self._took)
            if await child.begun():
                self._children[index] = child
                return child
            child.kill()
        return None

    def _lose(self, child: _Child) -> None:
        del self._children[child.index]
        status = child.kill()
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        tell(f"worker {child.index} ended {how}; its runs are gone, and it is started anew")
        for question in tuple(self._questions.values()):
            question.settle(child.index)

    def give(self, sock: socket.socket, run: str) -> None:
        """Give a new connection to the worker of the run that it names."""
        index = worker_of(run, len(self._beginnings))
        if index in self._children:
            self._children[index].channel.send("socket", sock=sock)
        else:
            self._refuse(sock, 503, _GONE.format(index))

    def _took(self, index: int, message: Message) -> None:
        words = message.words
        if message.kind == "socket":
            self._relay(message)
        elif message.kind == "ask":
            self._ask(words["question"], lambda all_: self._answer(index, words["number"], all_))
        elif message.kind == "answer" and words["number"] in self._questions:
            question = self._questions[words["number"]]
            question.answers[index] = json.loads(message.data)
            question.settle(index)

    def _relay(self, message: Message) -> None:
        """Hand on what one worker had to the one that it belongs to."""
        index, sock = message.words["to"], message.sock
        assert sock is not None
        if index in self._children:
            origin = message.words["origin"]
            self._children[index].channel.send("socket", message.data, sock, origin=origin)
        else:
            sock.setblocking(False)
            self._refuse(sock, 503, _GONE.format(index))

    def _answer(self, index: int, number: int, answers: list[Any]) -> None:
        if index in self._children:
            data = json.dumps(answers).encode()
            self._children[index].channel.send("answers", data, number=number)

    def _ask(self, question: str, done: Callable[[list[Any]], None]) -> None:
        if not self._children:
            done([])
            return
        number = next(self._numbers)

        def over(answers: list[Any]) -> None:
            del self._questions[number]
            done(answers)

        self._questions[number] = _Question(over, set(self._children))
        for child in self._children.values():
            child.channel.send("question", question=question, number=number)

    async def ask(self, question: str) -> list[Any]:
        """What every worker says that is there."""
        answers: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()

        def done(all_: list[Any]) -> None:
            if not answers.done():  # nobody waits for it any more
                answers.set_result(all_)

        self._ask(question, done)
        return await asyncio.wait_for(answers, _PATIENCE)

    async def stop(self) -> None:
        """Let all of them end what they are at, and end those that do not."""
        for watching in self._watching:
            watching.cancel()
        for child in self._children.values():
            child.channel.send("end")
        for child in self._children.values():
            await _in_time(child.ended.wait())
            child.kill()


async def _in_time(work: Any) -> None:
    try:
        await asyncio.wait_for(work, _PATIENCE)
    except TimeoutError:
        return


_GONE = (
    "worker {} of this server is being started anew: the runs that lived on it are gone. Ask again "
    "in a moment"
)
