"""psycopg 3: run with `equal` or `held`."""

import sys
from threading import Thread
from time import sleep

import psycopg
from psycopg.types.json import Jsonb

import lines
from psycopg_edges import edges
from psycopg_held import HELD
from psycopg_lines import after, connect, one, state_of


def connected(conn):
    info = conn.info
    native = [info.server_version, info.encoding, info.parameter_status("TimeZone"), info.parameter_status("standard_conforming_strings")]
    return {"one": after(conn), "encoding": one(conn, "show client_encoding"), "native": native}


def unprepared(conn):
    cursor = conn.execute("select 1 as a; select 'two' as b; select 3 as c where false")
    native = []
    while True:
        native.append([cursor.statusmessage, cursor.fetchall(), [column.name for column in cursor.description]])
        if not cursor.nextset():
            break
    with psycopg.ClientCursor(conn) as client_side:
        client_side.execute("select %s::text, %s::int[]", ["it's \\ here", [1, 2]])
        native.append(client_side.fetchall())
    return {"answer": one(conn, "select 42"), "native": native}


def values(conn):
    shown, native = {}, []
    for name, kind, value in [*lines.VALUES, ("jsonb", "jsonb", Jsonb(lines.JSON_VALUE))]:
        for binary in (False, True):
            mark = "%b" if binary else "%t"
            with conn.cursor(binary=binary) as cursor:
                row = cursor.execute(f"select {mark}::{kind}, ({mark}::{kind})::text", [value, value]).fetchone()
            shown[name] = row[1]
            native.append(repr(row))
    return {"shown": shown, "native": native}


def prepared(conn):
    total = sum(one(conn, "select %s::int4 + 0 /* reused */", [n], prepare=True) for n in range(1, 201))
    return {"sum": total, "kept": one(conn, lines.KEPT)}


def transactions(conn):
    with conn.transaction():
        conn.execute("insert into items values (1, 'committed')")
    with conn.transaction():
        conn.execute("insert into items values (2, 'rolled back')")
        raise psycopg.Rollback()
    state = None
    with conn.transaction():
        conn.execute("insert into items values (3, 'before')")
        try:
            with conn.transaction():
                conn.execute("insert into items values (3, 'again')")
        except psycopg.Error as error:
            state = error.sqlstate
    conn.autocommit = False
    state_of(conn, "select 1 / 0")
    in_failed = state_of(conn, "select 1")
    conn.rollback()
    conn.autocommit = True
    count = lambda number: one(conn, "select count(*) from items where id = %s", [number])
    result = {"committed": count(1), "rolledBack": count(2), "savepoint": count(3), "state": state, "inFailed": in_failed, "after": after(conn)}
    conn.execute("delete from items where id between 1 and 3")
    return result


def errors(conn):
    conn.execute("insert into items values (10, 'ten')")
    native = []
    for text in ("insert into items values (10, 'ten')", "select nothing from items", "select 1 +"):
        try:
            conn.execute(text)
        except psycopg.Error as error:
            diag = error.diag
            native.append([type(error).__name__, str(error), diag.severity, diag.message_detail, diag.message_hint, diag.statement_position, diag.constraint_name, diag.table_name])
    result = {
        "syntax": state_of(conn, "selekt 1"), "unique": state_of(conn, "insert into items values (10, 'ten')"),
        "check": state_of(conn, "insert into items values (11, 'x', -1)"), "notNull": state_of(conn, "insert into items values (11, null)"),
        "table": state_of(conn, "select * from no_such_table"), "division": state_of(conn, "select 1 / 0"),
        "invalid": state_of(conn, "select %t::text::int", ["x"]), "after": after(conn), "native": native,
    }
    conn.execute("delete from items where id = 10")
    return result


def copy(conn):
    conn.execute("delete from bulk where id > 0")
    with conn.cursor() as cursor:
        with cursor.copy("copy bulk from stdin") as into:
            for piece in lines.copied_lines():
                into.write(piece)
        count, total = conn.execute("select count(*), sum(id) from bulk").fetchone()
        digest = lines.sha256()
        with cursor.copy("copy (select id, label from bulk order by id) to stdout") as out:
            for piece in out:
                digest.update(piece)
        with cursor.copy("copy (select id, label from bulk where id < 100 order by id) to stdout (format binary)") as out:
            out.set_types(["int4", "text"])
            native = [list(row) for row in out.rows()]
    conn.execute("delete from bulk where id > 0")
    return {"count": count, "sum": int(total), "out": digest.hexdigest(), "native": native}


def copy_failed(conn):
    with conn.cursor() as cursor:
        try:
            with cursor.copy("copy bulk from stdin") as into:
                into.write(b"1\tone\nx\ttwo\n")
            bad = "none"
        except psycopg.Error as error:
            bad = error.sqlstate
        try:
            with cursor.copy("copy bulk from stdin") as into:
                into.write(b"1\tone\n")
                raise KeyError("given up")
        except KeyError:
            given_up = after(conn)
    return {"bad": bad, "after": after(conn), "native": [given_up, one(conn, "select count(*) from bulk")]}


def cancel(conn):
    def when_it_runs():
        with connect() as watching:
            while not one(watching, lines.SLOW_RUNS):
                sleep(0.02)
        conn.cancel_safe(timeout=20)

    thread = Thread(target=when_it_runs)
    thread.start()
    state = state_of(conn, lines.SLOW)
    thread.join()
    return {"state": state, "after": after(conn)}


def notify(conn):
    with connect() as listener:
        listener.execute("listen news")
        conn.execute("select pg_notify('news', 'hello \u00fc')")
        for note in listener.notifies(timeout=20, stop_after=1):
            return {"payload": note.payload}


def cursor(conn):
    rows = total = 0
    with conn.transaction(), conn.cursor(name="portions") as named:
        named.itersize = 700
        named.execute("select g from generate_series(1, %s) g", [10_000])
        for (value,) in named:
            rows += 1
            total += value
    return {"rows": rows, "sum": total}


def pipeline(conn):
    with conn.pipeline():
        cursors = [conn.execute("insert into items values (%s, %s)", [1000 + n, "piped"]) for n in range(500)]
    inserted = sum(each.rowcount for each in cursors)
    state = None
    native = []
    try:
        with conn.pipeline():
            first = conn.execute("select 1")
            conn.execute("select %s::int / 0", [1])
            conn.execute("select 3")
    except psycopg.Error as error:
        state = error.sqlstate
    native.append(first.fetchall())
    with conn.pipeline() as piped:
        early = conn.execute("select 4")
        piped.sync()
        native.append(early.fetchall())
        native.append(conn.execute("select 5").fetchall())
    with conn.cursor() as many:
        many.executemany("insert into items values (%s, %s) returning id", [(2000 + n, "many") for n in range(20)], returning=True)
        native.append(many.fetchone())
    result = {"inserted": inserted, "state": state, "after": after(conn), "native": native}
    conn.execute("delete from items where id >= 1000")
    return result


def large(conn):
    rows = conn.execute("select g, repeat(g::text, 5) from generate_series(1, 100000) g").fetchall()
    return {"rows": len(rows), "sum": sum(row[0] for row in rows), "wide": len(one(conn, "select repeat(%s, 2500000)", ["ab"]))}


def encrypted(conn):
    return {"encrypted": conn.pgconn.ssl_in_use}


EQUAL = {
    "connect": connected, "unprepared": unprepared, "values": values, "prepared": prepared, "transactions": transactions, "errors": errors, "copy": copy, "copy-failed": copy_failed,
    "cancel": cancel, "notify": notify, "cursor": cursor, "pipeline": pipeline, "large": large, "edges": edges, "encrypted": encrypted,
}

with connect() as connection:
    for name, run in {"equal": EQUAL, "held": HELD}[sys.argv[1]].items():
        try:
            lines.say(name, run(connection))
        except Exception:
            lines.say_failed(name)
