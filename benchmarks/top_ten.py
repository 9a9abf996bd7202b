"""The functions in which the CPU time goes: of one call, of ten hours, and of a server's `POST`.

    python benchmarks/top_ten.py one_call ten_hours server [--seconds 20] [--folded FOLDER]

A timer of CPU time interrupts the work, and the Python function that runs then is counted, with
what it does in C. The server's requests come from `wrk`. `--folded` writes the stacks that were
seen, in the form that flamegraph.pl and speedscope read.
"""

# ruff: noqa: PLC0415 - each work imports what it needs only

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType

from chaos_llm import ChaosWarning

PACKAGE = str(Path(__file__).parents[1] / "chaos_llm")
OWN = "chaos_llm/"
INTERVAL = 0.001  # CPU seconds between samples; the kernel may make it longer
Stacks = Counter[tuple[CodeType, ...]]  # the innermost function comes first
Folded = Counter[str]  # the same by names, the outermost function first


@contextmanager
def sampled(stacks: Stacks):
    """Count the stacks of the main thread while it uses CPU time."""

    def note(_number: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            stack.append(frame.f_code)
            frame = frame.f_back
        stacks[tuple(stack)] += 1

    signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def name_of(code: CodeType) -> str:
    """A function as `engine/engine.py Engine.exchange`, or with its library in front."""
    path = code.co_filename
    if path.startswith(PACKAGE):
        path = OWN + path.removeprefix(PACKAGE + "/")
    else:
        path = path.partition("site-packages/")[2] or f"Python's {Path(path).name}"
    return f"{path} {code.co_qualname}"


def folded(stacks: Stacks) -> Folded:
    """The stacks as lines, as flamegraph.pl and speedscope read them."""
    lines = Folded()
    for stack, count in stacks.items():
        lines[";".join(map(name_of, reversed(stack)))] += count
    return lines


def show(title: str, stacks: Folded) -> None:
    """Print how much is this package's, and its ten functions with the largest shares."""
    every, own = stacks.total(), Counter[str]()
    for stack, count in stacks.items():
        innermost = stack.rpartition(";")[2]
        if innermost.startswith(OWN):
            own[innermost] += count
    print(f"{title}: {own.total() / every:.1%} in functions of chaos_llm, of {every} samples")
    for name, count in own.most_common(10):
        print(f"  {count / every:6.1%}  {name.removeprefix(OWN)}")


def repeated(work: Callable[[], object], seconds: float) -> Folded:
    """The stacks of work that is done again and again, for so many CPU seconds."""
    stacks: Stacks = Counter()
    work()  # imports and caches
    ends = time.process_time() + seconds
    while time.process_time() < ends:
        with sampled(stacks):
            work()
    return folded(stacks)


def one_call(seconds: float) -> Folded:
    """Calls of httpx in outages of a thousand calls each, each with another body."""
    import httpx
    from one_call import HEADERS, URL, body

    from chaos_llm import outage

    client = httpx.Client(verify=False)

    def calls() -> None:
        with outage(seed=1):
            for number in range(1000):
                client.post(URL, headers=HEADERS, content=body(number)).json()

    return repeated(calls, seconds)


def ten_hours(seconds: float) -> Folded:
    """Ten hours of 2 March, by one user."""
    from in_process import ten_hours

    return repeated(ten_hours, seconds)


def server(seconds: float) -> Folded:
    """A server under load, in a process of its own, which counts its own stacks."""
    from server import PROFILE, free_port, serving

    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        (folder / "profile.toml").write_text(PROFILE)
        command = [sys.executable, __file__, "--serve", str(folder), "--port", str(port)]
        with serving(command, port) as served:
            served.wrk(folder, stream=False, new=True, seconds=seconds)
        return Folded(json.loads((folder / "stacks.json").read_text()))


def serve(folder: Path, port: str) -> None:
    """Run that server until a signal ends it."""
    from chaos_llm.cli import main

    stacks: Stacks = Counter()
    with sampled(stacks):
        main(["serve", str(folder / "profile.toml"), "--port", port])
    (folder / "stacks.json").write_text(json.dumps(folded(stacks)))


WORKS = {"one_call": one_call, "ten_hours": ten_hours, "server": server}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("works", nargs="*", metavar="WORK", choices=[*WORKS, []])
    parser.add_argument("--seconds", type=float, default=20, help="of CPU time, for each")
    parser.add_argument("--folded", type=Path, metavar="FOLDER")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.port)
        return
    warnings.simplefilter("ignore", ChaosWarning)
    for name in options.works or WORKS:
        stacks = WORKS[name](options.seconds)
        show(name, stacks)
        if options.folded:
            lines = "".join(f"{stack} {count}\n" for stack, count in sorted(stacks.items()))
            (options.folded / f"{name}.folded").write_text(lines)


if __name__ == "__main__":
    main()
