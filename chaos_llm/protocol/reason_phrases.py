"""The reason phrases of HTTP statuses, the same on every Python: 3.13 renamed four of them."""

from __future__ import annotations

from http import HTTPStatus

_OLDER_PHRASES = {
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity",
}
PHRASES = {status.value: status.phrase for status in HTTPStatus} | _OLDER_PHRASES
