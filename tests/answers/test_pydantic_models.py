"""Schemas of structured answers as apps really send them: those that pydantic writes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from chaos_llm.answers.json_schema import instance
from chaos_llm.protocol.keyed_random import KeyedRandom
from chaos_llm.protocol.markers import find

SAYS = ("Your order KX-48213 is on its way. Reference R7-20931-K.", "KX-48213")


class Priority(Enum):
    LOW = "low"
    HIGH = "high"


class Refund(BaseModel):
    kind: Literal["refund"]
    amount: Decimal = Field(gt=0, le=1000)


class Exchange(BaseModel):
    kind: Literal["exchange"]
    size: Annotated[int, Field(ge=36, le=47)]


class Comment(BaseModel):
    text: str
    replies: list[Comment] = []


class Ticket(BaseModel):
    model_config = ConfigDict(extra="forbid")

    order: str = Field(pattern=r"^[A-Z]{2}-\d{5}$")
    summary: str = Field(min_length=10, max_length=80)
    priority: Priority
    action: Annotated[Refund | Exchange, Field(discriminator="kind")]
    due: date | None
    seen: datetime
    id: UUID
    link: HttpUrl
    tags: set[Literal["late", "broken", "lost"]] = Field(min_length=2, max_length=3)
    scores: dict[str, float]
    place: tuple[float, float]
    thread: Comment
    chance: float = Field(ge=0, le=1, multiple_of=0.01)


@pytest.mark.parametrize("key", range(30))
def test_an_instance_of_a_model_s_schema_is_an_instance_of_the_model(key):
    value = instance(Ticket.model_json_schema(), KeyedRandom(key), SAYS)
    ticket = Ticket.model_validate(value)
    assert ticket.order == "KX-48213"
    assert find(ticket.summary) == find(ticket.thread.text) == ("KX-48213",)


def test_a_union_is_generated_in_all_its_branches():
    schema = Ticket.model_json_schema()
    drawn = {instance(schema, KeyedRandom(key), SAYS)["action"]["kind"] for key in range(30)}
    assert drawn == {"refund", "exchange"}
