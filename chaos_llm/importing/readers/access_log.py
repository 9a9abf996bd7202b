"""Access logs as plain text: nginx and Apache (common, combined), ingress-nginx, Envoy, Istio.

https://nginx.org/en/docs/http/ngx_http_log_module.html
https://httpd.apache.org/docs/current/logs.html
https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/
https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from chaos_llm.importing.readers import columns
from chaos_llm.importing.recorded_file import RecordedFile
from chaos_llm.recording.recorded_call import RecordedCall

_QUOTED = r'"(?:[^"\\]|\\.)*"'
# 10.0.0.7 - ann [04/May/2026:08:00:05 +0000] "POST /v1/messages HTTP/1.1" 200 612, where many
# hosts are served with a host before it; the combined format has two texts behind it.
_NGINX = re.compile(
    r"(?:(?:(?P<server_name>\S+) )?\S+ )?\S+ \S+ "
    r'\[(?P<time_local>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?:\d+|-)'
    rf"(?: {_QUOTED} {_QUOTED})?(?P<rest>.*)"
)
# What ingress-nginx adds: length, time, [upstream], [alternative], and of the upstream its
# address, length, time and status, with a comma between those that were tried.
_LISTED = r"[\d.-]+(?:, [\d.-]+)*"
_INGRESS = re.compile(
    r" \d+ (?P<request_time>[\d.]+) \[(?P<proxy_host>[^\]]*)\] \[[^\]]*\] \S+(?:, \S+)* "
    rf"{_LISTED} (?P<upstream_response_time>{_LISTED}) (?P<upstream_status>{_LISTED}) \S+"
)
# Istio adds three details between the flags and the sizes, and the cluster at the end.
_ENVOY = re.compile(
    r'\[(?P<start_time>\d{4}-[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) [^"]+" '
    r'(?P<response_code>\d+) (?P<response_flags>\S+)(?: \S+ \S+ "[^"]*")? \d+ \d+ '
    rf'(?P<duration>\d+) \S+ {_QUOTED} {_QUOTED} {_QUOTED} "(?P<authority>[^"]*)" '
    r'"(?P<upstream_host>[^"]*)"(?: (?P<upstream_cluster>\S+))?'
)
_PAIRS = re.compile(r'\b([a-z_]+)[=:]\s?"?([^\s",;]+)')  # rt=0.301 urt="0.300"
_NAMED = {  # what such pairs are called, and the variables of nginx that they have
    "rt": "request_time",
    "uct": "upstream_connect_time",
    "uht": "upstream_header_time",
    "urt": "upstream_response_time",
}
_NAMED |= {name: name for name in (*_NAMED.values(), "upstream_status", "host", "proxy_host")}
_TIME = re.compile(r"(?<= )\d+\.\d+(?= |$)")  # the first bare one is that of the request


class AccessLog:
    """Reads lines of the formats above; a line of another form is counted as broken."""

    name = "access"
    reads = "access logs of nginx, Apache and Envoy as plain text"

    def recognises(self, file: RecordedFile) -> bool:
        first = (line.strip() for line in file.head.splitlines()[:20])
        return not file.columns and any(_fields(line) for line in first)

    def read(self, file: RecordedFile) -> Iterator[RecordedCall]:
        file.note("access logs in this form name no models")
        for number, line in file.lines():
            fields = _fields(line.decode("utf-8", "replace").strip())
            if fields is None:
                file.broken.add(number, "no line of an access log that is known")
                continue
            try:
                yield _row(tuple(fields)).call(fields)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                file.broken.add(number, str(error)[:200])


@lru_cache(64)
def _row(names: tuple[str, ...]) -> columns.Row:
    return columns.Row(columns.mapping(names))


def _fields(line: str) -> dict[str, str] | None:
    """The fields of a line under the names of their variables; None for any other line."""
    found = _ENVOY.match(line) or _NGINX.match(line)
    if found is None:
        return None
    fields = {name: value for name, value in found.groupdict().items() if value}
    rest = fields.pop("rest", "")
    if added := _INGRESS.match(rest):
        return fields | added.groupdict()
    named = {_NAMED[name]: value for name, value in _PAIRS.findall(rest) if name in _NAMED}
    if "request_time" not in named and (time := _TIME.search(rest)):
        named["request_time"] = time[0]
    return fields | named
