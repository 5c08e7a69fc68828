"""How long the screens take, over HTTP from the real web server, one person at a time."""

from __future__ import annotations

import re
import time
from html import unescape
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import requests

from benchmarks.cast import Cast

# What is searched for is found: about 1,500 bakeries of 100,000 customers, and the first of those in Tucson.
SCREENS = {
    "Home": "/",
    "Client list": "/clients/",
    "Client list, search": "/clients/?q=bakery",
    "Client list, by e-mail, middle": "/clients/?sort=email&page={middle_page}",
    "Client list, last page": "/clients/?page={last_page}",
    "Client": "/clients/{client}/",
    "Manage your QBO data": "/quickbooks/manage/",
    "Manage, search": "/quickbooks/manage/?q=bakery",
    "Manage, by city": "/quickbooks/manage/?sort=city",
    "Manage, by city, middle, Next": "/quickbooks/manage/{next_by_city}",
    "Manage, last page": "/quickbooks/manage/?page={last_page}",
    "Map Customers": "/quickbooks/map/",
    "Map Customers, last page": "/quickbooks/map/?page={last_page}",
    "Search for a client": "/quickbooks/map/clients/?q=tucs",
    "Sync activity": "/quickbooks/runs/",
    "A run": "/quickbooks/runs/{run}/",
    "Undo of a run": "/quickbooks/runs/{run}/undo/",
    "Conflicts": "/quickbooks/conflicts/",
    "Not sent": "/quickbooks/not-sent/",
    "Integrations, QuickBooks": "/settings/integrations/quickbooks/",
    "Sync settings": "/settings/integrations/quickbooks/sync/",
}
TIMES = 60


def measure(url: str, cast: Cast, *, rows: int) -> dict[str, dict[str, float]]:
    """Return the median and 95th percentile of each screen in milliseconds."""
    session = requests.Session()
    session.cookies.set("sessionid", sign_in(cast))
    there = _there(cast, rows)
    there |= {
        "next_by_city": _next(
            session, f"{url}/f/bench/quickbooks/manage/?sort=city&page={there['middle_page']}"
        )
    }
    return {
        name: _time(session, f"{url}/f/bench{path.format_map(there)}")
        for name, path in SCREENS.items()
        if "{client}" not in path or there["client"]
    }


def _next(session: requests.Session, address: str) -> str:
    """Return where Next leads to from there; from a page that is the only one, to itself."""
    found = re.search(r'rel="next" href="([^"]+)"', session.get(address, timeout=60).text)
    return unescape(found[1]) if found else f"?{urlsplit(address).query}"


def _there(cast: Cast, rows: int) -> dict[str, Any]:
    """Return a client if there is one, the last run, and pages far down the lists."""
    from accounts.models import Client
    from accounts.tenancy import working_for
    from mapping.models import Run

    with working_for(cast.firm_id):
        client, run = Client.objects.first(), Run.objects.order_by("-pk").first()
    return {
        "client": client.pk if client else 0,
        "run": run.pk if run else 0,
        "middle_page": max(1, rows // 100),
        "last_page": max(1, rows // 50),
    }


def _time(session: requests.Session, address: str) -> dict[str, float]:
    for _ in range(3):
        answer = session.get(address, timeout=60)
        assert answer.status_code == 200, (address, answer.status_code)
        assert "/accounts/login" not in answer.url, address
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        session.get(address, timeout=60)
        taken.append(1000 * (time.perf_counter() - begun))
    taken.sort()
    return {"median_ms": round(median(taken), 1), "p95_ms": round(taken[int(0.95 * len(taken))], 1)}


def sign_in(cast: Cast) -> str:
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.models import User

    person = User.objects.get(pk=cast.person_id)
    session: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return str(session.session_key)
