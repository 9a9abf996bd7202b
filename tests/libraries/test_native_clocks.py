"""Libraries with compiled code read the outage's time; see `nox -s libraries`."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pydantic
import pytest
from support.libraries import library

from chaos_llm import outage

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the clocks of native code are moved on Linux only"
)

PROFILE = "anthropic-2026-03-02-three-waves"
KEY = "a secret that is long enough for HMAC with SHA-256"


@pytest.fixture
def day():
    """The wall clock's date during an outage."""
    with outage(PROFILE) as chaos:
        begins = datetime.now(UTC)
        assert begins.date().isoformat() == "2026-03-02"
        yield begins
        assert datetime.now(UTC) - begins == timedelta(seconds=chaos.clock.now)


class Booking(pydantic.BaseModel):
    """Fields that pydantic validates against the clock."""

    ended: pydantic.PastDatetime
    ends: pydantic.FutureDatetime
    last: pydantic.PastDate
    next: pydantic.FutureDate


def test_a5_pydantic_validates_past_and_future_by_the_date_of_the_outage(day):
    hour, last, following = timedelta(hours=1), "2026-03-01", "2026-03-03"
    found = Booking(ended=day - hour, ends=day + hour, last=last, next=following)
    assert found.ends - found.ended == 2 * hour
    with pytest.raises(pydantic.ValidationError) as refused:
        Booking(ended=day + hour, ends=day - hour, last=following, next=last)
    assert refused.value.error_count() == 4


def test_a5_numpy_returns_the_date_of_the_outage(day):
    numpy = library("numpy")
    assert numpy.datetime64("now").item() == day.replace(tzinfo=None, microsecond=0)
    assert numpy.datetime64("today").item() == day.date()


def test_a5_sqlite_returns_the_date_of_the_outage(day):
    with closing(sqlite3.connect(":memory:")) as database:
        (found,) = database.execute("select datetime('now')").fetchone()
        assert found == day.strftime("%Y-%m-%d %H:%M:%S")
        database.execute("create table t (at default current_timestamp, x)")
        database.execute("insert into t (x) values (1)")
        assert database.execute("select at from t").fetchone() == (found,)


def test_a5_orjson_writes_the_date_of_the_outage(day):
    orjson = library("orjson")
    assert orjson.loads(orjson.dumps(datetime.now(UTC))) == day.isoformat()


def test_a5_polars_returns_the_date_of_the_outage(day):
    polars = library("polars")
    frame = polars.sql("SELECT CURRENT_TIMESTAMP AS now, CURRENT_DATE AS today", eager=True)
    now, today = frame.row(0)
    assert now.replace(tzinfo=UTC) == day
    assert today == day.date()


@pytest.mark.parametrize("name", ["jwt_rs", "oxyjwt"])
def test_a5_a_rust_version_of_pyjwt_validates_tokens_by_the_date_of_the_outage(day, name):
    jwt = library(name)
    hour = timedelta(hours=1)

    def token(begins, ends):
        claims = {"sub": "a", "nbf": int(begins.timestamp()), "exp": int(ends.timestamp())}
        return jwt.encode(claims, KEY, algorithm="HS256")

    assert jwt.decode(token(day - hour, day + hour), KEY, algorithms=["HS256"])["sub"] == "a"
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(token(day - 2 * hour, day - hour), KEY, algorithms=["HS256"])
    with pytest.raises(jwt.ImmatureSignatureError):
        jwt.decode(token(day + hour, day + 2 * hour), KEY, algorithms=["HS256"])


def test_a5_all_of_them_read_real_time_after_the_outage():
    with outage(PROFILE):
        pass
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    assert Booking(ended=now - hour, ends=now + hour, last="2026-03-03", next="2999-01-01")
    with closing(sqlite3.connect(":memory:")) as database:
        (found,) = database.execute("select date('now')").fetchone()
    assert found[:4] == str(now.year)
