"""The figures as a table, as JSON and as a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Result = dict[str, Any]


def lines(result: Result) -> list[str]:
    rows = result["rows"]
    said = [f"{rows:,} customers, {result['machine']}", ""]
    for name, one in result["imports"].items():
        said.append(
            f"Import, {name:<16} {one['seconds']:8.2f} s   floor {one['floor_s']:6.2f} s   "
            f"{one['times_the_floor']:4.2f} x   {one['rows_a_second']:,}/s   "
            f"worker {one['worker_mb']} MB   calls {one['calls']} (least {one['least_calls']})"
        )
    again, add = result["again"], result["add_all"]
    said += [
        f"Import again, no change  {again['seconds']:8.2f} s   floor {again['floor_s']:6.2f} s   "
        f"{again['times_the_floor']:4.2f} x   rows rewritten {again['rewritten']}",
        f"Add all as new clients   {add['seconds']:8.2f} s   {add['clients_a_second']:,} clients/s   "
        f"worker {add['worker_mb']} MB",
        "",
        f"{'Screen':<32}{'100 rows: median, p95':>26}{f'{rows:,} rows: median, p95':>30}",
    ]
    for name, many in result["screens"]["many"].items():
        few = result["screens"]["few"][name]
        said.append(
            f"{name:<32}{few['median_ms']:14.0f}{few['p95_ms']:9.0f} ms"
            f"{many['median_ms']:17.0f}{many['p95_ms']:10.0f} ms"
        )
    return said


def write(result: Result, folder: Path, picture: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "latest.json").write_text(json.dumps(result, indent=2) + "\n")
    draw(result, picture)


def draw(result: Result, picture: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "qbo-sync"
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 6), width_ratios=[2, 3])
    imports = result["imports"] | {"unchanged": result["again"]}
    names = list(imports)
    places = range(len(names))
    left.bar(
        [p - 0.2 for p in places],
        [imports[n]["floor_s"] for n in names],
        0.4,
        color="#b8bcc6",
        label="bare floor",
    )
    left.bar(
        [p + 0.2 for p in places],
        [imports[n]["seconds"] for n in names],
        0.4,
        color="#2f6f5e",
        label="import",
    )
    left.set_xticks(list(places), names)
    left.set_ylabel("seconds")
    left.set_title(f"Import of {result['rows']:,} customers", loc="left")
    left.legend(frameon=False)
    screens = list(result["screens"]["many"])
    places = range(len(screens))
    for shift, size, colour, label in (
        (0.2, "few", "#b8bcc6", "100 rows"),
        (-0.2, "many", "#2f6f5e", "all rows"),
    ):
        heights = [result["screens"][size][name]["p95_ms"] for name in screens]
        right.barh([p + shift for p in places], heights, 0.4, color=colour, label=label)
    right.axvline(150, color="#b3412e", linewidth=1, linestyle=":")
    right.set_yticks(list(places), screens)
    right.invert_yaxis()
    right.set_xlabel("95th percentile, milliseconds (aim: 150)")
    right.set_title("Screens", loc="left")
    right.legend(frameon=False)
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, metadata={"Date": None})
    plt.close(figure)
