"""Protobuf by hand, for what the onnx package cannot be made to write."""


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def message(field: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return varint(field << 3 | 2) + varint(len(body)) + body


def nested(fields: list[int], depth: int, core: bytes) -> bytes:
    """`core` inside of `depth` rounds of messages with these field numbers, outermost first."""
    lengths, size = [], len(core)
    order = list(reversed(fields)) * depth
    for field in order:
        head = varint(field << 3 | 2) + varint(size)
        lengths.append(head)
        size += len(head)
    return b"".join(reversed(lengths)) + core
