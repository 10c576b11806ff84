import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
_PIN = re.compile(r"^([a-z0-9-]+)==([^\s;\\]+)", re.MULTILINE)
PINS = dict(_PIN.findall(LOCK))


def _wanted() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    # A terminal without a network gets the server's driver from the same wheelhouse.
    extra = project["optional-dependencies"]["postgres"]
    return [Requirement(dependency) for dependency in (*project["dependencies"], *extra)]


def test_the_lock_satisfies_the_project() -> None:
    for requirement in _wanted():
        assert requirement.specifier.contains(PINS[canonicalize_name(requirement.name)]), requirement


def test_the_lock_is_complete() -> None:
    for name in PINS:
        for text in requires(name) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert canonicalize_name(requirement.name) in PINS, f"{name} needs {requirement}"


def test_every_pin_has_hashes() -> None:
    entries = re.split(r"^(?=[a-z0-9-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(PINS) >= len(_wanted())
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


def test_the_lock_names_no_host() -> None:
    for line in LOCK.splitlines():
        assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?|[a-z0-9-]+==[0-9.a-z]+(?: ; [^/]+)? \\", line), (
            line
        )
