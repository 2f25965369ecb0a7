import threading
import time

from pymysql.cursors import SSCursor

from shop import SHOWN, SLOW, SLOW_RUNS, UNICODE, after, connect, errno, error_of, one, rows, run

PARAMETERS = [
    None, -128, 2147483647, -9223372036854775808, 18446744073709551615, "12345678901234567890.123456789", 0.1, UNICODE, "", b"\0\xff\x5c\x27",
    "2024-02-29 12:34:56.789", "1999-12-31", "12:34:56.789", '{"a": [1, null], "\u00fc": "\U0001f418"}', 165,
]
NAMES = ["nothing", "tiny", "whole", "big", "ubig", "exact_", "approx", "txt", "blank", "bytes", "at", "day", "clock", "doc", "bits"]


def connected(conn):
    conn.ping(reconnect=False)
    native = [conn.get_server_info(), rows(conn, "select @@sql_mode, @@session.time_zone, @@autocommit")]
    return {"one": after(conn), "charset": one(conn, "select @@character_set_client"), "native": native}


def unprepared(conn):
    with conn.cursor() as cursor:
        cursor.execute("select 1 as v; select 'two' as v; select 3 as v")
        several = [str(cursor.fetchone()[0])]
        while cursor.nextset():
            several.append(str(cursor.fetchone()[0]))
    return {"answer": one(conn, "select 42"), "several": several}


def values(conn):
    run(conn, "delete from typed where id > 0")
    run(conn, f"insert into typed values ({', '.join(['%s'] * 16)})", [2, *PARAMETERS])
    shown = dict(zip(NAMES, rows(conn, SHOWN, [2])[0]))
    native = repr(rows(conn, "select * from typed where id = %s", [2]))
    run(conn, "delete from typed where id = 2")
    return {"interpolated": shown, "native": native}


def prepared(conn):
    """As it has no prepared statements of its own: those of SQL."""
    run(conn, "prepare reused from 'select ? + 0'")
    total = 0
    for number in range(1, 201):
        run(conn, "set @v = %s", [number])
        total += one(conn, "execute reused using @v")
    run(conn, "deallocate prepare reused")
    return {"sum": int(total)}


def transactions(conn):
    count = lambda number: one(conn, "select count(*) from items where id = %s", [number])
    conn.begin()
    run(conn, "insert into items values (1, 'committed', null)")
    conn.commit()
    conn.autocommit(False)
    run(conn, "insert into items values (2, 'rolled back', null)")
    conn.rollback()
    conn.autocommit(True)
    conn.begin()
    run(conn, "insert into items values (3, 'before', null)")
    run(conn, "savepoint s")
    failed = errno(lambda: run(conn, "insert into items values (3, 'again', null)"))
    run(conn, "rollback to s")
    conn.commit()
    result = {"committed": count(1), "rolledBack": count(2), "savepoint": count(3), "errno": failed, "after": after(conn)}
    run(conn, "delete from items where id between 1 and 3")
    return result


def errors(conn):
    run(conn, "insert into items values (10, 'ten', null)")
    native = []
    for text in ("insert into items values (10, 'ten', null)", "select nothing from items", "select 1 +"):
        error = error_of(lambda: run(conn, text))
        native.append([type(error).__name__, error.args])
    result = {
        "syntax": errno(lambda: run(conn, "selekt 1")), "unique": errno(lambda: run(conn, "insert into items values (%s, %s, null)", [10, "ten"])),
        "notNull": errno(lambda: run(conn, "insert into items values (11, null, null)")), "table": errno(lambda: run(conn, "select * from no_such_table")),
        "check": errno(lambda: run(conn, "insert into items values (11, 'x', -1)")), "range": errno(lambda: run(conn, "insert into items values (%s, 'x', 1)", [99999999999])),
        "after": after(conn), "native": native,
    }
    run(conn, "delete from items where id = 10")
    return result


def multi(conn):
    with conn.cursor() as cursor:
        inserted = cursor.execute("insert into items values (20, 'multi', null); delete from items where id = 20")
        cursor.nextset()

        def failing():
            cursor.execute("select 1; select * from no_such_table; select 3")
            while cursor.nextset():
                pass

        failed = errno(failing)
    return {"inserted": inserted, "errno": failed, "after": after(conn)}


def settings(conn):
    run(conn, "set @x = 5")
    kept = one(conn, "select @x")
    run(conn, "select cast('abc' as signed)")
    warning = conn.show_warnings()[0][1]
    conn.select_db("information_schema")
    native = [one(conn, "select database()")]
    conn.select_db(conn.db.decode() if isinstance(conn.db, bytes) else conn.db)
    conn.set_character_set("utf8mb4", "utf8mb4_bin")
    native.append(one(conn, "select @@collation_connection"))
    return {"kept": kept, "warning": warning, "native": native}


def cancel(conn):
    other = connect()
    state = {}
    running = threading.Thread(target=lambda: state.update(errno=errno(lambda: run(conn, SLOW))))
    running.start()
    while not one(other, SLOW_RUNS):
        time.sleep(0.02)
    run(other, f"kill query {conn.thread_id()}")
    running.join()
    other.close()
    return {"errno": state["errno"], "after": after(conn)}


def streamed(conn):
    count = total = 0
    with conn.cursor(SSCursor) as cursor:
        cursor.execute("select (a.id - 1) * 5 + b.id as id from numbers a join numbers b on b.id <= 5")
        for (number,) in cursor:
            count += 1
            total += number
    return {"rows": count, "sum": int(total)}


def bulk(conn):
    values = [(1000 + number, "in bulk", 1.5) for number in range(500)]
    with conn.cursor() as cursor:
        inserted = cursor.executemany("insert into items values (%s, %s, %s)", values)
        failed = errno(lambda: cursor.executemany("insert into items values (%s, %s, %s)", values[:2]))
    run(conn, "delete from items where id >= 1000")
    return {"inserted": inserted, "errno": failed, "after": after(conn)}


def large(conn):
    found = rows(conn, "select (a.id - 1) * 50 + b.id as id, repeat(b.id, 5) as label from numbers a join numbers b on b.id <= 50")
    return {"rows": len(found), "sum": int(sum(row[0] for row in found)), "wide": len(one(conn, "select repeat('ab', 9000000)"))}


def encrypted(conn):
    return {"encrypted": conn._secure}


EQUAL = {
    "connect": connected, "unprepared": unprepared, "values": values, "prepared": prepared, "transactions": transactions, "errors": errors, "multi": multi,
    "settings": settings, "cancel": cancel, "streamed": streamed, "bulk": bulk, "large": large, "encrypted": encrypted,
}
