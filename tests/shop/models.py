"""The local model of a kind of record that only tests have."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models, transaction
from django.utils import timezone

from accounts.models import Firm, User
from accounts.models.clients import NameKey
from accounts.signals import rows_archived, rows_changed
from accounts.tenancy import FirmManager


class Product(models.Model):
    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, db_constraint=False, db_index=False)
    name = models.CharField(max_length=100)
    sku = models.CharField(max_length=100, blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    is_linked = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)
    name_key = models.GeneratedField(
        expression=NameKey("name"),
        output_field=models.TextField(db_collation="pg_c_utf8"),
        db_persist=True,
    )

    objects = FirmManager["Product"]()

    def __str__(self) -> str:
        return self.name


@transaction.atomic
def save_product(product: Product, *, by: User, fields: Collection[str]) -> None:
    """Store what a person changed, and announce it as every app does."""
    product.updated_at = timezone.now()
    product.save(update_fields=[*fields, "updated_at"])
    rows_changed.send(Product, ids=[product.pk], changed=set(fields), by=by)


@transaction.atomic
def archive_product(product: Product, *, by: User) -> None:
    Product.objects.filter(pk=product.pk).update(archived_at=timezone.now())
    rows_archived.send(Product, ids=[product.pk], by=by)
