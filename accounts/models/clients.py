"""Clients: whom a firm works for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from unicodedata import normalize

from django.db import models
from django.db.models.functions import Concat
from django.utils import timezone

from accounts.models.firms import Firm
from accounts.tenancy import FirmManager


class NameKey(models.Func):
    """The form in which names are sorted and looked up: lower case, single blanks, no accents.

    Two names with one key need not be the same name (José and Jose): where that matters,
    compare ``folded`` too. Under pg_c_utf8, because lower() of the database's own collation
    may know only ASCII; the wheel's PostgreSQL has neither ICU nor unaccent.
    """

    # Most names are plain letters with single blanks, and for those the long way changes nothing:
    # one look saves four fifths of what a name costs to store.
    template = (
        r"CASE WHEN %(expressions)s !~ '  |[^ -~]' THEN lower(btrim(%(expressions)s) COLLATE pg_c_utf8) "
        r"ELSE lower(regexp_replace(regexp_replace(btrim(normalize(%(expressions)s, NFKD)), "
        r"'[\u0300-\u036f]', '', 'g'), '\s+', ' ', 'g') COLLATE pg_c_utf8) END"
    )
    arity = 1
    output_field = models.TextField()

    def as_sql(
        self, compiler: Any, connection: Any, *args: Any, **context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        sql, params = super().as_sql(compiler, connection, *args, **context)
        return sql, tuple(params) * self.template.count("%(expressions)s")


class Folded(models.Func):
    """A name as it is compared: case and runs of blanks aside."""

    template = r"lower(regexp_replace(btrim(%(expressions)s), '\s+', ' ', 'g') COLLATE pg_c_utf8)"
    arity = 1
    output_field = models.TextField()


def searchable(*fields: str) -> NameKey:
    """Return the SQL form of several columns as one text to look for ``search_words`` in."""
    spaced = [part for field in fields for part in (models.F(field), models.Value(" "))]
    return NameKey(Concat(*spaced))


def search_words(text: str) -> list[str]:
    """Return what was typed as words that a searchable text may hold: no case, no accents ("Zoe" finds Zoë)."""
    bare = "".join(char for char in normalize("NFKD", text) if not "\u0300" <= char <= "\u036f")
    return bare.lower().split()


class SortKey(models.Func):
    """The form by which a list is sorted on a column: its beginning, case aside."""

    template = "lower(left(%(expressions)s, 80) COLLATE pg_c_utf8)"
    arity = 1
    output_field = models.TextField()


class Kind(models.TextChoices):
    PERSON = "person", "Person"
    ORGANISATION = "organisation", "Organisation"


DETAILS = (
    *("name", "kind", "company_name", "first_name", "middle_name", "last_name", "email", "phone"),
    *("address", "address_2", "city", "state", "zip", "country", "notes", "is_marketable"),
)
"""What a person may write about a client."""

CONTACT = tuple(name for name in DETAILS if name not in ("kind", "notes", "is_marketable"))
"""What other systems may hold of a client too: its name and how to reach it."""


class ClientQuerySet(models.QuerySet["Client"]):
    def current(self) -> ClientQuerySet:
        return self.filter(archived_at=None)

    def archived(self) -> ClientQuerySet:
        return self.exclude(archived_at=None)

    def named(self, name: str) -> ClientQuerySet:
        """Clients of exactly this name, as names are compared (case and blanks aside)."""
        same = models.Value(name, output_field=models.TextField())
        return self.annotate(folded=Folded("name")).filter(name_key=NameKey(same), folded=Folded(same))

    def tally(self) -> dict[str, int]:
        """Count the current and the archived clients, each from an index."""
        return {"current": self.current().count(), "archived": self.archived().count()}

    def holding(self, field: str) -> ClientQuerySet:
        """Clients that have something in this text field."""
        return self.exclude(**{field: ""})

    def recently_changed(self) -> ClientQuerySet:
        return self.order_by("-updated_at", "-id")

    def suggested(self, text: str, limit: int) -> list[Client]:
        """The clients somebody who types this probably means: names beginning so, then all that hold it."""
        text = " ".join(text.replace("\0", "").split())
        if not text:
            return []
        begin = NameKey(models.Value(text, output_field=models.TextField()))
        # A range, because under row-level security LIKE cannot use the index.
        end = Concat(begin, models.Value("\U0010ffff"), output_field=models.TextField())
        first = list(self.filter(name_key__gte=begin, name_key__lt=end).order_by("name_key", "id")[:limit])
        if len(first) == limit:
            return first
        others = self.matching(text).exclude(pk__in=[client.pk for client in first])
        return first + list(others.order_by("name_key", "id")[: limit - len(first)])

    def of_change(self, moment: datetime) -> ClientQuerySet:
        """Clients whose last change happened at exactly this moment: what one bulk change touched."""
        return self.filter(updated_at=moment)

    def matching(self, text: str) -> ClientQuerySet:
        """Clients whose name, company, e-mail, phone or city holds every word of the text."""
        found = self
        for word in search_words(text):
            found = found.filter(search_text__contains=word)
        return found


class Client(models.Model):
    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.ORGANISATION)
    name = models.CharField(max_length=500, help_text="What the firm calls this client.")
    company_name = models.CharField(max_length=500, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    middle_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    email = models.CharField("e-mail", max_length=254, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=1000, blank=True)
    address_2 = models.CharField(max_length=2100, blank=True)
    city = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=255, blank=True)
    zip = models.CharField("ZIP", max_length=30, blank=True)
    country = models.CharField(max_length=255, blank=True)
    notes = models.TextField(max_length=4000, blank=True)
    is_marketable = models.BooleanField(
        "marketable",
        default=False,
        help_text="Has agreed to receive marketing mail. Imported clients have not.",
    )
    is_linked = models.BooleanField(
        default=False,
        editable=False,
        help_text="Tied to a record in the firm's books. Kept by whoever ties it.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    contact_edited_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When a person last changed its name or how to reach it; unknown of older clients.",
    )
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    name_key = models.GeneratedField(
        expression=NameKey("name"),
        output_field=models.TextField(db_collation="pg_c_utf8"),
        db_persist=True,
    )
    search_text = models.GeneratedField(
        expression=searchable("name", "company_name", "email", "phone", "city"),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = FirmManager.from_queryset(ClientQuerySet)()

    class Meta:
        indexes = [
            models.Index(
                fields=["firm", "name_key", "id"], name="client_by_name", condition=models.Q(archived_at=None)
            ),
            models.Index(
                fields=["firm", "is_linked", "name_key", "id"],
                name="client_by_link",
                condition=models.Q(archived_at=None),
            ),
            models.Index(fields=["firm", "-updated_at", "-id"], name="client_by_change"),
            models.Index(
                fields=["firm", "archived_at", "id"],
                name="client_by_archiving",
                condition=~models.Q(archived_at=None),
            ),
            *(
                # With the whole column included, counts and deep pages read only the index.
                models.Index(
                    "firm",
                    SortKey(field),
                    "id",
                    name=f"client_by_{name}",
                    include=[field],
                    condition=models.Q(archived_at=None),
                )
                for field, name in (("company_name", "company"), ("email", "email"), ("city", "city"))
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    @property
    def address_lines(self) -> list[str]:
        """The address as it stands on an envelope, without empty lines."""
        region = " ".join(part for part in (self.state, self.zip) if part)
        town = ", ".join(part for part in (self.city, region) if part)
        return [line for line in (self.address, self.address_2, town, self.country) if line]
