import os
import ssl

import asyncpg


async def connect():
    """By libpq's environment, but for TLS: what the driver itself makes of sslmode differs between versions."""
    trusted = os.environ.get("PGSSLROOTCERT")
    return await asyncpg.connect(ssl=ssl.create_default_context(cafile=trusted) if trusted else False)


async def after(conn):
    return await conn.fetchval("select 1")


async def error_of(running):
    try:
        await running
    except asyncpg.PostgresError as error:
        return error
    return None


async def state_of(running):
    """The SQLSTATE of the error it ends with; `none` when it doesn't."""
    error = await error_of(running)
    return "none" if error is None else error.sqlstate
