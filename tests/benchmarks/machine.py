"""What a figure was measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

_VERSIONS = ("textual", "cryptography", "pynacl", "SQLAlchemy", "sqlmodel", "argon2-cffi")


def describe() -> dict[str, str]:
    """Return processor, cores, memory, system, Python and the versions of what we build on."""
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "load": f"{os.getloadavg()[0]:.1f}",
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in _VERSIONS),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
