"""The post office: which endpoints there are, and a courier for each of them."""

from __future__ import annotations

from typing import Any

from ..registry import CLIENT_ID
from .delivering import Courier, Premises
from .envelopes import FORMATS
from .happenings import Happening
from .outbox import STOPPED, WAITING, Endpoint, Outbox


class PostOffice:
    """Used by the server's own thread; the couriers have theirs. Idle without endpoints."""

    def __init__(self, premises: Premises) -> None:
        self.premises = premises
        self.outbox: Outbox = premises.open_outbox()
        self._couriers: dict[int, Courier] = {}
        for endpoint in self.outbox.endpoints():
            # What happened just before the last stop may not have been gathered yet.
            self._employ(endpoint.id).ring(premises.connected())

    def told(self, realm: str) -> None:
        """Something was written in a company. Costs nothing where nobody is to be told."""
        for courier in self._couriers.values():
            courier.ring({realm})

    def look_again(self) -> None:
        for courier in self._couriers.values():
            courier.look_again()

    def register(self, url: str, settings: dict[str, Any]) -> Endpoint:
        """Deliver to an address from now on; one that is known is only changed."""
        known = self.outbox.endpoint_at(url)
        if known is not None and known.state == STOPPED:
            self._skip(known.id)
        endpoint = self.outbox.add_endpoint(url, settings)
        if known is None:
            self._skip(endpoint.id)
        self._employ(endpoint.id).look_again()
        return endpoint

    def resume(self, endpoint: Endpoint) -> None:
        """Let a stopped endpoint go on with what is new, and a failing one be tried now."""
        if endpoint.state == STOPPED:
            self._skip(endpoint.id)
        self.outbox.activate(endpoint.id)
        self.outbox.hurry(endpoint.id, self.premises.clock.waited())
        self._employ(endpoint.id).look_again()

    def remove(self, endpoint: Endpoint) -> None:
        self.outbox.remove_endpoint(endpoint.id)
        courier = self._couriers.pop(endpoint.id, None)
        if courier is not None:
            courier.end()

    def post(self, endpoint: Endpoint, happenings: list[Happening]) -> None:
        """Send events that nobody's books know, as the portal's test button does."""
        body = FORMATS[endpoint.format](happenings, client_id=CLIENT_ID)
        clock = self.premises.clock
        self.outbox.add_delivery(
            endpoint.id, body, happenings, made=clock.epoch(), due=clock.waited(), state=WAITING
        )
        self._employ(endpoint.id).look_again()

    @property
    def is_idle(self) -> bool:
        """Whether all that happened is delivered."""
        gathering = any(courier.has_something_to_gather for courier in self._couriers.values())
        return not gathering and self.outbox.count_waiting() == 0

    def close(self) -> None:
        for courier in self._couriers.values():
            courier.end()
        for courier in self._couriers.values():
            courier.join(timeout=1)
        self.outbox.close()

    def _employ(self, endpoint: int) -> Courier:
        if endpoint not in self._couriers:
            self._couriers[endpoint] = Courier(endpoint, self.premises)
            self._couriers[endpoint].start()
        return self._couriers[endpoint]

    def _skip(self, endpoint: int) -> None:
        """Leave the past of the connected companies out."""
        for realm in self.premises.connected():
            self.outbox.put_position(endpoint, realm, self.premises.end_of(realm))
