"""What the programs of both Python drivers share."""

import hashlib
import json
import traceback
import uuid
from datetime import date, datetime, timezone
from decimal import Decimal

SLOW = "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b"
SLOW_RUNS = f"select exists (select from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid() and clock_timestamp() - query_start > interval '100 ms')"
REASON = "not today: ask in the morning \u2013 \u00fc"
# "/* reused */" put together, so that the question isn't one of the statements it counts.
KEPT = "select count(*) from pg_prepared_statements where statement like '%/* reused' || ' */'"

VALUES = [
    ("null", "text", None), ("bool", "bool", True), ("int2", "int2", -32768), ("int4", "int4", 2147483647), ("int8", "int8", 9007199254740993),
    ("numeric", "numeric", Decimal("12345678901234567890.123456789")), ("float8", "float8", 0.1),
    ("text", "text", "na\u00efve \u2013 \u6f22\u5b57 \U0001f418 \"q\" \\ ' end"), ("empty", "text", ""), ("bytea", "bytea", b"\x00\xff\x5c\x27"),
    ("int_array", "int4[]", [1, None, 3]), ("text_array", "text[]", ["a,b", '"', None]),
    ("timestamptz", "timestamptz", datetime(2024, 2, 29, 12, 34, 56, 789000, tzinfo=timezone.utc)), ("date", "date", date(1999, 12, 31)),
    ("uuid", "uuid", uuid.UUID("0b5f1c9e-7a52-4f0e-9d3a-2f6f3c1d8e77")),
]
JSON_VALUE = {"a": [1, None], "\u00fc": "\U0001f418"}


def copied_lines():
    """The rows of the big COPY, in pieces."""
    for start in range(1, 200_001, 1000):
        yield "".join(f"{n}\tlabel {n}\n" for n in range(start, start + 1000)).encode()


def sha256():
    return hashlib.sha256()


def detail_code(detail):
    """The `code` in a refusal's DETAIL."""
    return json.loads(detail or "{}").get("code")


def say(scenario, result):
    print(json.dumps({"scenario": scenario, "result": result}, default=repr), flush=True)


def say_failed(scenario):
    print(json.dumps({"scenario": scenario, "failed": traceback.format_exc()}), flush=True)
