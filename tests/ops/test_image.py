"""The container image, as far as it can be built without containers: the Dockerfile's own words are run."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qbo_sync.embedded import ROOT

SETTING = re.compile(r"(\w+)=(\S+)")


def instructions(word: str) -> list[str]:
    """Return the Dockerfile's instructions of one kind, each on one line, without its word."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text()))
    return [line.removeprefix(f"{word} ") for line in text.splitlines() if line.startswith(f"{word} ")]


def patterns(name: str) -> list[str]:
    """Return what a file of patterns lists, as names to match the last part of a path with."""
    lines = (ROOT / name).read_text().split()
    return [line.removeprefix("**/").strip("/") for line in lines]


def is_left_out(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns(".dockerignore"))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """What COPY brings into the image. What is left out by name only lies at the top."""

    def leave_out(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if Path(folder) == ROOT or name == "__pycache__" if is_left_out(name)}

    return Path(shutil.copytree(ROOT, tmp_path / "app", ignore=leave_out))


def test_the_image_collects_its_static_files_with_nothing_but_what_its_file_says(copied: Path) -> None:
    (collecting,) = [line for line in instructions("RUN") if "collectstatic" in line]
    said = dict(SETTING.findall(" ".join(instructions("ENV"))))
    path = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}"}
    done = subprocess.run(
        ["/bin/sh", "-c", collecting],
        cwd=copied,
        env=said | path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (copied / "staticfiles" / "staticfiles.json").exists()


def test_the_image_holds_all_that_its_commands_name(copied: Path) -> None:
    for needed in ("manage.py", "qbo_sync/gunicorn.py", "qbo_simulator/__main__.py", "templates", "static"):
        assert (copied / needed).exists()


def test_what_is_not_kept_under_version_control_does_not_get_into_the_image() -> None:
    measured = "benchmarks/results/*.local.json"
    assert [name for name in patterns(".gitignore") if name != measured and not is_left_out(name)] == []
