"""Where a proxy that follows the protocol could lose step: errors inside pipelines, several statements in one message, cursors, nothing at all."""

import psycopg

from psycopg_lines import after


def outcome(conn, act):
    """What it gives, and the state that the connection is left in."""
    try:
        result = act()
    except psycopg.Error as error:
        result = [type(error).__name__, error.sqlstate, str(error)]
    return [result, conn.info.transaction_status.name]


def edges(conn):
    acts = [
        lambda: error_between_syncs(conn), lambda: error_between_syncs(conn), lambda: transaction_in_pipeline(conn), lambda: pipeline_in_transaction(conn),
        lambda: [row for row in conn.cursor().stream("select g, %s from generate_series(1, 5000) g", ["x"])][-1], lambda: scrolled(conn),
        lambda: conn.execute("select * from generate_series(1, 3); select 'x'; insert into items values (8300, 'y') returning id").fetchall(),
        lambda: conn.execute("delete from items where id = 8300").statusmessage,
        *[lambda text=text: conn.execute(text).statusmessage for text in ONE_BY_ONE],
    ]
    return {"native": [outcome(conn, act) for act in acts], "after": after(conn)}


ONE_BY_ONE = [
    "", ";", "-- nothing", "begin; select 1; select 1 / 0; commit", "rollback", "begin; savepoint s; select 1", "rollback to s; release s; commit",
    "declare x cursor for select 1", "set default_transaction_read_only = on", "insert into items values (1, 'x')", "reset default_transaction_read_only",
    "commit", "rollback", "deallocate nothing", "close nothing", "set statement_timeout = 50", "select count(*) from generate_series(1, 100000000)",
    "set statement_timeout = 0", "start transaction isolation level serializable read only deferrable; select 1; commit and chain; rollback",
]


def error_between_syncs(conn):
    with conn.pipeline() as piped:
        first = conn.execute("select %s::int", [1], prepare=True).fetchone()
        state = None
        try:
            conn.execute("select 1 / %s::int", [0], prepare=True)
            piped.sync()
            conn.execute("select 2").fetchone()
        except psycopg.Error as error:
            state = error.sqlstate
        return [first, state, conn.execute("select %s::int + 1", [1], prepare=True).fetchone()]


def transaction_in_pipeline(conn):
    with conn.pipeline():
        with conn.transaction():
            for number in range(100):
                conn.execute("insert into items values (%s, %s)", [8000 + number, "p"])
            with conn.transaction(force_rollback=True):
                conn.execute("delete from items where id = 8001")
        count = conn.execute("select count(*) from items where id between 8000 and 8099").fetchone()
    conn.execute("delete from items where id between 8000 and 8099")
    return count


def pipeline_in_transaction(conn):
    with conn.transaction():
        with conn.pipeline():
            conn.execute("insert into items values (8200, 'x')")
            conn.execute("insert into items values (8200, %s)", ["x"])
            conn.execute("select 1")


def scrolled(conn):
    with conn.cursor(name="scrolled", scrollable=True, withhold=True) as named:
        named.execute("select g from generate_series(1, 100) g")
        first = named.fetchmany(10)[-1]
        named.scroll(20)
        return [first, named.fetchone()]
