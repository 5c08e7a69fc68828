"""Every address of a firm, and who may come in by which method."""

from __future__ import annotations

from typing import NamedTuple

EVERYBODY = {"partner", "admin", "staff", "viewer"}
WORKERS = {"partner", "admin", "staff"}
MANAGERS = {"partner", "admin"}


class Door(NamedTuple):
    method: str
    path: str
    """Below the firm's address; in braces what the scene holds one of."""
    open_to: set[str]
    form: dict[str, str] = {}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def get(path: str, open_to: set[str]) -> Door:
    return Door("get", path, open_to)


def post(path: str, open_to: set[str], **form: str) -> Door:
    return Door("post", path, open_to, form)


CLIENTS = [
    get("", EVERYBODY),
    get("palette.json?q=a", EVERYBODY),
    get("clients/", EVERYBODY),
    get("clients/clients.csv", EVERYBODY),
    get("clients/{client}/", EVERYBODY),
    get("clients/new/", WORKERS),
    post("clients/new/", WORKERS, name=""),
    get("clients/{client}/edit/", WORKERS),
    post("clients/{client}/edit/", WORKERS, name=""),
    post("clients/{client}/archive/", WORKERS),
    post("clients/{client}/restore/", WORKERS),
    post("clients/bulk/?", WORKERS, action="archive"),
    post("clients/undo/?action=archive&moment=2026-11-01T10:00:00Z", WORKERS),
]
TEAM = [
    get("settings/", EVERYBODY),
    get("settings/firm/", EVERYBODY),
    post("settings/firm/", MANAGERS, name=""),
    get("settings/team/", EVERYBODY),
    post("settings/team/invite/", MANAGERS, email="", role="staff"),
    post("settings/team/{member}/role/", MANAGERS, role="staff"),
    post("settings/team/{member}/remove/", MANAGERS),
    post("settings/team/invitations/{invitation}/resend/", MANAGERS),
    post("settings/team/invitations/{invitation}/withdraw/", MANAGERS),
]
_ONE = "settings/integrations/quickbooks/"
CONNECTION = [
    get("settings/integrations/", EVERYBODY),
    get(_ONE, EVERYBODY),
    # Before the attempt that remembers one.
    get(f"{_ONE}problem/", EVERYBODY),
    post(f"{_ONE}connect/", MANAGERS),
    get(f"{_ONE}confirm/", MANAGERS),
    post(f"{_ONE}confirm/", MANAGERS),
    post(f"{_ONE}ask/", EVERYBODY),
    get(f"{_ONE}settings/", EVERYBODY),
    post(f"{_ONE}settings/again/", MANAGERS),
    get(f"{_ONE}reset/", MANAGERS),
    post(f"{_ONE}reset/", MANAGERS),
    get(f"{_ONE}reading/", EVERYBODY),
    get(f"{_ONE}disconnect/", MANAGERS),
    post(f"{_ONE}disconnect/", MANAGERS),
    get(f"{_ONE}left/", EVERYBODY),
    get(f"{_ONE}left/status/", EVERYBODY),
    get(f"{_ONE}switch/", MANAGERS),
    post(f"{_ONE}switch/", MANAGERS),
    get(f"{_ONE}kept/{{book}}/delete/", MANAGERS),
    post(f"{_ONE}kept/{{book}}/delete/", MANAGERS),
]
OF_EACH_KIND = [
    get(f"{_ONE}sync/{{kind}}", EVERYBODY),
    post(f"{_ONE}sync/{{kind}}review/", MANAGERS, preset="push_ours"),
    post(f"{_ONE}sync/{{kind}}when/", MANAGERS),
    get("quickbooks/import/{kind}", WORKERS),
    post("quickbooks/import/{kind}", WORKERS, scope="all"),
    get("quickbooks/import/{kind}counts/", WORKERS),
    get("quickbooks/{kind}map/", WORKERS),
    post("quickbooks/{kind}map/choose/", WORKERS),
    post("quickbooks/{kind}map/default/", WORKERS, default="exclude"),
    post("quickbooks/{kind}map/save/", WORKERS),
    get("quickbooks/{kind}map/clients/?record={record}", EVERYBODY),
]
MAPPING = [
    get("quickbooks/manage/", EVERYBODY),
    post("quickbooks/manage/selected/", WORKERS, action="exclude", everything="yes"),
    post("quickbooks/manage/undo/{word}/", WORKERS),
    get("quickbooks/customers/{record}/map/", EVERYBODY),
    post("quickbooks/customers/{record}/map/", WORKERS, client="new"),
    get("quickbooks/customers/{record}/preview/?client={client}", EVERYBODY),
    post("quickbooks/customers/{record}/exclude/", WORKERS),
    post("quickbooks/customers/{record}/include/", WORKERS),
    get("quickbooks/clients/{client}/map/", WORKERS),
    post("quickbooks/clients/{client}/map/", WORKERS, record="{record}"),
    post("quickbooks/clients/{client}/disconnect/", WORKERS),
    post("quickbooks/clients/{client}/pause/", WORKERS, paused="yes"),
    get("quickbooks/conflicts/", EVERYBODY),
    post("quickbooks/conflicts/all/", WORKERS, whole="ours", everything="yes"),
    post("quickbooks/conflicts/{conflict}/", WORKERS, whole="ours"),
]
SYNC = [
    get("quickbooks/freshness/", EVERYBODY),
    post("quickbooks/refresh/", WORKERS),
    get("quickbooks/not-sent/", EVERYBODY),
    post("quickbooks/not-sent/again/", WORKERS),
    post("quickbooks/not-sent/{push}/", WORKERS, way="skip"),
    get("quickbooks/runs/", EVERYBODY),
    get("quickbooks/runs/{run}/", EVERYBODY),
    get("quickbooks/runs/{run}/status/", EVERYBODY),
    post("quickbooks/runs/{run}/cancel/", WORKERS),
    get("quickbooks/runs/{run}/undo/", WORKERS),
    post("quickbooks/runs/{run}/undo/", WORKERS),
    get("quickbooks/runs/{run}/outcomes.csv", EVERYBODY),
    get("api/", EVERYBODY),
    get("api/runs/", EVERYBODY),
    get("api/customer/", EVERYBODY),
    get("api/customer/{remote_id}/", EVERYBODY),
]
KINDS = ("", "kinds/customer/")
"""Addresses without a kind are about customers."""

ROOMS = {
    "clients": CLIENTS,
    "team": TEAM,
    "connection": CONNECTION,
    "mapping": MAPPING,
    "sync": SYNC,
    "of each kind": [
        door._replace(path=door.path.replace("{kind}", kind)) for door in OF_EACH_KIND for kind in KINDS
    ],
}
DOORS = [door for doors in ROOMS.values() for door in doors]
