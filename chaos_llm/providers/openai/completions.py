"""The legacy completions of one prompt: POST .../completions, whole and as chunks."""

from __future__ import annotations

from typing import Any, ClassVar

from chaos_llm.errors import Unsupported
from chaos_llm.protocol.messages import Chunk, Completion, Refusal, Reply, Request, WireRequest
from chaos_llm.providers.framing import (
    base58,
    broken_at,
    json_reply,
    nameless_event,
    pieces_of,
    quote,
    split,
    sse_reply,
)
from chaos_llm.providers.model_endpoint import ModelEndpoint
from chaos_llm.providers.openai.chat_parts import fingerprint, usage_in_detail
from chaos_llm.providers.openai.common import OpenAIDialect
from chaos_llm.providers.openai.request_fields import asks_for_usage, choices_of, deployment
from chaos_llm.providers.provider import ReplyContext
from chaos_llm.providers.request_limits import most_tokens, stop_sequences

_DEFAULT_TOKENS = 16  # what the API generates where a request sets no limit: its documentation


class CompletionsDialect(OpenAIDialect, ModelEndpoint):
    """Completions of a prompt; each prompt of several, and each of `n`, is a choice."""

    api: ClassVar[str] = "completions"
    ending: ClassVar[str] = "/completions"

    def claims(self, method: str, path: str) -> bool:
        return super().claims(method, path) and not path.endswith("/chat/completions")

    def _read(self, wire: WireRequest, secret: str, body: dict[str, Any]) -> Request:
        model, prompt = body.get("model") or deployment(wire.path), body.get("prompt")
        if not isinstance(model, str) or not model:
            message = "you must provide a model parameter"
            return self._invalid(wire, secret, Refusal("invalid_request", message=message))
        prompts = prompt if isinstance(prompt, list) else [prompt]
        texts = [each for each in prompts if isinstance(each, str)]
        choices = choices_of(body) * max(1, len(texts))
        most = most_tokens(body, "max_tokens")
        return Request(
            provider=self.name,
            api=self.api,
            surface=self.surface,
            host=wire.host,
            path=wire.path,
            model=model,
            stream=body.get("stream") is True,
            prompt=texts[-1] if texts else "",
            turns=1,
            credential=secret,
            size=len(wire.body),
            input_tokens=len(wire.body) // 4,  # roughly four bytes a token
            max_tokens=_DEFAULT_TOKENS if most is None else most,
            stop_sequences=stop_sequences(body.get("stop")),
            choices=choices,
            body=body,
        )

    def _whole(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        _only_text(answer)
        _, headers = self._opened(request, reply_context)
        reply_id = self._completion_id(reply_context)
        echoed = request.prompt if request.body.get("echo") is True else ""
        choices = ",".join(
            _choice(index, echoed + each.text, _finish(each))
            for index, each in enumerate((answer, *answer.alternatives))
        )
        usage = usage_in_detail(answer.usage) if answer.tells_usage else "null"
        body = f'{_head(request, reply_id, reply_context)}{choices}],"usage":{usage}}}'
        return json_reply(200, headers, body, pieces_of(answer))

    def _stream(self, request: Request, answer: Completion, reply_context: ReplyContext) -> Reply:
        _only_text(answer)
        request_id, headers = self._opened(request, reply_context)
        head = _head(request, self._completion_id(reply_context), reply_context)
        chunks: list[Chunk] = []
        for index, each in enumerate((answer, *answer.alternatives)):
            for piece in split(each.text):
                data = f"{head}{_choice(index, piece, 'null')}]}}"
                chunks.append(nameless_event(data, content=True))
            chunks.append(nameless_event(f"{head}{_choice(index, '', _finish(each))}]}}"))
        if asks_for_usage(request.body) and answer.tells_usage:
            chunks.append(nameless_event(f'{head}],"usage":{usage_in_detail(answer.usage)}}}'))
        chunks.append(nameless_event("[DONE]"))
        if answer.broken_by:
            row = self._row(request, answer.broken_by.refusal, request_id)
            chunks = broken_at(chunks, answer.broken_by.after)
            chunks.append(nameless_event(self._event(row)))
        return sse_reply(headers, chunks, b": keep-alive\n\n")

    def _completion_id(self, reply_context: ReplyContext) -> str:
        return "cmpl-" + base58(reply_context.rng.number(256), 29)


def _head(request: Request, reply_id: str, reply_context: ReplyContext) -> str:
    return (
        f'{{"id":"{reply_id}","object":"text_completion","created":{int(reply_context.now)},'
        f'"model":{quote(request.model)},"system_fingerprint":{fingerprint(request.model)},'
        f'"choices":['
    )


def _choice(index: int, text: str, finish: str) -> str:
    return f'{{"text":{quote(text)},"index":{index},"logprobs":null,"finish_reason":{finish}}}'


def _finish(answer: Completion) -> str:
    if answer.filtered:
        return '"content_filter"'
    return '"length"' if answer.stop == "length" else '"stop"'


def _only_text(answer: Completion) -> None:
    if answer.tool_calls:
        raise Unsupported("completions: a completion of a prompt has no tool calls, only text")


class OpenAICompletions(CompletionsDialect):
    """OpenAI's legacy completions of a prompt."""

    filters: ClassVar[bool] = True
