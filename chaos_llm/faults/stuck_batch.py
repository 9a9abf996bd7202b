"""A batch never ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from chaos_llm.faults.fault import Fault, FaultContext
from chaos_llm.protocol.messages import Answer, Document


@dataclass(frozen=True, repr=False)
class StuckBatch(Fault):
    """A batch that has ended is shown as one that is still at work.

    As OpenAI's in `finalizing` in November 2025, and Gemini's in BATCH_STATE_PENDING for more than
    a day (python-genai#1482). Anthropic's is shown as in_progress. It has no effect on other
    replies, and on a batch that is still at work.
    """

    def on_answer(self, answer: Answer, fault_context: FaultContext) -> Answer:
        if not isinstance(answer, Document) or not isinstance(answer.json, dict):
            return answer
        shown = answer.json
        if shown.get("type") == "message_batch" and shown["processing_status"] == "ended":
            return replace(answer, json=shown | _at_work(shown["request_counts"]))
        if shown.get("object") == "batch" and shown.get("status") == "completed":
            finalizing = {"status": "finalizing", "completed_at": None, "output_file_id": None}
            return replace(answer, json=shown | finalizing)
        return answer


def _at_work(counts: dict[str, int]) -> dict[str, Any]:
    """The fields of Anthropic's batch before its end."""
    return {
        "processing_status": "in_progress",
        "request_counts": dict.fromkeys(counts, 0) | {"processing": sum(counts.values())},
        "ended_at": None,
        "results_url": None,
    }
