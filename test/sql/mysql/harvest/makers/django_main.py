import datetime
import os

import django
import pymysql
from django.conf import settings

pymysql.version_info = (2, 2, 7, "final", 0)
pymysql.install_as_MySQLdb()

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django_shop"],
    DATABASES={"default": {"ENGINE": "django.db.backends.mysql", "NAME": os.environ["DB_NAME"], "USER": os.environ["DB_USER"], "PASSWORD": os.environ["DB_PASSWORD"], "HOST": os.environ["DB_HOST"], "PORT": os.environ["DB_PORT"], "OPTIONS": {"charset": "utf8mb4"}}},
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Avg, Case, Count, Exists, F, OuterRef, Prefetch, Q, Subquery, Sum, Value, When, Window
from django.db.models.functions import Concat, ExtractYear, Lower, Now, RowNumber, TruncMonth, Upper
from django_shop.models import Author, Book, Tag

devnull = open(os.devnull, "w")
call_command("migrate", run_syncdb=True, verbosity=0)
call_command("inspectdb", stdout=devnull)
call_command("check", "--database", "default", stdout=devnull, stderr=devnull)
call_command("showmigrations", stdout=devnull)

ann = Author.objects.create(name="Ann O'Hara", born="1970-01-02", meta={"a": [1, None]})
Author.objects.bulk_create([Author(name="Bob"), Author(name='Cy "C" \\ D')], ignore_conflicts=True)
Author.objects.bulk_create([Author(name="Bob", born="1980-01-01")], update_conflicts=True, update_fields=["born"])
Author.objects.get_or_create(name="Dee")
Author.objects.update_or_create(name="Dee", defaults={"born": "1990-01-01"})
book = Book.objects.create(title="One", price="9.50", stock=3, cover=b"\0\xff'", author=ann, took=datetime.timedelta(seconds=3723))
Book.objects.bulk_create([Book(title="Two", author=ann), Book(title="Three%", author=ann)])
tag = Tag.objects.create(label="new")
book.tags.add(tag)
list(book.tags.all())
list(Author.objects.filter(books__price__gt=1).select_related().prefetch_related(Prefetch("books", queryset=Book.objects.prefetch_related("tags"))).distinct().order_by("-name")[:5])
list(Book.objects.select_related("author").filter(Q(title__istartswith="t") | Q(price__range=(1, 5)) | Q(id__in=[1, 2, 3]) | Q(cover__isnull=True), ~Q(title__regex=r"^x"), author__name__icontains="ann")[0:2])
list(Book.objects.values("author").annotate(n=Count("id"), total=Sum("price")).filter(n__gt=1).order_by())
list(Book.objects.annotate(loud=Upper("title"), both=Concat("title", Value(" by "), "author__name"), kind=Case(When(price__gt=5, then=Value("dear")), default=Value("cheap")), row=Window(RowNumber(), partition_by=F("author"), order_by=F("id").asc())))
list(Author.objects.annotate(newest=Subquery(Book.objects.filter(author=OuterRef("pk")).order_by("-id").values("title")[:1]), has=Exists(Book.objects.filter(author=OuterRef("pk")))))
list(Author.objects.filter(meta__a__0=1, meta__has_key="a"))
list(Author.objects.annotate(year=ExtractYear("born"), month=TruncMonth("made")).filter(born__year=1970, made__date="2024-01-01"))
list(Author.objects.filter(name__exact="Bob").union(Author.objects.filter(name="Dee")))
list(Author.objects.raw("SELECT * FROM django_shop_author WHERE id = %s", [1]))
Book.objects.aggregate(Avg("price"), Count("id"))
Book.objects.count(), Book.objects.exists(), Book.objects.first(), Book.objects.last(), Book.objects.in_bulk([1, 2])
Book.objects.filter(author=ann).update(price=F("price") * 2)
book.title = "Uno"
book.save()
book.save(update_fields=["title"])
book.refresh_from_db()
Book.objects.bulk_update([book], ["title", "price"])
Book.objects.dates("made", "month"), list(Book.objects.dates("made", "month"))
print(Book.objects.filter(id=1).explain(), file=devnull)
with transaction.atomic():
    list(Book.objects.select_for_update(skip_locked=True).filter(id=1))
    with transaction.atomic():
        Tag.objects.create(label="in")
try:
    with transaction.atomic():
        Tag.objects.create(label="out")
        raise ValueError
except ValueError:
    pass
User.objects.create_user("u", "u@example.com", "p").user_permissions.all().exists()
with connection.cursor() as cursor:
    cursor.execute("SELECT @@version, %s", ["x"])
    connection.introspection.get_table_list(cursor)
    connection.introspection.get_constraints(cursor, "django_shop_book")
    connection.introspection.get_table_description(cursor, "django_shop_book")
    connection.introspection.get_sequences(cursor, "django_shop_book")
connection.check_constraints()
Tag.objects.filter(label="in").delete()
ann.delete()
call_command("flush", interactive=False, verbosity=0)
call_command("migrate", "auth", "zero", verbosity=0)
print(f"Django {django.get_version()}, PyMySQL {pymysql.__version__}")
