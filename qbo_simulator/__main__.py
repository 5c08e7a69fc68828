"""The command line: serve, generate, token."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from .clock import parse_moment
from .control import token_facts
from .control_requests import Wrong
from .entities import CUSTOMER
from .loading import CannotLoad
from .oauth.consent import checked_redirect_uri
from .server import listen, open_data, serve
from .simulator import PASSWORD, Simulator
from .tls import Certificate, brought_along, made_here
from .webhooks.control import DEFAULTS, checked_settings, checked_url
from .webhooks.envelopes import FORMATS


def main(arguments: list[str] | None = None) -> None:
    given = command_line().parse_args(arguments)
    try:
        given.run(given)
    except (CannotLoad, Wrong) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(0)


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qbo-simulator", description="A QuickBooks Online to develop and test against."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serving = commands.add_parser("serve", help="serve the API, the consent pages and the console")
    serving.add_argument("--port", type=int, default=8460, help="0 takes any free one")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--load", type=Path, metavar="DIR", help="NDJSON files to load as a company")
    serving.add_argument("--generate", type=int, metavar="N", help="keep a company of N invented customers")
    serving.add_argument(
        "--gzip", type=int, default=1, choices=range(10), metavar="LEVEL", help="0 switches it off"
    )
    serving.add_argument(
        "--frozen-time",
        type=_moment,
        metavar="ISO",
        help="let the clock stand at this moment until it is moved; without an offset it is Pacific",
    )
    serving.add_argument(
        "--redirect-uri",
        action="append",
        default=[],
        metavar="URI",
        help="register this redirect address of the app, to be given once for each; "
        "without any, all on this machine are taken as registered",
    )
    _add_tls(serving.add_argument_group("https"))
    _add_webhook(serving.add_argument_group("webhooks"))
    serving.set_defaults(run=_serve)

    generating = commands.add_parser("generate", help="add invented customers to a company")
    generating.add_argument("--customers", type=int, required=True, metavar="N")
    generating.add_argument("--realm")
    generating.add_argument("--seed", type=int, default=1)
    generating.set_defaults(run=_generate)

    connecting = commands.add_parser("token", help="print credentials for a company as JSON")
    connecting.add_argument("--realm")
    connecting.set_defaults(run=_token)

    for command in (serving, generating, connecting):
        command.add_argument("--data", type=Path, required=True, metavar="DIR")
    return parser


def _add_tls(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--tls", action="store_true", help="serve https with a certificate made here")
    group.add_argument("--tls-cert", type=Path, metavar="FILE", help="serve https with this certificate")
    group.add_argument("--tls-key", type=Path, metavar="FILE", help="its key")


def _add_webhook(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--webhook-url", metavar="URL", help="deliver notifications of changes here")
    group.add_argument("--webhook-format", choices=FORMATS, default=DEFAULTS["format"])
    group.add_argument("--webhook-verifier", metavar="TOKEN", default=DEFAULTS["verifier"])
    group.add_argument(
        "--webhook-entities",
        metavar="NAMES",
        default="",
        help="such as Customer,Invoice; everything otherwise",
    )


def _moment(text: str) -> datetime:
    try:
        return parse_moment(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text} is no ISO date or time, such as 2026-03-01T09:00-08:00"
        ) from None


def _serve(given: argparse.Namespace) -> None:
    redirect_uris = [checked_redirect_uri(uri) for uri in given.redirect_uri]
    door = listen(given.host, given.port)
    simulator = open_data(given.data)
    if given.frozen_time:
        simulator.registry.freeze_clock(frozen=True)
        simulator.registry.set_clock(given.frozen_time)
    if given.load:
        _load(simulator, given.load)
    if given.generate:
        _grow(simulator, given.generate)
    certificate = _certificate(given)
    scheme = "https" if certificate else "http"
    address = f"{scheme}://{given.host}:{door.getsockname()[1]}"
    serve(
        simulator,
        door=door,
        gzip_level=given.gzip,
        greeting=lambda: (
            f"Simulated QuickBooks ready: {address}/ (console), "
            f"{address}/.well-known/openid_configuration (discovery), "
            f"{address}/v3/company/<realm>/ (API). "
            f"Sign in there as anybody listed, password {PASSWORD}." + _trust(certificate)
        ),
        certificate=certificate,
        webhook=_webhook(given),
        redirect_uris=redirect_uris,
    )
    simulator.close()


def _certificate(given: argparse.Namespace) -> Certificate | None:
    if bool(given.tls_cert) != bool(given.tls_key):
        raise Wrong("--tls-cert and --tls-key go together.")
    if given.tls_cert:
        return brought_along(given.tls_cert, given.tls_key)
    return made_here(given.data / "tls", given.host) if given.tls else None


def _trust(certificate: Certificate | None) -> str:
    if certificate is None or certificate.authority is None:
        return ""
    return f" Let clients trust {certificate.authority.resolve()}."


def _webhook(given: argparse.Namespace) -> dict[str, Any] | None:
    if not given.webhook_url:
        return None
    said = {
        "format": given.webhook_format,
        "verifier": given.webhook_verifier,
        "entities": [name for name in given.webhook_entities.split(",") if name],
    }
    return {"url": checked_url(given.webhook_url), **DEFAULTS, **checked_settings(said)}


def _load(simulator: Simulator, folder: Path) -> None:
    company, counts = simulator.load(folder)
    listed = ", ".join(f"{n} {entity}" for entity, n in sorted(counts.items()))
    print(f"Loaded {company.name}, company ID {company.realm}: {listed}.", flush=True)


def _grow(simulator: Simulator, how_many: int) -> None:
    """Bring the generated company to at least so many customers."""
    company = simulator.generated_company()
    missing = how_many - simulator.count(company.realm, CUSTOMER)
    if missing > 0:
        simulator.generate(missing, realm=company.realm)
    total = simulator.count(company.realm, CUSTOMER)
    print(f"{company.name}, company ID {company.realm}: {total:,} customers.", flush=True)


def _generate(given: argparse.Namespace) -> None:
    simulator = open_data(given.data)
    started = time.perf_counter()
    company = simulator.generate(given.customers, realm=given.realm, seed=given.seed)
    took_s = time.perf_counter() - started
    print(
        f"{company.name}, company ID {company.realm}: added {given.customers:,} customers in {took_s:.1f} s."
    )


def _token(given: argparse.Namespace) -> None:
    print(json.dumps(token_facts(open_data(given.data), given.realm), indent=2))


if __name__ == "__main__":
    main()
