"""What coding agents keep of a login or a key in their homes; no value is anybody's."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

ACCOUNT = "acc-example"


def no_login(_home: Path, _expires_in: int) -> None:
    """A key in the environment is enough."""


def claude_login(home: Path, expires_in: int) -> None:
    """Write the credentials of Claude Code 2.1, whose access token expires in so many seconds."""
    kept = {
        "accessToken": "sk-ant-oat01-example",
        "refreshToken": "sk-ant-ort01-example",
        "expiresAt": round((time.time() + expires_in) * 1000),
        "scopes": ["user:inference", "user:profile", "user:sessions:claude_code"],
        "subscriptionType": "pro",
        "rateLimitTier": "default_claude_pro",
    }
    path = _written(home / ".claude" / ".credentials.json", {"claudeAiOauth": kept})
    path.chmod(0o600)


def codex_key(home: Path, _expires_in: int) -> None:
    """Write the API key of Codex."""
    _written(home / ".codex" / "auth.json", {"OPENAI_API_KEY": "sk-example"})


def chatgpt_login(home: Path, expires_in: int) -> None:
    """Write a login of Codex by ChatGPT, whose access token expires in so many seconds."""
    now = int(time.time())
    account = {
        "chatgpt_account_id": ACCOUNT,
        "chatgpt_plan_type": "plus",
        "chatgpt_user_id": "user-example",
    }
    token = _signed(
        {
            "exp": now + expires_in,
            "iat": now - 3600,
            "email": "user@example.com",
            "https://api.openai.com/auth": account,
        }
    )
    tokens = {
        "id_token": token,
        "access_token": token,
        "refresh_token": "rt_example",
        "account_id": ACCOUNT,
    }
    kept = {
        "OPENAI_API_KEY": None,
        "auth_mode": "chatgpt",
        "tokens": tokens,
        "last_refresh": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 3600)),
    }
    _written(home / ".codex" / "auth.json", kept)


def gemini_key(home: Path, _expires_in: int) -> None:
    """Have Gemini CLI use a key of the environment, without asking."""
    auth = {"auth": {"selectedType": "gemini-api-key"}}
    _written(home / ".gemini" / "settings.json", {"security": auth})


def _written(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def _signed(claims: dict[str, Any]) -> str:
    """A JSON web token; its signature is none."""
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    texts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    head, body = (text.rstrip("=") for text in texts)
    return f"{head}.{body}.none"
