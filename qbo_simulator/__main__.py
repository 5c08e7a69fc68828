"""The command line: serve, generate, token."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import datetime
from pathlib import Path

from .clock import parse_moment
from .control import token_facts
from .control_requests import Wrong
from .entities import CUSTOMER
from .loading import CannotLoad
from .server import listen, open_data, serve
from .simulator import PASSWORD, Simulator


def main(arguments: list[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    try:
        given.run(given)
    except (CannotLoad, Wrong) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qbo_simulator", description="A QuickBooks Online to develop and test against."
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


def _moment(text: str) -> datetime:
    try:
        return parse_moment(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text} is no ISO date or time, such as 2026-03-01T09:00-08:00"
        ) from None


def _serve(given: argparse.Namespace) -> None:
    door = listen(given.host, given.port)
    simulator = open_data(given.data)
    if given.frozen_time:
        simulator.registry.set_clock(given.frozen_time)
        simulator.registry.freeze_clock(frozen=True)
    if given.load:
        _load(simulator, given.load)
    if given.generate:
        _grow(simulator, given.generate)
    address = f"http://{given.host}:{door.getsockname()[1]}"
    serve(
        simulator,
        door=door,
        gzip_level=given.gzip,
        greeting=lambda: (
            f"Simulated QuickBooks ready: {address}/ (console), "
            f"{address}/.well-known/openid_configuration (discovery), "
            f"{address}/v3/company/<realm>/ (API). "
            f"Sign in there as anybody listed, password {PASSWORD}."
        ),
    )
    simulator.close()


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
