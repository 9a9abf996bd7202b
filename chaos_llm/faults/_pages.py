"""HTML error pages of proxies and CDNs: Cloudflare's long one, and the short one of nginx.

Cloudflare sends a short page in the style of nginx, too.

Headers as in anthropics/claude-code#6781. Titles: 502 yoheinakajima/babyagi#64, 504
anthropics/claude-code#6781, 520 #3197, 524 #16737, 522 and 525 as pasted in public pages; 521, 523,
526 and 530 are assumed. The long page's text is abridged. The short page:
n3d1117/chatgpt-telegram-bot#637. The challenge: anthropics/claude-code#30437 and #30515, its
header #54692; abridged.
"""

from __future__ import annotations

from chaos_llm.protocol.reason_phrases import PHRASES

Page = tuple[int, tuple[tuple[str, str], ...], str]  # status, headers, text

LONG_TITLES = {
    502: "Bad gateway",
    504: "Gateway time-out",
    520: "Web server is returning an unknown error",
    521: "Web server is down",
    522: "Connection timed out",
    523: "Origin is unreachable",
    524: "A timeout occurred",
    525: "SSL handshake failed",
    526: "Invalid SSL certificate",
    530: "Origin DNS error",
}
SHORT_TITLES = {
    **{status: phrase for status, phrase in PHRASES.items() if status >= 400},
    503: "Service Temporarily Unavailable",  # nginx has its own titles for these two
    504: "Gateway Time-out",
}
_LONG_HEADERS = (
    ("content-type", "text/html; charset=UTF-8"),
    ("x-frame-options", "SAMEORIGIN"),
    ("referrer-policy", "same-origin"),
    (
        "cache-control",
        "private, max-age=0, no-store, no-cache, must-revalidate, post-check=0, pre-check=0",
    ),
    ("expires", "Thu, 01 Jan 1970 00:00:01 GMT"),
    ("x-robots-tag", "none"),
)

_LONG = """<!DOCTYPE html>
<!--[if lt IE 7]> <html class="no-js ie6 oldie" lang="en-US"> <![endif]-->
<!--[if gt IE 8]><!--> <html class="no-js" lang="en-US"> <!--<![endif]-->
<head>
<title>{host} | {status}: {title}</title>
<meta charset="UTF-8" />
<meta name="robots" content="noindex, nofollow" />
</head>
<body>
<div id="cf-wrapper">
<div id="cf-error-details" class="p-0">
<h1><span>{title}</span> <span>Error code {status}</span></h1>
<p>Cloudflare Ray ID: <strong>{ray}</strong></p>
</div>
</div>
</body>
</html>
"""
_SHORT = (
    "<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n"
    "<center><h1>{status} {title}</h1></center>\r\n<hr><center>{server}</center>\r\n"
    "</body>\r\n</html>\r\n"
)
_CHALLENGE = (
    '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>'
    '<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">'
    '<meta http-equiv="X-UA-Compatible" content="IE=Edge">'
    '<meta name="robots" content="noindex,nofollow"></head><body><div class="main-content">'
    '<noscript><span id="challenge-error-text">Enable JavaScript and cookies to continue</span>'
    "</noscript></div><script>window._cf_chl_opt = {{cvId: '3', cZone: '{host}', "
    "cType: 'managed', cRay: '{ray}'}};</script></body></html>"
)
_WELCOME = (
    "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n"
    "<h1>Welcome to nginx!</h1>\n<p>If you see this page, the nginx web server is successfully "
    "installed and\nworking. Further configuration is required.</p>\n</body>\n</html>\n"
)


def cloudflare(status: int, host: str, ray: str) -> Page:
    """Cloudflare's page about the failing host; `ray` is Cloudflare's id of the request."""
    text = _LONG.format(host=host, status=status, title=LONG_TITLES[status], ray=ray[:16])
    return status, (*_LONG_HEADERS, ("server", "cloudflare"), ("cf-ray", ray)), text


def cloudflare_short(status: int, host: str, ray: str) -> Page:  # noqa: ARG001 - names no host
    """Cloudflare's page in the style of nginx."""
    text = _SHORT.format(server="cloudflare", status=status, title=SHORT_TITLES[status])
    headers = (("content-type", "text/html"), ("server", "cloudflare"), ("cf-ray", ray))
    return status, headers, text


def nginx(status: int) -> Page:
    """The error page of an nginx proxy (assumed at LLM providers)."""
    text = _SHORT.format(server="nginx", status=status, title=SHORT_TITLES[status])
    return status, (("content-type", "text/html"), ("server", "nginx")), text


def challenge(host: str, ray: str) -> Page:
    """Cloudflare's challenge page, which only a browser can solve."""
    head = ("content-type", "text/html; charset=UTF-8"), ("cf-mitigated", "challenge")
    headers = (*head, ("server", "cloudflare"), ("cf-ray", ray))
    return 403, headers, _CHALLENGE.format(host=host, ray=ray[:16])


def nginx_welcome() -> Page:
    """The page of an unconfigured nginx (assumed at LLM providers), abridged."""
    return 200, (("content-type", "text/html"), ("server", "nginx")), _WELCOME
