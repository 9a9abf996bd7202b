"""The account of ChatGPT that logins are for; its values are assumed."""

ACCOUNT = "5f0c1a52-0000-4000-8000-3f2d1b9e7a10"
PLAN = "plus"
