"""The pages a person goes through: sign in, choose the company, connect or cancel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ..control_requests import Wrong
from ..pages import Pages
from ..registry import CLIENT_ID, Company, Membership, Person, Registry

COOKIE = "qbo_simulator_session"
APP_NAME = "QBO Sync"

SCOPES = {
    "com.intuit.quickbooks.accounting": "See and change your accounting data: customers, employees, products, invoices, payments and settings",
    "com.intuit.quickbooks.payment": "Process payments",
    "openid": "Know who you are",
    "profile": "See your name",
    "email": "See your e-mail address",
    "phone": "See your phone number",
    "address": "See your address",
}

_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "testserver")


def checked_redirect_uri(uri: str) -> str:
    """Return an address the app may register. Raises Wrong."""
    if not _is_redirect_uri(uri):
        raise Wrong(f"{uri} is no redirect address: it has to be http or https, without query and fragment.")
    return uri


def _is_redirect_uri(uri: str) -> bool:
    parts = urlsplit(uri)
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
    )


@dataclass(frozen=True)
class ConsentRequest:
    """An app's authorize request, as it stands in the address of every page of the flow."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str

    @classmethod
    def of(cls, request: Request) -> ConsentRequest:
        given = request.query_params
        return cls(
            given.get("client_id", ""),
            given.get("redirect_uri", ""),
            given.get("scope", ""),
            given.get("state", ""),
        )

    @property
    def query(self) -> str:
        return urlencode(
            {
                "client_id": self.client_id,
                "response_type": "code",
                "scope": self.scope,
                "redirect_uri": self.redirect_uri,
                "state": self.state,
            }
        )

    @property
    def scopes(self) -> list[str]:
        return self.scope.split()

    @property
    def origin(self) -> str:
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"

    def back(self, **what: str) -> Response:
        """Send the browser back to the app."""
        query = urlencode({**what, "state": self.state})
        return RedirectResponse(f"{self.redirect_uri}?{query}", 303)


@dataclass
class Consent:
    registry: Registry
    pages: Pages
    redirect_uris: Sequence[str] = ()
    """The app's registered ones. Without any, each address on this machine counts as registered."""

    def routes(self) -> list[Route]:
        return [
            Route("/connect/oauth2", self.start, methods=["GET"]),
            Route("/connect/oauth2/sign-in", self.sign_in, methods=["POST"]),
            Route("/connect/oauth2/sign-out", self.sign_out, methods=["POST"]),
            Route("/connect/oauth2/company", self.choose_company, methods=["POST"]),
            Route("/connect/oauth2/decision", self.decide, methods=["POST"]),
        ]

    async def start(self, request: Request) -> Response:
        asked = ConsentRequest.of(request)
        if refused := self._refusal(request, asked):
            return refused
        person = self._person(request)
        if person is None:
            return self._sign_in_page(request, asked)
        return self._company_page(request, asked, person)

    async def sign_in(self, request: Request) -> Response:
        asked = ConsentRequest.of(request)
        if refused := self._refusal(request, asked):
            return refused
        form = await request.form()
        email = str(form.get("email", ""))
        token = self.registry.sign_in(email, str(form.get("password", "")))
        if token is None:
            return self._sign_in_page(
                request, asked, email=email, error="The e-mail or the password is not right."
            )
        response = RedirectResponse(f"/connect/oauth2?{asked.query}", 303)
        response.set_cookie(COOKIE, token, httponly=True, samesite="lax", path="/connect")
        return response

    async def sign_out(self, request: Request) -> Response:
        self.registry.sign_out(request.cookies.get(COOKIE, ""))
        response = RedirectResponse(f"/connect/oauth2?{ConsentRequest.of(request).query}", 303)
        response.delete_cookie(COOKIE, path="/connect")
        return response

    async def choose_company(self, request: Request) -> Response:
        asked = ConsentRequest.of(request)
        person = self._person(request)
        if (refused := self._refusal(request, asked)) or person is None:
            return refused or self._sign_in_page(request, asked)
        form = await request.form()
        realm = str(form.get("client") or form.get("realm") or "")
        firm_is_ticked = bool(form.get("install_for_firm"))
        chosen = self._chosen(person, realm, firm_is_ticked=firm_is_ticked)
        if chosen is None:
            both = firm_is_ticked and realm
            return self._company_page(
                request,
                asked,
                person,
                error="Choose either a client or your firm, not both."
                if both
                else "Choose the company to connect.",
            )
        return self._consent_page(request, asked, person, chosen)

    async def decide(self, request: Request) -> Response:
        asked = ConsentRequest.of(request)
        person = self._person(request)
        if (refused := self._refusal(request, asked)) or person is None:
            return refused or self._sign_in_page(request, asked)
        form = await request.form()
        if form.get("decision") != "connect":
            return asked.back(error="access_denied")
        chosen = self._member(person, str(form.get("realm", "")))
        if chosen is None or not chosen.may_connect:
            return self._company_page(request, asked, person)
        return self._granted(asked, person, chosen.company)

    def _granted(self, asked: ConsentRequest, person: Person, company: Company) -> Response:
        grant = self.registry.grant(
            client_id=asked.client_id,
            realm=company.realm,
            email=person.email,
            scope=asked.scope,
        )
        code = self.registry.issue_code(grant, redirect_uri=asked.redirect_uri)
        asks_for_books = any(s.startswith("com.intuit.quickbooks.") for s in asked.scopes)
        realm = {"realmId": company.realm} if asks_for_books else {}
        return asked.back(code=code, **realm)

    # What is asked, by whom, and for which company

    def _refusal(self, request: Request, asked: ConsentRequest) -> Response | None:
        """Refuse a request that is not well-formed. Only a wrong scope reaches the app."""
        if asked.client_id != CLIENT_ID or not self._may_redirect(asked.redirect_uri):
            return self.pages.page(
                request,
                "oauth_error.html",
                status=400,
                bad_client=asked.client_id != CLIENT_ID,
                redirect_uri=asked.redirect_uri,
                registered=self.redirect_uris,
            )
        if not asked.scopes or any(scope not in SCOPES for scope in asked.scopes):
            return asked.back(error="invalid_scope")
        wrong_type = request.query_params.get("response_type") != "code"
        if wrong_type or not asked.state:
            return self.pages.page(
                request,
                "oauth_error.html",
                status=400,
                missing="state" if not asked.state else "response_type=code",
            )
        return None

    def _may_redirect(self, uri: str) -> bool:
        if self.redirect_uris:
            return uri in self.redirect_uris
        return _is_redirect_uri(uri) and urlsplit(uri).hostname in _LOCAL_HOSTS

    def _person(self, request: Request) -> Person | None:
        return self.registry.signed_in(request.cookies.get(COOKIE, ""))

    def _member(self, person: Person, realm: str) -> Membership | None:
        memberships = self.registry.memberships(person.email)
        return next((m for m in memberships if m.company.realm == realm), None)

    def _chosen(self, person: Person, realm: str, *, firm_is_ticked: bool) -> Membership | None:
        if not firm_is_ticked:
            return self._member(person, realm)
        firms = [m for m in self.registry.memberships(person.email) if m.company.kind == "firm"]
        return firms[0] if firms and not realm else None

    # Pages

    def _sign_in_page(
        self, request: Request, asked: ConsentRequest, *, email: str = "", error: str = ""
    ) -> Response:
        return self._page(
            request,
            "sign_in.html",
            asked,
            people=self.registry.people(),
            email=email,
            error=error,
        )

    def _company_page(
        self, request: Request, asked: ConsentRequest, person: Person, *, error: str = ""
    ) -> Response:
        memberships = self.registry.memberships(person.email)
        if len(memberships) == 1 and not person.is_accountant:
            return self._consent_page(request, asked, person, memberships[0])
        return self._page(
            request,
            "choose_client.html" if person.is_accountant else "choose_company.html",
            asked,
            person=person,
            firm=next((m.company for m in memberships if m.company.kind == "firm"), None),
            companies=[m.company for m in memberships if m.company.kind != "firm"],
            error=error,
        )

    def _consent_page(
        self, request: Request, asked: ConsentRequest, person: Person, chosen: Membership
    ) -> Response:
        return self._page(
            request,
            "consent.html" if chosen.may_connect else "not_admin.html",
            asked,
            person=person,
            company=chosen.company,
            several=len(self.registry.memberships(person.email)) > 1,
            asks=[SCOPES[scope] for scope in asked.scopes],
        )

    def _page(self, request: Request, template: str, asked: ConsentRequest, **shown: Any) -> Response:
        # A browser applies form-action to where a form's answer redirects, too.
        return self.pages.page(
            request, template, form_action=asked.origin, asked=asked, app=APP_NAME, **shown
        )
