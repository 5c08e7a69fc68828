import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_tests_run_on_an_unprivileged_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
