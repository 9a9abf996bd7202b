"""Tables of what keeps real time during an outage, from which the documentation is generated."""

from __future__ import annotations

from dataclasses import dataclass

from chaos_llm.virtual_time.clock import FREE_POLLS, REAL_WAIT
from chaos_llm.virtual_time.native.native_threads import LONGEST_SLEEP, SLEEP_CREDIT
from chaos_llm.virtual_time.native.redirected_libraries import REDIRECTED_SYSTEM_LIBRARIES


@dataclass(frozen=True, slots=True)
class StaysReal:
    """One thing that keeps real time in an outage, the reason and effect, and an alternative."""

    what: str
    why: str
    instead: str


NATIVE = (
    StaysReal(
        "Clocks of compiled code on systems other than x86-64 Linux, and on systems that forbid "
        "new executable memory pages (SELinux's execmem)",
        "Calls of clock functions are redirected to machine code that exists for x86-64 Linux "
        "only. The timeline of a failed test reports where that is impossible",
        "Let Python pass the time to such code, or run these tests on Linux",
    ),
    StaysReal(
        "Compiled code that calls the kernel directly: Go libraries, some crates on `rustix`",
        "Its calls do not go through the C library, where the clock functions are redirected",
        "Replace it by a fake",
    ),
    StaysReal(
        "Waits of compiled code: sleeps, condition variables, `epoll`, tokio's timers",
        "Such a wait lasts its full time in real seconds; afterwards the thread reads a clock that "
        f"has reached its deadline. Virtual time does not wait for sleeps of more than "
        f"{LONGEST_SLEEP:g} s, and the timeline names the threads that slept longer",
        "Wait in Python, or replace the waiting part by a fake",
    ),
    StaysReal(
        "Threads of compiled code",
        "Before each jump of virtual time they get real time while they run, or sleep for at most "
        f"{LONGEST_SLEEP:g} s. Virtual time no longer waits for a thread that has run for "
        f"{REAL_WAIT:g} s, or slept for {SLEEP_CREDIT:g} s in all, without a result for which "
        "Python code waited. A thread that waits for a real socket is taken to be idle",
        "Create clients of real services inside `with chaos.unmanaged():`",
    ),
    StaysReal(
        "Other code that uses the C library: libraries of the system, programs, CPython itself "
        "when it switches threads",
        "Only the libraries of installed packages, the app's own extensions and "
        f"{', '.join(REDIRECTED_SYSTEM_LIBRARIES)} are redirected",
        "",
    ),
)
PYTHON = (
    StaysReal(
        "Child processes, and time limits of `subprocess` and `multiprocessing`",
        "A child process has the real clock. A loop that sleeps until a child has ended therefore "
        "reaches its own time limit at once",
        "Wait for the child: `process.wait(timeout=5)`",
    ),
    StaysReal(
        "Real servers, and gRPC channels to them",
        "Virtual time stands still while code awaits a reply of a real socket. A gRPC call and its "
        "deadline use real time. Reports list the real servers that were called",
        "",
    ),
    StaysReal(
        "Certificates of TLS connections",
        "OpenSSL validates the certificate of a real service against the real date",
        "",
    ),
    StaysReal(
        "`signal.sigwait` and `sigtimedwait`, `ITIMER_VIRTUAL`, `ITIMER_PROF`, and alarms that "
        "were set before the outage, such as pytest-timeout's",
        "`alarm`, `setitimer(ITIMER_REAL)`, `pause` and signals that threads send follow virtual "
        "time; an alarm that is pending when the outage ends never rings",
        "",
    ),
    StaysReal(
        "Threads that were started before the outage",
        "They use real time, and virtual time stands still while they work for code of the test",
        "Start them in the test",
    ),
    StaysReal(
        "Computations",
        "They take no virtual time. In a loop that reads the clock and never waits, time moves by "
        f"microseconds after {FREE_POLLS:,} readings; after some real seconds it ends with the "
        "error `Standstill`",
        "Sleep for more than 0 seconds in a polling loop",
    ),
    StaysReal(
        "Fixtures with a wider scope than the test function, and fixtures that come before `chaos`",
        "They see the real date. Fixtures that are set up after `chaos` see the date of its "
        "profile, from some minutes before the outage begins; `time.monotonic` and sleeps are "
        "real until the test function runs",
        "Request `chaos` first: `def token(chaos): ...`",
    ),
    StaysReal(
        "Modification times of files, clocks of databases, expiry in real caches",
        "They are set by the kernel or by another process, which have the real clock",
        "Use a fake that reads Python's clock",
    ),
)
REFUSED = (
    "freezegun or time-machine, if one is active when the outage begins",
    "looptime, aiotools' `VirtualClock`, async-solipsism, trio's `MockClock`",
    "a uvloop loop that is already running (new loops are asyncio's during an outage)",
    "PyPy, and the free-threaded build of CPython",
)
