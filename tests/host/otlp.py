"""Judges a line of spans by OpenTelemetry's JSON encoding: names and types of trace.proto, ids in
hexadecimal, enumerations as numbers, 64-bit integers as decimal strings. Knows nothing of the host.

Source: "JSON Protobuf Encoding" of the OTLP specification and opentelemetry/proto/trace/v1, common/v1,
resource/v1 (read 2026-11-27).
"""
import re


def _uint64(value):
    return isinstance(value, str) and re.fullmatch("0|[1-9][0-9]{0,19}", value) and \
        int(value) < 1 << 64


def _int64(value):
    return isinstance(value, str) and re.fullmatch("-?(0|[1-9][0-9]{0,18})", value)


def _uint32(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 32


def _id(n):
    return lambda value: isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{n}}}", value) and \
        set(value) != {"0"}


def _enumeration(last):
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and \
        0 <= value <= last


def _text(value):
    return isinstance(value, str)


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


VALUE = {"stringValue": _text, "boolValue": lambda value: isinstance(value, bool),
         "intValue": _int64, "doubleValue": _number, "bytesValue": _text}
ATTRIBUTE = {"key": _text, "value": VALUE}
STATUS = {"message": _text, "code": _enumeration(2)}
LINK = {"traceId": _id(32), "spanId": _id(16), "traceState": _text, "attributes": [ATTRIBUTE],
        "droppedAttributesCount": _uint32, "flags": _uint32}
EVENT = {"timeUnixNano": _uint64, "name": _text, "attributes": [ATTRIBUTE],
         "droppedAttributesCount": _uint32}
SPAN = {"traceId": _id(32), "spanId": _id(16), "parentSpanId": _id(16), "traceState": _text,
        "flags": _uint32, "name": _text, "kind": _enumeration(5), "startTimeUnixNano": _uint64,
        "endTimeUnixNano": _uint64, "attributes": [ATTRIBUTE], "droppedAttributesCount": _uint32,
        "events": [EVENT], "droppedEventsCount": _uint32, "links": [LINK],
        "droppedLinksCount": _uint32, "status": STATUS}
SCOPE = {"name": _text, "version": _text, "attributes": [ATTRIBUTE],
         "droppedAttributesCount": _uint32}
RESOURCE = {"attributes": [ATTRIBUTE], "droppedAttributesCount": _uint32}
TRACES = {"resourceSpans": [{"resource": RESOURCE, "schemaUrl": _text,
                             "scopeSpans": [{"scope": SCOPE, "spans": [SPAN],
                                             "schemaUrl": _text}]}]}


def check(value, shape=None, place="$"):
    """Raises AssertionError with the place of what is wrong."""
    shape = TRACES if shape is None else shape
    if isinstance(shape, list):
        assert isinstance(value, list), f"{place} is no list"
        for index, one in enumerate(value):
            check(one, shape[0], f"{place}[{index}]")
    elif isinstance(shape, dict):
        assert isinstance(value, dict), f"{place} is no object"
        for name, one in value.items():
            assert name in shape, f"{place}.{name} is unknown"
            check(one, shape[name], f"{place}.{name}")
        if shape is VALUE:
            assert len(value) == 1, f"{place} needs one value"
        if shape is ATTRIBUTE:
            assert value.get("key"), f"{place} has no key"
        if shape is SPAN:
            for name in ("traceId", "spanId", "name", "startTimeUnixNano", "endTimeUnixNano"):
                assert value.get(name), f"{place}.{name} is missing"
            keys = [attribute["key"] for attribute in value.get("attributes", [])]
            assert len(keys) == len(set(keys)), f"{place}: an attribute twice"
    else:
        assert shape(value), f"{place}: {value!r}"


def _self_test():
    """The judge itself refuses what a careless writer would write."""
    good = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "x",
            "kind": 2, "startTimeUnixNano": "1544712660000000000",
            "endTimeUnixNano": "1544712661000000000", "status": {"code": 0}}
    wrong = [{"traceId": "W47/95gDgQPSabYzgT/GDA=="}, {"kind": "SPAN_KIND_SERVER"}, {"kind": 6},
             {"startTimeUnixNano": 1544712660000000000}, {"spanId": "EEE19B7EC3C1B174"},
             {"trace_id": "5b8efff798038103d269b633813fc60c"}, {"parentSpanId": ""},
             {"attributes": [{"key": "a", "value": {"intValue": 3}}]}, {"status": {"code": 3}}]
    check(good, SPAN)
    for change in wrong:
        try:
            check(dict(good, **change), SPAN)
        except AssertionError:
            continue
        raise AssertionError(f"the judge takes {change}")


_self_test()
