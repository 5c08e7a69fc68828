"""A firm's rows are reached by that firm only, whichever wall is tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery import shared_task
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from accounts.firm_task import FirmTask
from accounts.models import Client, Firm, Invitation, Membership
from accounts.tenancy import NoFirmChosen, across_firms, chosen_firm_id, working_for
from tests.accounts.clients import a_client
from tests.cast import Cast

OURS = ("accounts", "invoices", "mapping", "integrations")


def firm_owned() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in OURS and any(field.name == "firm" for field in model._meta.fields)
    ]


def firm_of(model: type[models.Model]) -> bool:
    return model in firm_owned()


@pytest.fixture
def theirs(cast: Cast) -> Client:
    return a_client(cast.other_firm, "Theirs")


@pytest.fixture
def ours(cast: Cast) -> Client:
    return a_client(cast.firm, "Ours")


class TestTheFirstWall:
    def test_a_query_outside_any_firm_is_an_error(self, db: None) -> None:
        with pytest.raises(NoFirmChosen):
            Client.objects.count()

    def test_a_query_sees_the_chosen_firms_rows(self, cast: Cast, ours: Client, theirs: Client) -> None:
        with working_for(cast.firm.pk):
            assert list(Client.objects.all()) == [ours]

    def test_a_queryset_built_early_asks_for_the_firm_when_it_runs(
        self, cast: Cast, ours: Client, theirs: Client
    ) -> None:
        everybody = Client.objects.all()
        with working_for(cast.other_firm.pk):
            assert list(everybody.all()) == [theirs]

    def test_scopes_nest_and_end(self, cast: Cast, ours: Client, theirs: Client) -> None:
        with across_firms(reason="a test"):
            assert Client.objects.count() == 2
            with working_for(cast.firm.pk):
                assert Client.objects.count() == 1
            assert Client.objects.count() == 2
        with pytest.raises(NoFirmChosen):
            Client.objects.count()


class TestTheSecondWall:
    """With the managers' filter out of the way, as a forgotten filter or raw SQL would have it."""

    @pytest.fixture(autouse=True)
    def _at_our_firm(self, cast: Cast, ours: Client, theirs: Client) -> Iterator[None]:
        with working_for(cast.firm.pk):
            yield

    def test_the_role_cannot_climb_it(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            assert cursor.fetchone() == (False,)

    def test_unfiltered_reads_see_no_other_firm(self, ours: Client) -> None:
        assert list(Client._base_manager.all()) == [ours]

    def test_raw_reads_see_no_other_firm(self, ours: Client) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM accounts_client")
            assert cursor.fetchall() == [(ours.pk,)]

    def test_raw_reads_outside_any_firm_see_nothing(self, cast: Cast) -> None:
        with working_for(0), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounts_client")
            assert cursor.fetchone() == (0,)

    def test_another_firms_rows_cannot_be_changed(self, theirs: Client) -> None:
        assert Client._base_manager.filter(pk=theirs.pk).update(name="Stolen") == 0
        assert Client._base_manager.filter(pk=theirs.pk).delete()[0] == 0
        with across_firms(reason="a test"):
            assert Client.objects.get(pk=theirs.pk).name == "Theirs"

    def test_nothing_can_be_written_for_another_firm(self, cast: Cast, ours: Client) -> None:
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Client._base_manager.create(firm=cast.other_firm, name="Planted")
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Client._base_manager.filter(pk=ours.pk).update(firm=cast.other_firm)

    def test_members_and_invitations_are_behind_it_too(self, cast: Cast) -> None:
        assert {each.firm_id for each in Membership._base_manager.all()} == {cast.firm.pk}
        assert not Invitation._base_manager.exclude(firm=cast.firm).exists()


class TestEveryTable:
    """A new table that belongs to firms must stand behind both walls; its migration says how."""

    @pytest.fixture(params=firm_owned(), ids=lambda model: model._meta.label)
    def model(self, request: pytest.FixtureRequest) -> type[models.Model]:
        model: type[models.Model] = request.param
        return model

    def test_it_has_a_policy_that_holds_for_its_owner(self, db: None, model: type[models.Model]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT relrowsecurity, relforcerowsecurity,
                       (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid AND polcmd = '*'
                        AND pg_get_expr(polqual, polrelid) LIKE '%%qbo_sync.firm%%'
                        AND pg_get_expr(polwithcheck, polrelid) LIKE '%%qbo_sync.firm%%')
                FROM pg_class c WHERE relname = %s
                """,
                [model._meta.db_table],
            )
            assert cursor.fetchone() == (True, True, 1), "isolate_by_firm() is missing in a migration"

    def test_its_default_manager_asks_for_the_firm(self, db: None, model: type[models.Model]) -> None:
        with pytest.raises(NoFirmChosen):
            model._default_manager.count()

    def test_its_references_to_other_firm_owned_tables_contain_the_firm(
        self, db: None, model: type[models.Model]
    ) -> None:
        references = {
            field.column
            for field in model._meta.fields
            if isinstance(field, models.ForeignKey) and firm_of(field.related_model)
        }
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT (SELECT array_agg(attname::text ORDER BY attname = 'firm_id' DESC) FROM pg_attribute
                        WHERE attrelid = conrelid AND attnum = ANY (conkey))
                FROM pg_constraint JOIN pg_class c ON c.oid = conrelid
                WHERE contype = 'f' AND relname = %s AND cardinality(conkey) = 2
                """,
                [model._meta.db_table],
            )
            tied = {columns[1] for (columns,) in cursor.fetchall() if columns[0] == "firm_id"}
            cursor.execute(
                "SELECT tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE relname = %s",
                [model._meta.db_table],
            )
            triggers = {name for (name,) in cursor.fetchall()}
        tied |= {each for each in references if f"{model._meta.db_table}_{each}_same_firm_added" in triggers}
        assert references <= tied, "tie_to_firm() or tie_many_to_firm() is missing in a migration"


def test_tables_without_a_firm_are_known_by_name() -> None:
    """Whoever adds a table that belongs to no firm says so here."""
    loose = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in OURS and not firm_of(model) and model._meta.managed
    }
    assert loose <= {"accounts.User", "accounts.Firm"}


@shared_task(base=FirmTask, name="tests.count_clients")
def count_clients(firm_id: int, *, fail: bool = False) -> int:
    assert chosen_firm_id() == firm_id
    if fail:
        raise RuntimeError
    return Client.objects.count()


class TestTasks:
    def test_a_task_works_inside_its_firm(self, cast: Cast, ours: Client, theirs: Client) -> None:
        assert count_clients(cast.firm.pk) == 1
        assert count_clients(firm_id=cast.other_firm.pk) == 1

    @pytest.mark.parametrize("fail", [False, True])
    def test_it_leaves_the_firm_however_it_ends(self, cast: Cast, fail: bool) -> None:
        count_clients.apply(args=(cast.firm.pk,), kwargs={"fail": fail})
        with pytest.raises(NoFirmChosen):
            chosen_firm_id()

    @pytest.mark.parametrize("nonsense", [None, "1", True, 1.0])
    def test_it_refuses_to_run_without_a_firm(self, db: None, nonsense: object) -> None:
        with pytest.raises(TypeError, match="needs a firm's id"):
            count_clients(nonsense)

    def test_it_refuses_to_run_without_arguments(self, db: None) -> None:
        with pytest.raises(TypeError, match="needs a firm's id"):
            count_clients()

    def test_a_firm_that_is_gone_has_no_rows(self, cast: Cast, ours: Client) -> None:
        assert count_clients(Firm.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1) == 0


def test_no_query_knows_of_rows_that_another_met(ours: Client, cast: Cast) -> None:
    """What a query begins with is shared by all of its kind."""
    with working_for(cast.firm.pk):
        assert [one.firm for one in Client.objects.all() | cast.firm.client_set.all()] == [cast.firm]
        one = Client.objects.get()
        assert not Client.firm.is_cached(one), "its firm was not handed over by the query before"
    with working_for(cast.other_firm.pk):
        assert not Client.objects.exists()
