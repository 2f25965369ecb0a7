import psycopg


def connect():
    """By libpq's environment."""
    return psycopg.connect(autocommit=True)


def one(conn, text, parameters=None, prepare=None):
    return conn.execute(text, parameters, prepare=prepare).fetchone()[0]


def after(conn):
    return one(conn, "select 1")


def state_of(conn, text, parameters=None):
    """The SQLSTATE of the error it ends with; `none` when it doesn't."""
    try:
        conn.execute(text, parameters)
    except psycopg.Error as error:
        return error.sqlstate
    return "none"
