"""Methods of compiled types are replaced while other threads call them."""

from __future__ import annotations

import subprocess
import sys

import pytest

CALLED_MEANWHILE = """
import _thread, sys, time
from contextlib import ExitStack
from chaos_llm.virtual_time.patching import replace_methods

take = _thread.LockType.acquire
done = False

def call_it_all_the_time():
    lock = _thread.allocate_lock()
    while not done:
        lock.acquire(False)
        lock.release()

def replacement():
    return lambda lock, *args: take(lock, *args)

sys.setswitchinterval(1e-6)
for _ in range(3):
    _thread.start_new_thread(call_it_all_the_time, ())
for _ in range(1500):
    with ExitStack() as undo:
        replace_methods(undo, _thread.LockType, acquire=replacement())
        time.sleep(0.0005)  # call sites cache the method meanwhile
    time.sleep(0.0005)
done = True
print("over")
"""


@pytest.mark.exhaustive(sample=0)
def test_a_method_that_other_threads_call_is_let_go_safely():
    """It was freed while call sites still had it in their caches: a crash after a thousand."""
    ended = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", CALLED_MEANWHILE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "over\n"), ended.stderr
