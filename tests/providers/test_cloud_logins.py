"""The clouds' logins: their own forms and errors, and their own libraries at the other end."""

from __future__ import annotations

import base64
import importlib
import io
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from support.cloud_requests import header
from support.cloud_sdks import Cloud, boto3_client
from support.wire_requests import SAID, answer_wire, reply_context, wire_request

from chaos_llm.protocol.keyed_random import fingerprint
from chaos_llm.protocol.messages import Document, Refusal, Request, WireRequest
from chaos_llm.providers import AwsSts, AzureOAuth, GoogleOAuth, find

GOOGLE, AZURE, STS = GoogleOAuth(), AzureOAuth(), AwsSts()
SPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ACCOUNT = "app@example.iam.gserviceaccount.com"
MACHINE = "/computeMetadata/v1/instance/service-accounts/default"


def answer(login, body=None, **changes):
    """Parse, answer as a healthy provider, and render; a `body` that is a dict is a form."""
    form = urlencode(body).encode() if isinstance(body, dict) else body
    request = login.parse(wire_request(login, body=form, **changes))
    said = request.invalid or login.healthy(request, reply_context())
    return request, login.render(request, said, reply_context())


@pytest.mark.parametrize("body", [b"{", b"[1]", b"{" * 100_000, b"\xff"])
def test_a_body_that_is_no_form_is_an_empty_one(body):
    for login in (GOOGLE, AZURE, STS):
        request, reply = answer(login, body)
        assert request.body == {}
        assert reply.status == 400


def assertion(**claims):
    parts = ({"alg": "RS256"}, {"iss": ACCOUNT, **claims})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
    return ".".join(part.decode().rstrip("=") for part in encoded) + ".c2ln"


def signed(claims=(), **more):
    return {"grant_type": JWT, "assertion": assertion(**dict(claims))} | more


@pytest.mark.parametrize(
    ("login", "path"), [(GOOGLE, "/token"), (AZURE, "/t/oauth2/v2.0/token"), (STS, "/")]
)
def test_every_request_is_on_the_login_surface_and_found_by_its_name(login, path):
    assert type(find(login.name, "POST", path)) is type(login)
    request, _ = answer(login, b"", path=path)
    assert request.surface == "login"


@pytest.mark.parametrize(
    ("login", "form", "who"),
    [
        (GOOGLE, signed(), ACCOUNT),
        (GOOGLE, {"grant_type": "refresh_token", "refresh_token": "s", "client_id": "app"}, "app"),
        (
            AZURE,
            {"grant_type": "client_credentials", "client_secret": "s", "client_id": "app"},
            "app",
        ),
    ],
)
def test_who_logs_in_is_known_and_no_secret_is_kept(login, form, who):
    request, _ = answer(login, form)
    assert request.credential == fingerprint(who)
    assert not {"assertion", "refresh_token", "client_secret"} & set(request.body)


@pytest.mark.parametrize(
    "form",
    [
        signed(),
        {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "app"},
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": "t",
        },
    ],
)
def test_google_gives_a_token_for_an_hour(form):
    request, reply = answer(GOOGLE, form)
    assert request.invalid is None
    shown = json.loads(reply.body)
    assert shown["access_token"].startswith("ya29.")
    assert (shown["expires_in"], shown["token_type"]) == (3599, "Bearer")


def test_google_gives_an_identity_where_an_audience_is_named():
    _, reply = answer(GOOGLE, signed({"target_audience": "https://app.example"}))
    head, body, _ = json.loads(reply.body)["id_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert claims["aud"] == "https://app.example"
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["typ"] == "JWT"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "no"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({}, "unsupported_grant_type"),
        ({"grant_type": JWT, "assertion": "no.jwt.at-all"}, None),
        ({"grant_type": JWT, "assertion": "no.W10.at-all"}, None),
    ],
)
def test_google_refuses_a_form_in_oauths_own_way(form, error):
    _, reply = answer(GOOGLE, form)
    shown = json.loads(reply.body)
    assert (reply.status, shown.get("error")) == (400 if error else 200, error)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (signed(), "Invalid JWT Signature."),
        (
            {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "app"},
            "Token has been expired or revoked.",
        ),
    ],
)
def test_google_revokes_with_an_invalid_grant(form, text):
    request, _ = answer(GOOGLE, form)
    reply = GOOGLE.render(request, Refusal("auth_expired"), reply_context())
    shown = json.loads(reply.body)
    assert (reply.status, shown) == (400, {"error": "invalid_grant", "error_description": text})


def test_googles_machines_say_who_they_are_and_get_a_token():
    for path, field in ((f"{MACHINE}/token", "access_token"), (f"{MACHINE}/", "email")):
        _, reply = answer(GOOGLE, method="GET", path=path, body=None)
        assert field in json.loads(reply.body)
        assert header(reply, "metadata-flavor") == "Google"


def test_google_impersonates_and_tells_where_an_account_may_be_used():
    at = f"/v1/projects/-/serviceAccounts/{ACCOUNT}"
    _, reply = answer(GOOGLE, b'{"scope":["x"]}', path=f"{at}:generateAccessToken")
    shown = json.loads(reply.body)
    assert shown["expireTime"] == "2026-03-02T12:36:59Z"
    _, reply = answer(GOOGLE, method="GET", path=f"{at}/allowedLocations", body=None)
    assert json.loads(reply.body)["encodedLocations"] == "0x0"


def entra(form, **changes):
    return answer(AZURE, form, **changes)


CLIENT = {
    "grant_type": "client_credentials",
    "client_id": "an-app",
    "client_secret": "s",
    "scope": "https://cognitiveservices.azure.com/.default",
}


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        (CLIENT, {"token_type", "expires_in", "ext_expires_in", "access_token"}),
        (
            {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "an-app"},
            {
                "token_type",
                "expires_in",
                "ext_expires_in",
                "access_token",
                "scope",
                "refresh_token",
            },
        ),
    ],
)
def test_microsoft_gives_a_token(form, fields):
    request, reply = entra(form)
    assert request.invalid is None
    assert set(json.loads(reply.body)) == fields


def test_microsofts_discovery_leads_to_the_token():
    query = urlencode({"authorization_endpoint": "https://login.microsoftonline.com/t/x"})
    path = "/common/discovery/instance"
    _, reply = answer(AZURE, method="GET", path=path, query=query, body=None)
    address = json.loads(reply.body)["tenant_discovery_endpoint"]
    path = address.removeprefix("https://login.microsoftonline.com")
    assert path.startswith("/t/")
    _, reply = answer(AZURE, method="GET", path=path, body=None)
    assert json.loads(reply.body)["token_endpoint"] == (
        "https://login.microsoftonline.com/t/oauth2/v2.0/token"
    )


@pytest.mark.parametrize("field", ["grant_type", "client_id", "scope"])
def test_microsoft_names_the_missing_parameter(field):
    _, reply = entra({key: value for key, value in CLIENT.items() if key != field})
    shown = json.loads(reply.body)
    assert (reply.status, shown["error_codes"]) == (400, [900144])
    assert f"'{field}'" in shown["error_description"]


@pytest.mark.parametrize(
    ("kind", "status", "error", "code"),
    [
        ("auth_expired", 401, "invalid_client", 7000222),
        ("permission", 400, "unauthorized_client", 700016),
        ("not_found", 400, "invalid_request", 90002),
        ("rate_limited", 429, "temporarily_unavailable", 90055),
        ("server_error", 500, "server_error", 50000),
        ("overloaded", 503, "temporarily_unavailable", 90033),
    ],
)
def test_an_error_of_microsofts_has_all_its_marks(kind, status, error, code):
    request, _ = entra(CLIENT)
    reply = AZURE.render(request, Refusal(kind), reply_context())
    shown = json.loads(reply.body)
    assert (reply.status, shown["error"], shown["error_codes"]) == (status, error, [code])
    text = shown["error_description"]
    assert text.startswith(f"AADSTS{code}: ")
    assert f"Trace ID: {shown['trace_id']} Correlation ID: {shown['correlation_id']}" in text
    assert shown["timestamp"] == "2026-03-02 11:37:00Z"
    assert header(reply, "x-ms-request-id") == shown["trace_id"]
    assert "{" not in text


def sts(form, **changes):
    request, reply = answer(STS, {"Version": "2011-06-15"} | form, **changes)
    return request, reply, ET.fromstring(reply.body)


ROLE = {
    "RoleArn": "arn:aws:iam::123456789012:role/app",
    "RoleSessionName": "a-session",
    "DurationSeconds": "900",
}


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({"Action": "AssumeRole"} | ROLE, None),
        ({"Action": "AssumeRoleWithWebIdentity", "WebIdentityToken": "t"} | ROLE, {}),
        ({"Action": "GetSessionToken", "DurationSeconds": "900"}, None),
    ],
)
def test_sts_gives_credentials_for_as_long_as_asked(form, headers):
    changes = {} if headers is None else {"headers": headers}
    request, reply, root = sts(form, **changes)
    assert (request.invalid, reply.status) == (None, 200)
    assert root.tag == f"{SPACE}{form['Action']}Response"
    given = root.find(f".//{SPACE}Credentials")
    assert given.findtext(f"{SPACE}AccessKeyId").startswith("ASIA")
    assert given.findtext(f"{SPACE}Expiration") == "2026-03-02T11:52:00Z"
    arn = root.findtext(f".//{SPACE}AssumedRoleUser/{SPACE}Arn")
    assert arn in (None, "arn:aws:sts::123456789012:assumed-role/app/a-session")


@pytest.mark.parametrize(
    ("form", "changes", "status", "code"),
    [
        ({"Action": "Nonsense"}, {}, 400, "InvalidAction"),
        ({}, {}, 400, "InvalidAction"),
        ({"Action": "AssumeRole"}, {}, 400, "ValidationError"),
        ({"Action": "GetCallerIdentity"}, {"headers": {}}, 403, "MissingAuthenticationToken"),
        ({"Action": "AssumeRole"} | ROLE, {"headers": {}}, 403, "MissingAuthenticationToken"),
    ],
)
def test_sts_refuses_a_form_in_its_own_way(form, changes, status, code):
    _, reply, root = sts(form, **changes)
    assert reply.status == status
    assert root.findtext(f"{SPACE}Error/{SPACE}Code") == code
    assert root.findtext(f"{SPACE}RequestId") == header(reply, "x-amzn-requestid")


@pytest.mark.parametrize(
    ("kind", "status", "code", "who"),
    [
        ("auth_expired", 403, "ExpiredToken", "Sender"),
        ("permission", 403, "AccessDenied", "Sender"),
        ("rate_limited", 400, "Throttling", "Sender"),
        ("server_error", 500, "InternalFailure", "Receiver"),
        ("overloaded", 503, "ServiceUnavailable", "Receiver"),
    ],
)
def test_an_error_of_sts_says_whose_fault_it_is(kind, status, code, who):
    request, _, _ = sts({"Action": "AssumeRole"} | ROLE)
    reply = STS.render(request, Refusal(kind, message=None), reply_context())
    root = ET.fromstring(reply.body)
    assert reply.status == status
    assert root.findtext(f"{SPACE}Error/{SPACE}Code") == code
    assert root.findtext(f"{SPACE}Error/{SPACE}Type") == who


def test_a_stale_web_identity_has_an_error_of_its_own():
    request, _, _ = sts({"Action": "AssumeRoleWithWebIdentity", "WebIdentityToken": "t"} | ROLE)
    root = ET.fromstring(STS.render(request, Refusal("auth_expired"), reply_context()).body)
    assert root.findtext(f"{SPACE}Error/{SPACE}Code") == "ExpiredTokenException"


def test_a_message_of_sts_is_escaped():
    request, _, _ = sts({"Action": "GetCallerIdentity"})
    reply = STS.render(request, Refusal("server_error", message="a < b & c"), reply_context())
    root = ET.fromstring(reply.body)
    assert root.findtext(f"{SPACE}Error/{SPACE}Message") == "a < b & c"


def test_any_document_of_sts_is_xml():
    request, _, _ = sts({"Action": "GetCallerIdentity"})
    reply = STS.render(request, Document([1, 2]), reply_context())
    assert ET.fromstring(reply.body).tag == f"{SPACE}GetCallerIdentityResponse"


@pytest.mark.parametrize("login", [GOOGLE, AZURE, STS])
@pytest.mark.parametrize("kind", ["rate_limited", "overloaded"])
def test_a_wait_is_told_in_a_header(login, kind):
    request, _ = answer(login, b"")
    reply = login.render(request, Refusal(kind, retry_after=7), reply_context())
    assert header(reply, "retry-after") == "7"


class Session:
    """A session of `requests` that ends in our replies."""

    def __init__(self, name: str, refusal: Refusal | None = None) -> None:
        self.requests: list[Request] = []
        self._name, self._refusal = name, refusal

    def open(self) -> Any:
        requests = pytest.importorskip("requests")
        adapters = importlib.import_module("requests.adapters")
        urllib3 = importlib.import_module("urllib3")
        session, playing = requests.Session(), self

        class Played(adapters.HTTPAdapter):
            def send(self, request: Any, **_: Any) -> Any:
                reply = playing.play(request)
                raw = urllib3.HTTPResponse(
                    body=io.BytesIO(reply.body),
                    headers=dict(reply.headers),
                    status=reply.status,
                    preload_content=False,
                )
                return self.build_response(request, raw)

        session.mount("https://", Played())
        session.mount("http://", Played())
        return session

    def play(self, sent: Any) -> Any:
        parts = importlib.import_module("urllib.parse").urlsplit(sent.url)
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in sent.headers.items()
        }
        body = sent.body or b""
        data = body.encode() if isinstance(body, str) else body
        wire = WireRequest(sent.method, parts.hostname, parts.path, parts.query, headers, data)
        said = self._refusal if self._refusal and wire.method == "POST" else SAID
        request, reply = answer_wire(wire, self._name, said)
        self.requests.append(request)
        return reply


def google_credentials(refusal=None):
    account = pytest.importorskip("google.oauth2.service_account")
    transport = importlib.import_module("google.auth.transport.requests")
    signing = importlib.import_module("google.auth.crypt")

    class Signer(signing.Signer):
        key_id = "a-key"

        def sign(self, message: Any) -> bytes:
            return b"signed"

    session = Session("vertex", refusal)
    uri = "https://oauth2.googleapis.com/token"
    held = account.Credentials(Signer(), ACCOUNT, uri, scopes=["x"])
    return session, held, transport.Request(session=session.open())


def test_google_auth_logs_a_service_account_in():
    session, held, request = google_credentials()
    held.refresh(request)
    assert held.token.startswith("ya29.")
    assert held.valid
    assert session.requests[0].credential == fingerprint(ACCOUNT)


def test_google_auth_refreshes_a_users_token():
    user = pytest.importorskip("google.oauth2.credentials")
    transport = importlib.import_module("google.auth.transport.requests")
    uri = "https://oauth2.googleapis.com/token"
    held = user.Credentials(
        None, refresh_token="r", token_uri=uri, client_id="a", client_secret="s"
    )
    held.refresh(transport.Request(session=Session("vertex").open()))
    assert held.token.startswith("ya29.")


def test_google_auth_reads_the_errors():
    errors = pytest.importorskip("google.auth.exceptions")
    _, held, request = google_credentials(Refusal("auth_expired"))
    with pytest.raises(
        errors.RefreshError, match=r"invalid_grant: Invalid JWT Signature\."
    ) as caught:
        held.refresh(request)
    assert not caught.value.retryable


def test_google_auth_reads_a_machines_token():
    machine = pytest.importorskip("google.auth.compute_engine")
    transport = importlib.import_module("google.auth.transport.requests")
    held = machine.Credentials()
    held.refresh(transport.Request(session=Session("vertex").open()))
    assert held.token.startswith("ya29.")
    assert held.service_account_email == ACCOUNT


def entra_credential(refusal=None):
    identity = pytest.importorskip("azure.identity")
    transports = importlib.import_module("azure.core.pipeline.transport")
    session = Session("azure-openai", refusal)
    transport = transports.RequestsTransport(session=session.open(), session_owner=False)
    credential = identity.ClientSecretCredential(
        "a-tenant", "an-app", "secret", transport=transport, retry_total=0
    )
    return session, credential


def test_azure_identity_logs_an_app_in():
    session, credential = entra_credential()
    token = credential.get_token("https://cognitiveservices.azure.com/.default")
    assert token.token.startswith("eyJ")
    posted = session.requests[-1]
    assert posted.body["grant_type"] == "client_credentials"
    assert posted.credential == fingerprint("an-app")
    assert all(request.invalid is None for request in session.requests)


def test_azure_identity_reads_the_errors():
    errors = pytest.importorskip("azure.core.exceptions")
    _, credential = entra_credential(Refusal("auth_expired"))
    with pytest.raises(errors.ClientAuthenticationError, match="AADSTS7000222"):
        credential.get_token("https://cognitiveservices.azure.com/.default")


def sts_client(answer=SAID):
    pytest.importorskip("boto3")
    cloud = Cloud(STS, [answer], False)
    return cloud, boto3_client(cloud, "sts", "https://sts.us-east-1.amazonaws.com")


def test_boto3_assumes_a_role():
    cloud, client = sts_client()
    given = client.assume_role(RoleArn=ROLE["RoleArn"], RoleSessionName="a-session")
    assert given["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert isinstance(given["Credentials"]["Expiration"], datetime)
    assert given["AssumedRoleUser"]["Arn"].endswith("assumed-role/app/a-session")
    assert given["ResponseMetadata"]["RequestId"]
    assert cloud.requests[0].credential == fingerprint("AKIATEST")


def test_boto3_assumes_a_role_by_web_identity_and_asks_who_it_is():
    _, client = sts_client()
    given = client.assume_role_with_web_identity(
        RoleArn=ROLE["RoleArn"], RoleSessionName="a-session", WebIdentityToken="token"
    )
    assert given["SubjectFromWebIdentityToken"]
    assert client.get_caller_identity()["Account"] == "123456789012"


def test_boto3_reads_the_errors():
    errors = pytest.importorskip("botocore.exceptions")
    _, client = sts_client(Refusal("auth_expired"))
    with pytest.raises(errors.ClientError) as caught:
        client.get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "ExpiredToken"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
