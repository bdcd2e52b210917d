"""The few facts of an ONNX file that decide whether it may run, read without the onnx package.

A protobuf message is a run of (field number, wire type, value). Of ModelProto we read graph (7) and opset_import (8), of
GraphProto initializer (5), of TensorProto external_data (13) and data_location (14). Source: onnx/onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterator

from demand_forecast.errors import ModelRefused

ALLOWED_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})


def read_varint(data: memoryview, at: int) -> tuple[int, int]:
    """A base-128 number at a place, and the place after it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Field numbers and values of a message."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        wire = tag & 7
        if wire == 0:
            value, at = read_varint(data, at)
            yield tag >> 3, value
            continue
        size, at = read_varint(data, at) if wire == 2 else ({1: 8, 5: 4}[wire], at)
        yield tag >> 3, data[at : at + size]
        at += size


def messages(data: memoryview, number: int) -> Iterator[memoryview]:
    """Values of a repeated message field."""
    return (value for found, value in fields(data) if found == number and isinstance(value, memoryview))


def check_onnx_bytes(content: bytes) -> None:
    """Refuse operators of foreign domains and tensors outside the file."""
    try:
        model = memoryview(content)
        domains = {bytes(name).decode() for opset in messages(model, 8) for name in messages(opset, 1)}
        external = any(
            number == 13 or (number == 14 and value == 1)
            for graph in messages(model, 7)
            for tensor in messages(graph, 5)
            for number, value in fields(tensor)
        )
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise ModelRefused("the model's bytes are not an ONNX file; train again or roll back") from error
    if domains - ALLOWED_DOMAINS:
        raise ModelRefused(f"the model uses operators of {sorted(domains - ALLOWED_DOMAINS)}; allowed are ai.onnx and ai.onnx.ml")
    if external:
        raise ModelRefused("the model keeps tensors outside its file; export it as one file")
