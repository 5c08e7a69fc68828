"""Read the forms of the console's pages as a browser does, and send them back with something changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
import requests

from qbo_simulator.simulator import CRAIG_HOLT

from .conftest import TIMEOUT_S, Simulated, a_simulator

HERE = f"/console/{CRAIG_HOLT}"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """A simulator of the module's own: after many other tests its lists are too long to choose from."""
    yield from a_simulator(tmp_path_factory)


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    """Every input there is, also those that would not be sent."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        if not self.forms:
            return
        name = given.get("name", "")
        if tag in ("input", "select", "textarea") and name:
            self.forms[-1].named.add(name)
        if tag == "input" and name and "disabled" not in given:
            self._input(name, given)
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self._textarea = name
            self.forms[-1].fields[name] = ""

    def _input(self, name: str, given: dict[str, str]) -> None:
        if given.get("type") != "checkbox":
            self.forms[-1].fields[name] = given.get("value", "")
        elif "checked" in given:
            self.forms[-1].fields[name] = given["value"]

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].fields[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected]
            first = self._options[0][0] if self._options else ""
            self.forms[-1].fields[self._select] = chosen[0] if chosen else first
            self._select = ""
        if tag == "textarea":
            self._textarea = None


def forms_in(html: str) -> list[Form]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def page(simulated: Simulated, path: str, /, **parameters: str) -> str:
    answer = requests.get(simulated.url + path, params=parameters, timeout=TIMEOUT_S)
    assert answer.status_code == 200, (path, answer.text[-500:])
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.text


def submit(simulated: Simulated, path: str, /, **form: str) -> requests.Response:
    return requests.post(simulated.url + path, data=form, timeout=TIMEOUT_S)


def record_form(html: str) -> Form:
    """Return the form of a page that saves a record: the one with the most inputs."""
    posted = [form for form in forms_in(html) if form.method == "post"]
    return max(posted, key=lambda form: len(form.named))


def fill_in(simulated: Simulated, path: str, /, **changes: str) -> requests.Response:
    """Open a page, change some inputs of its form and send it; "" unticks and empties."""
    form = record_form(page(simulated, path))
    unknown = changes.keys() - form.named
    assert not unknown, f"{path} has no input {unknown}"
    sent = {**form.fields, **changes}
    return requests.post(simulated.url + path, data=sent, timeout=TIMEOUT_S)


def id_in(answer: requests.Response) -> str:
    """Return the Id of what was saved, from the address the answer led to."""
    assert answer.status_code == 200, answer.text
    return answer.url.partition("?")[0].rpartition("/")[2]
