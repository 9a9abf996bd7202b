#!/usr/bin/env bash
# Asks a provider once with curl, and says as JSON what came of it.
#
#     ask.sh anthropic|openai plain|stream RETRIES
set -uo pipefail

vendor=$1 how=$2 retries=$3
streamed=$([ "$how" = stream ] && echo true || echo false)
question='[{"role": "user", "content": "Where is order KX-48213?"}]'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $vendor in
anthropic)
  url=$ANTHROPIC_BASE_URL/v1/messages
  headers=(-H "x-api-key: $ANTHROPIC_API_KEY" -H "anthropic-version: 2023-06-01")
  asked='{"model": "claude-opus-4-6", "max_tokens": 200, "stream": '$streamed', "messages": '$question'}'
  ;;
openai)
  url=$OPENAI_BASE_URL/chat/completions
  headers=(-H "authorization: Bearer $OPENAI_API_KEY")
  asked='{"model": "gpt-5.2", "stream": '$streamed', "messages": '$question'}'
  ;;
esac

# curl counts 529 among those that are worth a retry only with --retry-all-errors.
status=$(curl --silent --show-error --no-buffer --max-time 30 --retry "$retries" --retry-all-errors --retry-delay 1 \
  "${headers[@]}" -H "content-type: application/json" --data "$asked" --fail-with-body \
  --output "$work/body" --write-out '%{http_code}' "$url" 2>"$work/error")
code=$?
[ "$code" -eq 0 ] && status=0 || true

python3 - "$work" "$code" "$status" "$how" <<'PYTHON'
import json, sys
from pathlib import Path

work, code, status, how = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
read = lambda name: (work / name).read_text() if (work / name).exists() else ""
said = {"text": "", "stop": "", "status": 0 if code != 22 else status, "error": read("error").strip() if code else ""}

def take(event):
    """Whatever of either vendor's answers is text, or the reason for its end."""
    if not isinstance(event, dict):
        return
    delta = event.get("delta") or {}
    said["text"] += delta.get("text") or "".join(block.get("text", "") for block in event.get("content") or ())
    said["stop"] = delta.get("stop_reason") or event.get("stop_reason") or said["stop"]
    for choice in event.get("choices") or ():
        said["text"] += (choice.get("message") or choice.get("delta") or {}).get("content") or ""
        said["stop"] = choice.get("finish_reason") or said["stop"]

body = read("body")
if how == "stream":
    for line in body.splitlines():
        if line.startswith("data: {"):
            try:
                take(json.loads(line[6:]))
            except ValueError:
                pass  # the line that was cut
elif not code:
    take(json.loads(body))
print(json.dumps(said))
PYTHON
