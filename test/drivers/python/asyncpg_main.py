"""asyncpg: run with `equal` or `held`."""

import asyncio
import io
import json
import sys

import asyncpg

import lines
from asyncpg_held import HELD
from asyncpg_lines import after, connect, error_of, state_of


async def connected(conn):
    settings = conn.get_settings()
    await conn.reset()  # what its pool does between two users of a connection
    native = [list(conn.get_server_version()), settings.TimeZone, settings.standard_conforming_strings]
    return {"one": await after(conn), "encoding": await conn.fetchval("show client_encoding"), "native": native}


async def unprepared(conn):
    return {"answer": await conn.fetchval("select 42"), "native": await conn.execute("select 1 as a; select 'two' as b; select 3 as c where false")}


async def values(conn):
    """All in binary format. The driver asks the catalog about types that it doesn't know."""
    shown, native = {}, []
    for name, kind, value in [*lines.VALUES, ("jsonb", "jsonb", json.dumps(lines.JSON_VALUE))]:
        row = await conn.fetchrow(f"select $1::{kind}, ($1::{kind})::text", value)
        shown[name] = row[1]
        native.append(repr(row[0]))
    native.append(repr(await conn.fetch("select r, 'x'::char, '1 day'::interval, '10.0.0.0/8'::cidr, '[1,5)'::int4range, row(1, 'a')::bulk from (values (1)) r")))
    await conn.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
    native.append(await conn.fetchval("select $1::jsonb", lines.JSON_VALUE))
    return {"shown": shown, "native": native}


async def prepared(conn):
    total = 0
    for number in range(1, 201):
        total += await conn.fetchval("select $1::int4 + 0 /* reused */", number)
    statement = await conn.prepare("select $1::int + $2::int /* by hand */")
    native = [await statement.fetchval(number, 1) for number in range(50)] + [str(statement.get_parameters()), str(statement.get_attributes())]
    return {"sum": total, "kept": await conn.fetchval(lines.KEPT), "native": native}


async def transactions(conn):
    async with conn.transaction():
        await conn.execute("insert into items values (1, 'committed')")
    rolled_back = conn.transaction(isolation="serializable")
    await rolled_back.start()
    await conn.execute("insert into items values (2, 'rolled back')")
    await rolled_back.rollback()
    async with conn.transaction():
        await conn.execute("insert into items values (3, 'before')")
        savepoint = conn.transaction()
        await savepoint.start()
        state = await state_of(conn.execute("insert into items values (3, 'again')"))
        await savepoint.rollback()
    failing = conn.transaction()
    await failing.start()
    await state_of(conn.fetch("select 1 / 0"))
    in_failed = await state_of(conn.fetch("select 1"))
    await failing.rollback()
    count = lambda number: conn.fetchval("select count(*) from items where id = $1", number)
    result = {"committed": await count(1), "rolledBack": await count(2), "savepoint": await count(3), "state": state, "inFailed": in_failed, "after": await after(conn)}
    await conn.execute("delete from items where id between 1 and 3")
    return result


async def errors(conn):
    await conn.execute("insert into items values (10, 'ten')")
    native = []
    for text in ("insert into items values (10, 'ten')", "select nothing from items", "select 1 +"):
        error = await error_of(conn.fetch(text))
        native.append([type(error).__name__, error.as_dict()])
    result = {
        "syntax": await state_of(conn.fetch("selekt 1")), "unique": await state_of(conn.execute("insert into items values ($1, $2)", 10, "ten")),
        "check": await state_of(conn.execute("insert into items values (11, 'x', -1)")), "notNull": await state_of(conn.execute("insert into items values (11, null)")),
        "table": await state_of(conn.fetch("select * from no_such_table")), "division": await state_of(conn.fetch("select 1 / 0")),
        "invalid": await state_of(conn.fetch("select $1::text::int", "x")), "after": await after(conn), "native": native,
    }
    await conn.execute("delete from items where id = 10")
    return result


async def copy(conn):
    await conn.execute("delete from bulk where id > 0")

    async def pieces():
        for piece in lines.copied_lines():
            yield piece

    await conn.copy_to_table("bulk", source=pieces())
    count, total = await conn.fetchrow("select count(*), sum(id) from bulk")
    digest = lines.sha256()

    async def consume(piece):
        digest.update(piece)

    await conn.copy_from_query("select id, label from bulk order by id", output=consume)
    # In binary format, records as Python has them.
    native = [await conn.copy_records_to_table("bulk", records=[(-n, f"record {n}") for n in range(1, 5001)]), await conn.fetchval("select sum(id)::int from bulk where id < 0")]
    await conn.execute("delete from bulk where id <> 0")
    return {"count": count, "sum": total, "out": digest.hexdigest(), "native": native}


async def copy_failed(conn):
    bad = await state_of(conn.copy_to_table("bulk", source=io.BytesIO(b"1\tone\nx\ttwo\n")))
    return {"bad": bad, "after": await after(conn)}


async def cancel(conn):
    # A simple query: a cancel that falls between a Parse and its Execute is forgotten by the server.
    running = asyncio.create_task(conn.execute(lines.SLOW))
    async with other() as watching:
        while not await watching.fetchval(lines.SLOW_RUNS):
            await asyncio.sleep(0.02)
    running.cancel()
    try:
        await running
        state = "none"
    except asyncio.CancelledError:
        # The driver keeps the server's answer to itself and waits for it before the connection's next use.
        state = "57014"
    return {"state": state, "after": await after(conn)}


class other:
    async def __aenter__(self):
        self.conn = await connect()
        return self.conn

    async def __aexit__(self, *_error):
        await self.conn.close()


async def notify(conn):
    heard = asyncio.get_running_loop().create_future()
    async with other() as listener:
        await listener.add_listener("news", lambda _conn, _pid, _channel, payload: heard.set_result(payload))
        await conn.execute("notify news, 'hello \u00fc'")
        return {"payload": await asyncio.wait_for(heard, 20)}


async def cursor(conn):
    rows = total = 0
    async with conn.transaction():
        async for (value,) in conn.cursor("select g from generate_series(1, $1::int) g", 10_000, prefetch=700):
            rows += 1
            total += value
    return {"rows": rows, "sum": total}


async def pipeline(conn):
    """executemany sends all rows before the first reply."""
    await conn.executemany("insert into items values ($1, $2)", [(1000 + n, "piped") for n in range(500)])
    inserted = await conn.fetchval("select count(*) from items where id >= 1000")
    state = await state_of(conn.executemany("select 1 / $1::int", [(1,), (0,), (2,)]))
    native = await state_of(conn.executemany("insert into items values ($1, $2)", [(3000, "new"), (1000, "taken")]))
    result = {"inserted": inserted, "state": state, "after": await after(conn), "native": [native, await conn.fetchval("select count(*) from items where id = 3000")]}
    await conn.execute("delete from items where id >= 1000")
    return result


async def large(conn):
    rows = await conn.fetch("select g, repeat(g::text, 5) from generate_series(1, 100000) g")
    return {"rows": len(rows), "sum": sum(row[0] for row in rows), "wide": len(await conn.fetchval("select repeat($1, 2500000)", "ab"))}


async def encrypted(conn):
    return {"encrypted": conn._transport.get_extra_info("sslcontext") is not None}


EQUAL = {
    "connect": connected, "unprepared": unprepared, "values": values, "prepared": prepared, "transactions": transactions, "errors": errors, "copy": copy, "copy-failed": copy_failed,
    "cancel": cancel, "notify": notify, "cursor": cursor, "pipeline": pipeline, "large": large, "encrypted": encrypted,
}


async def main():
    conn = await connect()
    for name, run in {"equal": EQUAL, "held": HELD}[sys.argv[1]].items():
        try:
            lines.say(name, await run(conn))
        except Exception:
            lines.say_failed(name)
    await conn.close()


asyncio.run(main())
