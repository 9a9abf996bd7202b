"""What keeps real time during an outage: tables, for reports and for the page of the docs."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.virtual_time.clock import FREE_POLLS
from chaos_llm.virtual_time.native.moved_libraries import MOVED_SYSTEM_LIBRARIES
from chaos_llm.virtual_time.native.native_threads import LONGEST_SLEEP, SLEEPERS_CREDIT


@dataclass(frozen=True, slots=True)
class StaysReal:
    """One thing that the clock of an outage does not move, what follows, and what to do."""

    what: str
    why: str
    instead: str


NATIVE = (
    StaysReal(
        "Clocks of compiled code on anything but x86-64 Linux, and where the system refuses pages "
        "of code (SELinux's execmem)",
        "Calls are redirected to machine code that is made for that system only. "
        "The timeline of a failed test says so",
        "Give such code its time from Python, or run these tests on Linux",
    ),
    StaysReal(
        "Compiled code that asks the kernel itself: Go libraries, some crates on `rustix`",
        "No slot of the C library is between it and the clock",
        "Replace it by a fake",
    ),
    StaysReal(
        "Waits of compiled code: sleeps, condition variables, `epoll`, tokio's timers",
        "A native wait lasts as long as it was asked to in real time; the thread then sees its "
        "deadline. Virtual time does not stop for a sleep of more than "
        f"{LONGEST_SLEEP:g} s, and the timeline names a thread that it jumped over",
        "Wait in Python, or replace the part that waits by a fake",
    ),
    StaysReal(
        "Threads of compiled code",
        "Before each jump they get real time while they run, or sleep for no more than "
        f"{LONGEST_SLEEP:g} s; one that never rests for as long as `real_wait`, and one whose "
        f"sleeps have taken {SLEEPERS_CREDIT:g} s for nothing, gets none any more. One that waits "
        "for a real socket is not seen to work",
        "Begin clients of real services inside `with chaos.unmanaged():`",
    ),
    StaysReal(
        "The C library's other users: libraries of the system, programs, the interpreter's own "
        "switching of threads",
        "Only libraries of installed packages, of the app itself and "
        f"{', '.join(MOVED_SYSTEM_LIBRARIES)} are redirected",
        "",
    ),
)
PYTHON = (
    StaysReal(
        "Child processes, and limits of `subprocess` and `multiprocessing`",
        "They know nothing of our clock. A loop that polls one by sleeping gets to its limit at "
        "once",
        "Wait for them: `process.wait(timeout=5)`",
    ),
    StaysReal(
        "Real servers, and gRPC channels to them",
        "A socket that somebody awaits holds the clock; a call of gRPC is in real time, its "
        "deadline too. Reports list who took part",
        "",
    ),
    StaysReal(
        "Certificates of TLS connections",
        "A real service's certificate is judged by the real date: OpenSSL is not moved",
        "",
    ),
    StaysReal(
        "`signal.sigwait` and `sigtimedwait`, `ITIMER_VIRTUAL`, `ITIMER_PROF`, and alarms from "
        "before the outage, pytest-timeout's for one",
        "`alarm`, `setitimer(ITIMER_REAL)`, `pause` and signals that threads send are on the "
        "clock; an alarm that is pending when the outage ends never rings",
        "",
    ),
    StaysReal(
        "Threads that were started before the outage",
        "They live in real time, and hold the clock while they work",
        "Start them in the test",
    ),
    StaysReal(
        "Computing",
        "It takes no virtual time. A loop that polls and never waits sees time creep after "
        f"{FREE_POLLS:,} readings, and ends in `Standstill` if it goes on for real seconds",
        "Sleep for more than 0 seconds in a poll",
    ),
    StaysReal(
        "Fixtures of a wider scope, and those that come before `chaos`",
        "They see the real date. Fixtures that are set up after `chaos` see the date of its "
        "profile, from some minutes before the outage begins; `time.monotonic` and sleeps are "
        "real until the test function runs",
        "Ask for `chaos` first: `def token(chaos): ...`",
    ),
    StaysReal(
        "File times, a database's own clock, real caches",
        "They are on the other side of a system call, or of a connection",
        "Use a fake that asks Python for the time",
    ),
)
REFUSED = (
    "freezegun and time-machine that are active already",
    "looptime, aiotools' `VirtualClock`, async-solipsism, trio's `MockClock`",
    "a running uvloop loop (a new one is asyncio's while an outage is on)",
    "PyPy, and the free-threaded build of CPython",
)
