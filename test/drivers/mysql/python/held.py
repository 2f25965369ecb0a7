import threading

from pymysql.cursors import SSCursor

from shop import REASON, after, connect, detail_of, errno, error_of, one, run, waits


def insert(conn, marker, into="held"):
    return run(conn, f"insert into {into} (id) values (1) /* {marker} */")


def refused(marker, into="held"):
    def scenario(conn):
        number, message = error_of(lambda: insert(conn, marker, into)).args
        return {"errno": number, "state": "42000", "reason": REASON in message, "detail": detail_of(message), "after": after(conn)}

    return scenario


def approved(conn):
    return {"affected": insert(conn, "approved")}


def kept(conn, number):
    return one(conn, "select count(*) from items where id = %s", [number])


def denied_in_transaction(conn):
    conn.begin()
    run(conn, "insert into items values (3001, 'with denied', null)")
    failed = errno(lambda: insert(conn, "denied-in-transaction"))
    inside = after(conn)
    conn.commit()
    result = {"errno": failed, "inside": inside, "kept": kept(conn, 3001)}
    run(conn, "delete from items where id = 3001")
    return result


def approved_in_transaction(conn):
    conn.begin()
    run(conn, "insert into items values (3002, 'with approved', null)")
    affected = insert(conn, "approved-in-transaction")
    conn.commit()
    result = {"affected": affected, "kept": kept(conn, 3002)}
    run(conn, "delete from items where id = 3002")
    return result


def cancelled(conn):
    other = connect()
    state = {}
    running = threading.Thread(target=lambda: state.update(errno=errno(lambda: insert(conn, "cancelled"))))
    running.start()
    waits("cancelled")
    run(other, f"kill query {conn.thread_id()}")
    running.join()
    other.close()
    return {"errno": state["errno"], "after": after(conn)}


def prepared(conn):
    """As it has no prepared statements of its own: the same text three times."""
    results = []
    for number in (1, 2, 3):
        try:
            results.append(run(conn, "insert into held (id) values (%s) /* prepared */", [number]))
        except Exception as error:
            results.append(error.args[0])
    return {"results": results, "after": after(conn)}


def batch(conn):
    def both():
        with conn.cursor() as cursor:
            cursor.execute("insert into items values (3003, 'in a batch', null); insert into held (id) values (1) /* batch */")
            while cursor.nextset():
                pass

    both()
    ran = kept(conn, 3003)
    run(conn, "delete from items where id = 3003")
    failed = errno(both)
    return {"ran": ran, "kept": kept(conn, 3003), "errno": failed, "after": after(conn)}


def portions(conn):
    count = total = 0
    with conn.cursor(SSCursor) as cursor:
        cursor.execute("select id from vault order by id /* portions */")
        for (number,) in cursor:
            count += 1
            total += number
    return {"rows": count, "sum": total}


def disconnected(_conn):
    leaving = connect()
    lost = {}
    running = threading.Thread(target=lambda: lost.update(error=type(error_of(lambda: insert(leaving, "disconnected"))).__name__), daemon=True)
    running.start()
    waits("disconnected")
    leaving._sock.shutdown(2)
    running.join()
    return {"lost": lost.get("error")}


HELD = {
    "approved": approved, "denied": refused("denied"), "denied-in-transaction": denied_in_transaction, "approved-in-transaction": approved_in_transaction,
    "expired": refused("expired", "hasty"), "cancelled": cancelled, "prepared": prepared, "batch": batch, "forbidden": refused("forbidden", "forbidden"), "portions": portions,
    "disconnected": disconnected,
}
