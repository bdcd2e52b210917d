"""The few facts of an ONNX file that decide whether it may run, read without the onnx package.

A protobuf message is a run of (field number, wire type, value). Source of the numbers: onnx/onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterator

from demand_forecast.errors import ModelRefused

ALLOWED_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
CHILDREN = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse tensor", 23: "sparse tensor"},
    "sparse tensor": {1: "tensor", 2: "tensor"},
}
"""Fields of a message that hold others, down to every place where a tensor may lie."""


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


def tensors(data: memoryview, kind: str) -> Iterator[memoryview]:
    """Every tensor inside a message of a kind: initializers, constants, and those of the branches of a loop or a condition."""
    for number, value in fields(data):
        child = CHILDREN[kind].get(number)
        if isinstance(value, memoryview) and child:
            yield from [value] if child == "tensor" else tensors(value, child)


def domains_of(model: memoryview) -> set[str]:
    """Domains whose operators a model and its functions import."""
    imports = [*messages(model, 8), *(found for function in messages(model, 25) for found in messages(function, 9))]
    return {bytes(name).decode() for found in imports for name in messages(found, 1)}


def check_onnx_bytes(content: bytes) -> None:
    """Refuse operators of foreign domains and tensors outside the file."""
    try:
        model = memoryview(content)
        domains = domains_of(model)
        facts = [fact for tensor in tensors(model, "model") for fact in fields(tensor)]
        external = any(number == 13 or (number == 14 and value == 1) for number, value in facts)
    except (IndexError, KeyError, RecursionError, UnicodeDecodeError) as error:
        raise ModelRefused("the model's bytes are not an ONNX file; train again or roll back") from error
    if domains - ALLOWED_DOMAINS:
        raise ModelRefused(f"the model uses operators of {sorted(domains - ALLOWED_DOMAINS)}; allowed are ai.onnx and ai.onnx.ml")
    if external:
        raise ModelRefused("the model keeps tensors outside its file; export it as one file")
