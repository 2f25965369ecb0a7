import os
from threading import Event, Thread

import psycopg

import lines
from psycopg_lines import after, connect, one, state_of


def insert(conn, marker, number, into="held", prepare=None):
    return conn.execute(f"insert into {into} (id) values (%s) returning id /* {marker} */", [number], prepare=prepare).fetchone()[0]


def refusal(conn, marker, number, into="held"):
    try:
        insert(conn, marker, number, into)
    except psycopg.Error as error:
        return error
    raise AssertionError("it ran")


def noticed(conn):
    """Set as soon as the driver has read a notice."""
    event = Event()
    conn.add_notice_handler(lambda _notice: event.set())
    return event


def kept(conn, label):
    return one(conn, "select count(*) from items where label = %s", [label])


def approved(conn):
    notice = noticed(conn)
    return {"returned": insert(conn, "approved", 1), "noticed": notice.is_set()}


def denied(conn):
    error = refusal(conn, "denied", 1)
    return {"state": error.sqlstate, "reason": lines.REASON in error.diag.message_primary, "detail": lines.detail_code(error.diag.message_detail), "after": after(conn)}


def denied_in_transaction(conn):
    conn.execute("begin")
    conn.execute("insert into items values (2001, 'with denied')")
    error = refusal(conn, "denied-in-transaction", 1)
    in_failed = state_of(conn, "select 1")
    conn.execute("rollback")
    return {"state": error.sqlstate, "inFailed": in_failed, "after": after(conn), "kept": kept(conn, "with denied")}


def approved_in_transaction(conn):
    with conn.transaction():
        conn.execute("insert into items values (2002, 'with approved')")
        returned = insert(conn, "approved-in-transaction", 2)
    result = {"returned": returned, "kept": kept(conn, "with approved")}
    conn.execute("delete from items where id = 2002")
    return result


def expired(conn):
    error = refusal(conn, "expired", 1, "hasty")
    return {"state": error.sqlstate, "detail": lines.detail_code(error.diag.message_detail), "after": after(conn)}


def cancelled(conn):
    notice = noticed(conn)
    cancelling = Thread(target=lambda: notice.wait(20) and conn.cancel_safe(timeout=5))
    cancelling.start()
    error = refusal(conn, "cancelled", 1)
    cancelling.join()
    return {"state": error.sqlstate, "after": after(conn)}


def prepared(conn):
    results = []
    for number in (1, 2, 3):
        try:
            results.append(insert(conn, "prepared", number, prepare=True))
        except psycopg.Error as error:
            results.append(error.sqlstate)
    return {"results": results, "after": after(conn)}


def pipelined(conn):
    def run():
        with conn.pipeline():
            return [conn.execute("select 1"), conn.execute("insert into held (id) values (%s) /* pipelined */", [1]), conn.execute("select 2")]

    granted = [cursor.rowcount for cursor in run()]
    try:
        run()
        state = "none"
    except psycopg.Error as error:
        state = error.sqlstate
    return {"approved": sum(granted), "state": state, "after": after(conn)}


def forbidden(conn):
    error = refusal(conn, "forbidden", 1, "forbidden")
    return {"state": error.sqlstate, "detail": lines.detail_code(error.diag.message_detail), "after": after(conn)}


def copied_in(conn):
    def copy():
        with conn.cursor() as cursor, cursor.copy("copy held from stdin /* copied-in */") as into:
            into.write(b"41\tone\n42\ttwo\n")

    copy()
    copied = one(conn, "select count(*) from held where id in (41, 42)")
    try:
        copy()
        state = "none"
    except psycopg.Error as error:
        state = error.sqlstate
    conn.execute("delete from held where id in (41, 42)")
    return {"copied": copied, "state": state, "after": after(conn)}


def copied_out(conn):
    def copy():
        with conn.cursor() as cursor, cursor.copy("copy vault to stdout /* copied-out */") as out:
            return sum(len(piece) for piece in out)

    size = copy()
    try:
        copy()
        state = "none"
    except psycopg.Error as error:
        state = error.sqlstate
    return {"bytes": size, "state": state, "after": after(conn)}


def portions(conn):
    rows = total = 0
    with conn.transaction(), conn.cursor(name="vault") as named:
        named.itersize = 700
        named.execute("select id from vault order by id /* portions */")
        for (value,) in named:
            rows += 1
            total += value
    return {"rows": rows, "sum": total}


def disconnected(_conn):
    leaving = connect()
    # Closed under the driver, as by a crash.
    leaving.add_notice_handler(lambda _notice: os.dup2(os.open(os.devnull, os.O_RDWR), leaving.fileno()))
    try:
        insert(leaving, "disconnected", 1)
    except Exception:
        pass
    return {}


HELD = {
    "approved": approved, "denied": denied, "denied-in-transaction": denied_in_transaction, "approved-in-transaction": approved_in_transaction,
    "expired": expired, "cancelled": cancelled, "prepared": prepared, "pipelined": pipelined, "forbidden": forbidden,
    "copied-in": copied_in, "copied-out": copied_out, "portions": portions, "disconnected": disconnected,
}
