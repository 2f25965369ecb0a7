import asyncio
import io

import asyncpg

import lines
from asyncpg_lines import after, connect, error_of, state_of


def insert(conn, marker, number, into="held"):
    return conn.fetchval(f"insert into {into} (id) values ($1) returning id /* {marker} */", number)


def noticed(conn):
    """Done as soon as the driver has read a notice."""
    future = asyncio.get_running_loop().create_future()
    conn.add_log_listener(lambda _conn, _notice: future.done() or future.set_result(True))
    return future


async def kept(conn, label):
    return await conn.fetchval("select count(*) from items where label = $1", label)


async def approved(conn):
    notice = noticed(conn)
    return {"returned": await insert(conn, "approved", 1), "noticed": notice.done()}


async def denied(conn):
    error = await error_of(insert(conn, "denied", 1))
    return {"state": error.sqlstate, "reason": lines.REASON in error.message, "detail": lines.detail_code(error.detail), "after": await after(conn)}


async def denied_in_transaction(conn):
    transaction = conn.transaction()
    await transaction.start()
    await conn.execute("insert into items values (2001, 'with denied')")
    state = await state_of(insert(conn, "denied-in-transaction", 1))
    in_failed = await state_of(conn.fetch("select 1"))
    await transaction.rollback()
    return {"state": state, "inFailed": in_failed, "after": await after(conn), "kept": await kept(conn, "with denied")}


async def approved_in_transaction(conn):
    async with conn.transaction():
        await conn.execute("insert into items values (2002, 'with approved')")
        returned = await insert(conn, "approved-in-transaction", 2)
    result = {"returned": returned, "kept": await kept(conn, "with approved")}
    await conn.execute("delete from items where id = 2002")
    return result


async def expired(conn):
    error = await error_of(insert(conn, "expired", 1, "hasty"))
    return {"state": error.sqlstate, "detail": lines.detail_code(error.detail), "after": await after(conn)}


async def cancelled(conn):
    notice = noticed(conn)
    running = asyncio.create_task(insert(conn, "cancelled", 1))
    await asyncio.wait_for(notice, 20)
    running.cancel()
    try:
        await running
        state = "none"
    except asyncio.CancelledError:
        # The driver keeps the server's answer to itself and waits for it before the connection's next use.
        state = "57014"
    return {"state": state, "after": await after(conn)}


async def prepared(conn):
    statement = await conn.prepare("insert into held (id) values ($1) returning id /* prepared */")
    results = []
    for number in (1, 2, 3):
        try:
            results.append(await statement.fetchval(number))
        except asyncpg.PostgresError as error:
            results.append(error.sqlstate)
    return {"results": results, "after": await after(conn)}


async def pipelined(conn):
    rows = [(1,), (2,), (3,)]
    before = await conn.fetchval("select count(*) from held")
    await conn.executemany("insert into held (id) values ($1) /* pipelined */", rows)
    granted = await conn.fetchval("select count(*) from held") - before
    state = await state_of(conn.executemany("insert into held (id) values ($1) /* pipelined */", rows))
    return {"approved": granted, "state": state, "after": await after(conn), "inserted": await conn.fetchval("select count(*) from held") - before}


async def forbidden(conn):
    error = await error_of(insert(conn, "forbidden", 1, "forbidden"))
    return {"state": error.sqlstate, "detail": lines.detail_code(error.detail), "after": await after(conn)}


async def copied_in(conn):
    # The driver's own methods write the COPY themselves: there is no place for a comment but the table's name.
    copy = lambda: conn._copy_in("copy held from stdin /* copied-in */", io.BytesIO(b"41\tone\n42\ttwo\n"), 20)
    await copy()
    copied = await conn.fetchval("select count(*) from held where id in (41, 42)")
    state = await state_of(copy())
    await conn.execute("delete from held where id in (41, 42)")
    return {"copied": copied, "state": state, "after": await after(conn)}


async def copied_out(conn):
    async def copy():
        out = io.BytesIO()
        await conn.copy_from_query("select id from vault /* copied-out */", output=out)
        return len(out.getvalue())

    return {"bytes": await copy(), "state": await state_of(copy()), "after": await after(conn)}


async def portions(conn):
    rows = total = 0
    async with conn.transaction():
        async for (value,) in conn.cursor("select id from vault order by id /* portions */", prefetch=700):
            rows += 1
            total += value
    return {"rows": rows, "sum": total}


async def disconnected(_conn):
    leaving = await connect()
    notice = noticed(leaving)
    lost = asyncio.create_task(insert(leaving, "disconnected", 1))
    await asyncio.wait_for(notice, 20)
    leaving.terminate()
    try:
        await lost
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as error:
        return {"lost": type(error).__name__}
    return {}


HELD = {
    "approved": approved, "denied": denied, "denied-in-transaction": denied_in_transaction, "approved-in-transaction": approved_in_transaction,
    "expired": expired, "cancelled": cancelled, "prepared": prepared, "pipelined": pipelined, "forbidden": forbidden,
    "copied-in": copied_in, "copied-out": copied_out, "portions": portions, "disconnected": disconnected,
}
