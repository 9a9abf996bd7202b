"""Messages of protocol buffers, by the vendors' own generated classes.

An SDK registers its messages when it is imported; they are looked up by their full names. protobuf
itself is installed with such an SDK only, so nothing here is imported before a message is wanted.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from contextlib import suppress
from functools import lru_cache
from typing import Any

from chaos_llm.errors import UsageError

# Where messages are registered, by the beginning of their names, and what installs it.
_HOMES = {
    "xai_api.": (("xai_sdk.proto.v6.chat_pb2", "xai_sdk.proto.v5.chat_pb2"), "xai-sdk"),
    "google.cloud.aiplatform.v1.": (("google.cloud.aiplatform_v1",), "google-cloud-aiplatform"),
    "google.cloud.aiplatform.v1beta1.": (
        ("google.cloud.aiplatform_v1beta1",),
        "google-cloud-aiplatform",
    ),
    "google.rpc.": (
        ("google.rpc.status_pb2", "google.rpc.error_details_pb2"),
        "googleapis-common-protos",
    ),
}


class GrpcService(ABC):
    """What a wire format tells besides that is spoken over gRPC."""

    @abstractmethod
    def request_message(self, path: str) -> str:
        """The full name of the message that a method takes."""


@lru_cache(maxsize=256)
def message_class(name: str) -> Any:
    """The class of a message, such as "xai_api.GetCompletionsRequest".

    Raises UsageError where no package that is installed has it.
    """
    try:
        from google.protobuf import descriptor_pool, message_factory  # noqa: PLC0415 - see above
    except ModuleNotFoundError:  # grpcio alone does not install it
        raise _unknown(name) from None
    pool = descriptor_pool.Default()
    with suppress(KeyError):
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
    _import_home_of(name)
    try:
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
    except KeyError:
        raise _unknown(name) from None


def read(name: str, data: bytes, *, original_names: bool = False) -> dict[str, Any]:
    """A message as JSON has it, its fields in camelCase or under the names of its definition.

    Raises ValueError where the bytes are no such message.
    """
    from google.protobuf import json_format  # noqa: PLC0415
    from google.protobuf.message import DecodeError  # noqa: PLC0415

    try:
        message = message_class(name).FromString(data)
        fields: dict[str, Any] = json_format.MessageToDict(
            message, preserving_proto_field_name=original_names
        )
    except (DecodeError, json_format.Error) as error:
        raise ValueError(str(error)) from error
    return fields


def written(name: str, content: dict[str, Any]) -> bytes:
    """The bytes of a message; what its version does not know is left out."""
    from google.protobuf import json_format  # noqa: PLC0415

    message = json_format.ParseDict(content, message_class(name)(), ignore_unknown_fields=True)
    return bytes(message.SerializeToString(deterministic=True))


def in_one_order(name: str, data: bytes) -> bytes:
    """The same message with its maps in one order, which differs between processes else."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415

    try:
        message = message_class(name).FromString(data)
    except DecodeError:
        return data
    return bytes(message.SerializeToString(deterministic=True))


def _import_home_of(name: str) -> None:
    for beginning, (modules, _) in _HOMES.items():
        if name.startswith(beginning):
            for module in modules:
                with suppress(ImportError):
                    importlib.import_module(module)


def _unknown(name: str) -> UsageError:
    packages = (package for beginning, (_, package) in _HOMES.items() if name.startswith(beginning))
    package = next(packages, "the SDK that has it")
    return UsageError(f"the message {name} is not known here: pip install {package}")
