import json
import os
import re
import time
import urllib.request

import pymysql
from pymysql.constants import CLIENT

UNICODE = "na\u00efve \u2013 \u6f22\u5b57 \U0001f418 \"q\" \\ ' end"
REASON = "not today: ask in the morning \u2013 \u00fc"
SLOW = f"select sum(l.got * a.id * b.id * c.id) as v from (select get_lock('slow {os.getpid()}', 0) as got) l, numbers a, numbers b, numbers c"
SLOW_RUNS = f"select is_used_lock('slow {os.getpid()}') is not null"
SHOWN = """select nothing, cast(tiny as char) tiny, cast(whole as char) whole, cast(big as char) big, cast(ubig as char) ubig, cast(exact_ as char) exact_, cast(approx as char) approx,
  txt, blank, hex(bytes) bytes, cast(at as char) at, cast(day as char) day, cast(clock as char) clock, cast(doc as char) doc, cast(bits + 0 as char) bits from typed where id = %s"""


def connect(**more):
    env = os.environ
    trusted = env.get("DB_CA")
    tls = {"ssl_ca": trusted, "ssl_verify_cert": True, "ssl_verify_identity": True} if trusted else {"ssl_disabled": True}
    return pymysql.connect(
        host="127.0.0.1", port=int(env["DB_PORT"]), user=env["DB_USER"], password=env["DB_PASSWORD"], database=env["DB_NAME"], charset="utf8mb4", autocommit=True,
        client_flag=CLIENT.MULTI_STATEMENTS, max_allowed_packet=64 * 1024 * 1024, **tls, **more,
    )


def rows(conn, text, values=None):
    with conn.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall()


def run(conn, text, values=None):
    """Rows affected."""
    with conn.cursor() as cursor:
        return cursor.execute(text, values)


def one(conn, text, values=None):
    return rows(conn, text, values)[0][0]


def after(conn):
    return one(conn, "select 1")


def error_of(action):
    try:
        action()
    except pymysql.MySQLError as error:
        return error
    return None


def errno(action):
    error = error_of(action)
    return None if error is None else error.args[0]


def detail_of(message):
    found = re.search(r'\{"code":"(\w+)".*\}$', message)
    return found and found.group(1)


def waits(marker):
    """Returns when a statement with this marker waits for approval."""
    request = urllib.request.Request(os.environ["DB_REQUESTS"], headers={"Authorization": f"Bearer {os.environ['DB_TOKEN']}"})
    while True:
        with urllib.request.urlopen(request) as response:
            if any(f"/* {marker} */" in each["text"] for each in json.load(response)["requests"]):
                return
        time.sleep(0.02)
