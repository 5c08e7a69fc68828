import re

from qbo_sync.embedded import ROOT

READ = re.compile(r'(?:env\.\w+|from_file|secret|os\.environ\.get)\(\s*"([A-Z_]+)"')
SETTINGS = ("qbo_sync/settings.py", "qbo_sync/gunicorn.py")


def test_the_readme_names_every_setting() -> None:
    read = {name for module in SETTINGS for name in READ.findall((ROOT / module).read_text())}
    assert {"SECRET_KEY", "DATABASE_URL", "WEB_THREADS", "RUN_LEASE_S"} <= read
    told = set(re.findall(r"`([A-Z_]+)`", (ROOT / "README.md").read_text()))
    assert read - told == set()
