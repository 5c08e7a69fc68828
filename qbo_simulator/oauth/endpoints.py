"""What apps call: discovery, token, revoke, userinfo and the keys of id_tokens."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..registry import CLIENT_ID, CLIENT_SECRET, Registry, TokenRefused, Tokens

_KEY_ID = "simulated-1"
_ADDRESS = {
    "streetAddress": "1188 Alder Creek Rd",
    "locality": "Petaluma",
    "region": "CA",
    "postalCode": "94952",
    "country": "US",
}


def address_of(request: Request) -> str:
    """Return the simulator's address as the client wrote it."""
    return f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"


def _json(content: Any, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-cache, no-store", "intuit_tid": f"1-{secrets.token_hex(12)}"}
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


async def discovery(request: Request) -> Response:
    here = address_of(request)
    return _json(
        {
            "issuer": f"{here}/op/v1",
            "authorization_endpoint": f"{here}/connect/oauth2",
            "token_endpoint": f"{here}/oauth2/v1/tokens/bearer",
            "userinfo_endpoint": f"{here}/v1/openid_connect/userinfo",
            "revocation_endpoint": f"{here}/v2/oauth2/tokens/revoke",
            "jwks_uri": f"{here}/op/v1/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile", "address", "phone"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "client_secret_basic",
            ],
            "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
        }
    )


@dataclass
class Endpoints:
    registry: Registry

    def routes(self) -> list[Route]:
        documents = ("openid_configuration", "openid_sandbox_configuration")
        return [
            *(Route(f"/.well-known/{d}{slash}", discovery) for d in documents for slash in ("", "/")),
            Route("/oauth2/v1/tokens/bearer", self.token, methods=["POST"]),
            Route("/v2/oauth2/tokens/revoke", self.revoke, methods=["POST"]),
            Route("/v1/openid_connect/userinfo", self.userinfo),
            Route("/op/v1/jwks", self.jwks),
        ]

    async def token(self, request: Request) -> Response:
        form = await request.form()
        given = {name: str(value) for name, value in form.items()}
        client_id = _client(request, given)
        if client_id is None:
            return _json({"error": "invalid_client"}, 401)
        try:
            tokens = self._tokens(given, client_id)
        except TokenRefused as refusal:
            return _json({"error": "invalid_grant", "error_description": str(refusal)}, 400)
        if tokens is None:
            return _json({"error": "invalid_request"}, 400)
        content = self._token_answer(request, tokens)
        if "openid" in tokens.grant.scopes and given["grant_type"] == "authorization_code":
            content["id_token"] = self._id_token(address_of(request), tokens)
        return _json(content)

    def _tokens(self, given: dict[str, str], client_id: str) -> Tokens | None:
        """Return tokens, or None for a request that is not one."""
        grant_type = given.get("grant_type")
        if grant_type == "authorization_code" and given.get("code"):
            return self.registry.exchange_code(
                given["code"], client_id=client_id, redirect_uri=given.get("redirect_uri", "")
            )
        if grant_type == "refresh_token" and given.get("refresh_token"):
            return self.registry.refresh(given["refresh_token"], client_id=client_id)
        return None

    def _token_answer(self, request: Request, tokens: Tokens) -> dict[str, Any]:
        content: dict[str, Any] = {
            "token_type": "bearer",
            "expires_in": tokens.access_expires_in,
            "refresh_token": tokens.refresh_token,
            "x_refresh_token_expires_in": tokens.refresh_expires_in,
            "access_token": tokens.access_token,
        }
        if request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() == "true":
            content["x_refresh_token_hard_expires_in"] = tokens.hard_expires_in
        return content

    def _id_token(self, here: str, tokens: Tokens) -> str:
        # A client judges this by its own clock, which is the simulated one or the real one.
        clocks = int(self.registry.clock.epoch()), int(time.time())
        person = self.registry.person(tokens.grant.email)
        claims = {
            "iss": f"{here}/op/v1",
            "aud": [tokens.grant.client_id],
            "sub": person.subject if person else "",
            "realmid": tokens.grant.realm,
            "iat": min(clocks),
            "exp": max(clocks) + tokens.access_expires_in,
            "auth_time": min(int(tokens.grant.granted), *clocks),
        }
        return jwt.encode(claims, self._key(), algorithm="RS256", headers={"kid": _KEY_ID})

    async def revoke(self, request: Request) -> Response:
        given = await _json_or_form(request)
        if _client(request, given) is None:
            return _json({"error": "invalid_client"}, 401)
        if not self.registry.revoke_token(given.get("token", "")):
            return _json({"error": "invalid_request", "error_description": "Invalid token"}, 400)
        return Response(b"", 200)

    async def userinfo(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        found = self.registry.grant_of_access_token(token.strip())
        if scheme.lower() != "bearer" or found is None or not found[1] or "openid" not in found[0].scopes:
            return _json({"error": "invalid_token"}, 401)
        grant = found[0]
        person = self.registry.person(grant.email)
        if person is None:
            return _json({"error": "invalid_token"}, 401)
        content: dict[str, Any] = {"sub": person.subject}
        if "email" in grant.scopes:
            content |= {"email": person.email, "emailVerified": True}
        if "profile" in grant.scopes:
            content |= {"givenName": person.given_name, "familyName": person.family_name}
        if "phone" in grant.scopes:
            content |= {"phoneNumber": "+1 7075550100", "phoneNumberVerified": False}
        if "address" in grant.scopes:
            content["address"] = _ADDRESS
        return _json(content)

    async def jwks(self, request: Request) -> Response:
        public = json.loads(RSAAlgorithm.to_jwk(self._key().public_key()))
        wanted = {k: public[k] for k in ("kty", "n", "e")}
        return _json({"keys": [{**wanted, "kid": _KEY_ID, "use": "sig", "alg": "RS256"}]})

    def _key(self) -> rsa.RSAPrivateKey:
        """Return the signing key, made at its first use and kept with the data."""
        pem = self.registry.setting("signing_key")
        if pem is None:
            made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            pem = made.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode()
            self.registry.set("signing_key", pem)
        key = serialization.load_pem_private_key(pem.encode(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key


def _client(request: Request, given: dict[str, str]) -> str | None:
    """Return the client id when id and secret, by Basic or in the form, are right."""
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    pair = given.get("client_id", ""), given.get("client_secret", "")
    if scheme.lower() == "basic":
        try:
            id, _, secret = base64.b64decode(coded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        pair = id, secret
    return CLIENT_ID if pair == (CLIENT_ID, CLIENT_SECRET) else None


async def _json_or_form(request: Request) -> dict[str, str]:
    if "json" in request.headers.get("content-type", ""):
        try:
            given = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            return {}
        return given if isinstance(given, dict) else {}
    return {name: str(value) for name, value in (await request.form()).items()}
