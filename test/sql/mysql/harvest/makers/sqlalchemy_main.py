import datetime
import os
import warnings

import pandas
import pymysql
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.autogenerate import compare_metadata
from sqlalchemy import func, select
from sqlalchemy.dialects.mysql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, selectinload

warnings.simplefilter("ignore")
env = os.environ
scheme = "mariadb" if env["DB_FLAVOUR"] == "mariadb" else "mysql"
engine = sa.create_engine(f"{scheme}+pymysql://{env['DB_USER']}:{env['DB_PASSWORD']}@{env['DB_HOST']}:{env['DB_PORT']}/{env['DB_NAME']}?charset=utf8mb4", pool_pre_ping=True)


class Base(DeclarativeBase):
    pass


tagged = sa.Table("tagged", Base.metadata, sa.Column("book", sa.ForeignKey("books.id"), primary_key=True), sa.Column("tag", sa.ForeignKey("tags.id"), primary_key=True))


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(40))


class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    born: Mapped[datetime.date | None]
    meta: Mapped[dict | None] = mapped_column(sa.JSON)
    books: Mapped[list["Book"]] = relationship(back_populates="author", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(200), index=True)
    price: Mapped[float | None] = mapped_column(sa.Numeric(10, 2))
    cover: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    kind: Mapped[str | None] = mapped_column(sa.Enum("novel", "poem"))
    made: Mapped[datetime.datetime] = mapped_column(server_default=func.now())
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")
    tags: Mapped[list[Tag]] = relationship(secondary=tagged)


Base.metadata.create_all(engine)
with engine.connect() as conn:
    compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True}), Base.metadata)
inspector = sa.inspect(engine)
inspector.get_schema_names(), inspector.get_table_names(), inspector.get_view_names()
for table in ("books", "authors"):
    inspector.get_columns(table), inspector.get_indexes(table), inspector.get_foreign_keys(table), inspector.get_unique_constraints(table), inspector.get_check_constraints(table), inspector.get_table_comment(table), inspector.get_table_options(table)
sa.MetaData().reflect(engine, views=True)

with Session(engine) as session:
    ann = Author(name="Ann O'Hara", born=datetime.date(1970, 1, 2), meta={"a": [1, None]})
    session.add_all([ann, Author(name="Bob"), Author(name='Cy "C" \\ D %')])
    ann.books.append(Book(title="One", price=9.5, cover=b"\0\xff'", kind="novel", tags=[Tag(label="new")]))
    ann.books.extend([Book(title="Two"), Book(title="Three%", price=3)])
    session.commit()
    session.execute(insert(Author).values(name="Bob").on_duplicate_key_update(name=sa.literal_column("VALUES(name)")))
    session.execute(insert(Author).values(name="Bob").prefix_with("IGNORE"))
    session.get(Author, 1)
    session.scalars(select(Author).options(selectinload(Author.books).selectinload(Book.tags)).where(Author.name.like("A%")).order_by(Author.name.desc()).limit(5).offset(0)).all()
    session.scalars(select(Book).options(joinedload(Book.author)).where(sa.or_(Book.price.between(1, 10), Book.id.in_([1, 2]), Book.cover.is_(None)), ~Book.title.regexp_match("^x"))).unique().all()
    session.execute(select(Book.author_id, func.count().label("n"), func.sum(Book.price)).group_by(Book.author_id).having(func.count() > 1)).all()
    session.execute(select(Book.title, func.row_number().over(partition_by=Book.author_id, order_by=Book.id), sa.case((Book.price > 5, "dear"), else_="cheap"), sa.cast(Book.price, sa.Integer))).all()
    cheap = select(Book).where(Book.price < 5).cte("cheap")
    session.execute(select(cheap.c.title).union_all(select(Author.name))).all()
    numbers = select(sa.literal(1).label("n")).cte("numbers", recursive=True)
    session.execute(select(numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 5)))).all()
    session.execute(select(Author).where(sa.exists().where(Book.author_id == Author.id), Author.meta["a"].is_not(None))).all()
    session.execute(select(func.json_extract(Author.meta, "$.a"), func.group_concat(Author.name), func.date_format(Author.born, "%Y-%m")).group_by(Author.meta, Author.born)).all()
    session.scalars(select(Book).where(Book.id == 1).with_for_update(skip_locked=True)).all()
    session.scalars(select(Book).where(Book.id == 1).with_for_update(read=True)).all()
    session.execute(sa.update(Book).where(Book.author_id == 1).values(price=Book.price * 2))
    with session.begin_nested():
        session.add(Tag(label="in"))
    session.commit()
    session.add(Tag(label="out"))
    session.flush()
    session.rollback()
    session.execute(sa.text("SELECT :a + :b, NOW(6), @@session.tx_isolation" if scheme == "mariadb" else "SELECT :a + :b, NOW(6), @@session.transaction_isolation"), {"a": 1, "b": 2}).all()
    session.execute(sa.delete(Tag).where(Tag.label == "in"))
    session.delete(session.get(Author, 2))
    session.commit()
with engine.connect().execution_options(isolation_level="SERIALIZABLE") as conn:
    conn.execute(select(Book.title)).all()
with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
    conn.execute(select(Book.title)).all()
with engine.connect().execution_options(stream_results=True) as conn:
    conn.execute(select(Book)).fetchmany(1)
with engine.begin() as conn:
    pandas.DataFrame({"n": [1, 2], "label": ["a", "b"]}).to_sql("frame", conn, if_exists="replace", index=False)
    pandas.read_sql("SELECT * FROM frame", conn)
    pandas.read_sql_table("frame", conn)
Base.metadata.drop_all(engine)
print(f"SQLAlchemy {sa.__version__}, pandas {pandas.__version__}, PyMySQL {pymysql.__version__}")
