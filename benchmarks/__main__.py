"""Run everything: ``python -m benchmarks [--rows N] [--rounds N]``."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from functools import partial

from benchmarks import cast as casting
from benchmarks import endurance, following, importing, report, screens, simulator, stage, steering


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--rounds", type=int, default=3, help="imports per latency; the median counts")
    given = asked.parse_args()
    stage.prepare()
    result = run(given.rows, given.rounds)
    large = max(10_000, given.rows * 10)
    say(f"the simulator by itself, {large:,} customers")
    result["simulator"] = {"rows": large, **simulator.measure(large)}
    said = [*report.lines(result), *following.lines(result["following"])]
    said += [*steering.lines(result["steering"]), *simulator.lines(large, result["simulator"])]
    keep(result, said)
    kills = max(10, given.rows // 1_000)
    say(f"{kills} killed workers")
    result["endurance"] = endurance.in_a_process_of_its_own(kills)
    keep(result, endurance.lines(result["endurance"]))


def keep(result: report.Result, said: list[str]) -> None:
    """Print and store what is known so far: a later measurement that fails takes none of it away."""
    sys.stdout.write("\n".join(["", *said, ""]))
    sys.stdout.flush()
    report.write(result, stage.ROOT / "benchmarks" / "results", stage.ROOT / "docs" / "benchmarks.svg")


def run(rows: int, rounds: int) -> report.Result:
    with stage.simulator() as simulator:
        say(f"a company of {rows:,} customers")
        cast = casting.connect(simulator, rows=rows)
        with stage.worker() as worker:
            say("imports at no latency")
            compare = partial(importing.compare, simulator, worker, cast, rows=rows, rounds=rounds)
            imports = {"no latency": compare(latency_ms=0)}
            say("imports at 150 ms a call")
            imports["150 ms a call"] = compare(latency_ms=150)
            say("an import without changes")
            again = importing.import_again(cast, simulator, rows=rows)
            with stage.web() as url:
                say("screens with everything unmapped")
                casting.settle()
                unmapped = screens.measure(url, cast, rows=rows)
                say("everything added as new clients")
                add_all = importing.add_all(cast, worker, rows=rows)
                say("screens with everything mapped")
                casting.settle()
                mapped = screens.measure(url, cast, rows=rows)
                few = few_rows(simulator, url, cast)
                say("refreshes, announcements, a night, small firms beside a large one")
                followed = following.measure(simulator, worker, url, scale=rows / 100_000)
            say("a policy's forecast, and runs taken back")
            steered = steering.measure(simulator, worker, rows=rows)
    return {
        "rows": rows,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "imports": imports,
        "again": again,
        "add_all": add_all,
        # The slower of the two states is what counts.
        "following": followed,
        "steering": steered,
        "screens": {
            "many": {name: slower(unmapped.get(name, times), times) for name, times in mapped.items()},
            "few": few,
        },
    }


def slower(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    return max(one, other, key=lambda times: times["p95_ms"])


def few_rows(simulator: stage.Simulator, url: str, cast: casting.Cast) -> dict[str, dict[str, float]]:
    """Measure the screens again with a hundred rows on each side."""
    say("screens with 100 rows")
    casting.keep_few(cast, 100)
    return screens.measure(url, cast, rows=100)


def say(what: str) -> None:
    sys.stderr.write(f"  {what} …\n")


if __name__ == "__main__":
    main()
