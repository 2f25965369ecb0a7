import os

import peewee
import pymysql

env = os.environ
db = peewee.MySQLDatabase(env["DB_NAME"], user=env["DB_USER"], password=env["DB_PASSWORD"], host=env["DB_HOST"], port=int(env["DB_PORT"]))


class Base(peewee.Model):
    class Meta:
        database = db


class Author(Base):
    name = peewee.CharField(max_length=80, unique=True)
    born = peewee.DateField(null=True)


class Book(Base):
    title = peewee.CharField(index=True)
    price = peewee.DecimalField(null=True)
    author = peewee.ForeignKeyField(Author, backref="books")


db.connect()
db.create_tables([Author, Book])
db.get_tables(), db.get_indexes("book"), db.get_columns("book"), db.get_primary_keys("book"), db.get_foreign_keys("book"), db.get_views()
ann = Author.create(name="Ann O'Hara", born="1970-01-02")
Author.insert_many([{"name": "Bob"}, {"name": "Cy"}]).on_conflict_ignore().execute()
Author.insert(name="Bob").on_conflict(preserve=[Author.name]).execute()
Author.replace(name="Dee").execute()
book = Book.create(title="One", price="9.5", author=ann)
list(Book.select(Book, Author).join(Author).where((Book.price > 1) | (Book.title ** "%o%") | Book.price.is_null()).order_by(Book.title.desc()).paginate(1, 5))
list(Author.select(Author, peewee.fn.COUNT(Book.id).alias("n")).join(Book, peewee.JOIN.LEFT_OUTER).group_by(Author).having(peewee.fn.COUNT(Book.id) >= 0))
list(Author.select().where(peewee.fn.EXISTS(Book.select().where(Book.author == Author.id)), Author.id.in_([1, 2])))
Book.select().count(), Book.get_or_none(Book.id == 1), Book.get_or_create(title="Two", author=ann)
Book.update(price=Book.price * 2).where(Book.id == 1).execute()
with db.atomic():
    list(Book.select().where(Book.id == 1).for_update())
    with db.atomic() as inner:
        inner.rollback()
book.delete_instance()
db.drop_tables([Book, Author])
db.close()
print(f"peewee {peewee.__version__}, PyMySQL {pymysql.__version__}")
