import socket
from pathlib import Path

import pytest

from accounts.models import Client, Firm, Membership, User
from accounts.tenancy import working_for
from qbo_sync.demo.problems import DemoProblem, chosen_port, claim, need_free_port
from qbo_sync.demo.seed import BRIGHT_LEDGER, HARBOR_MAIN, PASSWORD, is_seeded, seed


def test_a_port_in_use_is_said_with_a_way_on() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(DemoProblem, match=rf"Port {port} is in use .* make demo PORT="):
            need_free_port("PORT", port)


@pytest.mark.parametrize("said", ["eighty", "0", "65536", "-1", "٨٠"])
def test_a_port_that_is_none_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", said)
    with pytest.raises(DemoProblem, match="is not a port"):
        chosen_port("PORT", 8000)


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with claim(tmp_path), pytest.raises(DemoProblem, match="already runs"):
        claim(tmp_path)
    claim(tmp_path).close()


@pytest.mark.django_db
def test_the_seed_shows_two_firms_with_a_wall_between_them() -> None:
    assert not is_seeded()
    seed()
    assert is_seeded()
    clients = {}
    for slug in (BRIGHT_LEDGER, HARBOR_MAIN):
        with working_for(Firm.objects.get(slug=slug).pk):
            clients[slug] = Client.objects.count()
            assert Client.objects.filter(name="Union Block Coffee").count() == 1
    assert clients == {BRIGHT_LEDGER: 46, HARBOR_MAIN: 6}


@pytest.mark.django_db
def test_one_of_the_demos_people_belongs_to_both_firms() -> None:
    seed()
    both = User.objects.get(email="both@example.com")
    assert both.check_password(PASSWORD)
    for slug in (BRIGHT_LEDGER, HARBOR_MAIN):
        with working_for(Firm.objects.get(slug=slug).pk):
            assert Membership.objects.filter(user=both).exists()
