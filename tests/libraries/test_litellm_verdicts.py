"""LiteLLM's Router, whose cooldowns are Rust from 1.110 on: one verdict for one seed.

Threads of its runtime complete asyncio's futures, and its cooldowns read a clock in native code.
"""

import subprocess
import sys
import warnings
from contextlib import ExitStack

import pytest
from support.libraries import library

from chaos_llm import outage

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]
with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
    warnings.simplefilter("ignore")
    patch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # otherwise it fetches prices from GitHub
    litellm = library("litellm")

PROFILE, UNTIL = "anthropic-2026-03-02-three-waves", "15:30"
CLAUDE, GPT = "anthropic/claude-sonnet-5-5", "openai/gpt-5.5"
RUNS = 10


class Bot:
    """Claude, else GPT, with the Router's own fallbacks and cooldowns."""

    def __init__(self):
        self.router = litellm.Router(
            model_list=[self.deployment("main", CLAUDE), self.deployment("second", GPT)],
            fallbacks=[{"main": ["second"]}],
            num_retries=0,
            cooldown_time=60,
            allowed_fails=2,
        )

    @staticmethod
    def deployment(name, model):
        limits = {"timeout": 20, "max_retries": 0}
        return {"model_name": name, "litellm_params": {"model": model, **limits}}

    async def __call__(self, question):
        for group in ("main", "second"):
            messages = [{"role": "user", "content": question}]
            answer = await self.router.acompletion(model=group, messages=messages)
            (choice,) = answer.choices
            if choice.finish_reason == "stop" and (choice.message.content or "").strip():
                return choice.message.content
        raise RuntimeError("no provider gave a whole answer")


def verdict(seed):
    """The whole report, after the checks have passed."""
    with outage(PROFILE, seed=seed) as chaos:
        report = chaos.replay(Bot(), every="4m", until=UNTIL, warmup="10m", recovery="1h")
        report.check()
        # Its clock has to move for that: a cooldown in real time would never end.
        assert any("returns_to" in f.check and f.verdict == "pass" for f in report.findings)
        return report.json(), [(e.at, e.provider, e.status) for e in chaos.journal]


@pytest.fixture(params=[0, 2], ids=["a quiet machine", "beside two busy processes"])
def load(request):
    with ExitStack() as stack:
        for _ in range(request.param):
            spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.callback(spinning.wait)
            stack.callback(spinning.kill)
        yield


def test_a4_a_correct_app_passes_all_checks_with_one_verdict_in_ten_runs(load):
    verdicts = [verdict(seed=1) for _ in range(RUNS)]
    assert all(found == verdicts[0] for found in verdicts[1:])
    providers = {provider for _, provider, _ in verdicts[0][1]}
    assert providers == {"anthropic", "openai"}
