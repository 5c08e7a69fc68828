"""A long list gives the same rows whichever end they are read from."""

from __future__ import annotations

import pytest
from django.core.paginator import Paginator
from django.db.models import F
from django.db.models.expressions import Combinable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Client, Firm
from accounts.models.clients import SortKey
from accounts.paging import LongList
from accounts.services import bulk_clients

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids(in_firm: Firm) -> list[int]:
    """Of seven clients by name, two of whom share one."""
    bulk_clients.create_clients(in_firm.pk, [{"name": name} for name in "gfedcba" if name != "b"])
    bulk_clients.create_clients(in_firm.pk, [{"name": "a"}])
    return list(Client.objects.order_by("name_key", "pk").values_list("pk", flat=True))


@pytest.mark.parametrize("total", [None, 7])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 9])
def test_every_page_is_a_cut_of_the_whole(ids: list[int], total: int | None, size: int) -> None:
    found = LongList(Client.objects.all(), ("name_key", "pk"), total=total)
    pages = Paginator(found, size)
    assert [pk for number in pages.page_range for pk in pages.page(number).object_list] == ids


@pytest.mark.parametrize("few", [2_000, 3])
def test_a_search_gives_its_hits_and_their_number(
    ids: list[int], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.paging.FEW", few)
    found = LongList(Client.objects.exclude(name="a"), ("name_key", "pk"), is_searched=True)
    assert (len(found), found[3:5], found[4]) == (5, ids[5:7], ids[6])


def test_it_can_be_walked_without_knowing_its_length(ids: list[int]) -> None:
    assert list(LongList(Client.objects.all(), ("name_key", "pk"))) == ids


@given(
    names=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), max_size=12)
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize(
    "order", [("name_key", "pk"), (F("name_key").desc(), "-pk"), (SortKey("city").desc(), "-pk")]
)
def test_few_hits_stand_in_the_order_postgresql_gives(
    in_firm: Firm, order: tuple[str | Combinable, ...], names: list[str]
) -> None:
    Client.objects.all().delete()
    bulk_clients.create_clients(in_firm.pk, [{"name": name, "city": name[::-1]} for name in names])
    found = LongList(Client.objects.all(), order, is_searched=True)
    assert list(found) == list(Client.objects.order_by(*order).values_list("pk", flat=True))
