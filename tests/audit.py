"""`make audit`: whether a package of the lock has a known vulnerability; pip-audit asks PyPI.

Fails when one has. When the service cannot be asked it says so and fails nothing, for a mirror of
packages is no mirror of what is known of them; pip-audit itself would call that clean.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements.lock"
_COMMAND = ["-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json",
            "--progress-spinner", "off"]  # fmt: skip


def audit(lock: Path, *options: str) -> tuple[int, str]:
    """Exit code and report. `options` are pip-audit's."""
    collected = _run(lock, "--dry-run")
    if collected.returncode:
        return 1, f"{lock.name} cannot be read: {collected.stderr.strip()}"
    asked = _run(lock, *options)
    try:
        packages: list[dict[str, Any]] = json.loads(asked.stdout)["dependencies"]
    except ValueError:
        reason = (asked.stderr.strip().splitlines() or ["without a word"])[-1]
        return 0, f"NOT AUDITED: the vulnerability service could not be asked ({reason})."
    known = [package for package in packages if "vulns" in package]
    if not known:
        return 0, f"NOT AUDITED: the vulnerability service knows none of {len(packages)} packages."
    found = [
        f"{package['name']} {package['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version'}"
        for package in known
        for vulnerability in package["vulns"]
    ]
    unknown = [package["name"] for package in packages if "vulns" not in package]
    said = [*found, f"{len(known)} packages audited; vulnerabilities: {len(found)}."]
    if unknown:
        said.append(f"Not known to the service: {', '.join(unknown)}.")
    return int(bool(found)), "\n".join(said)


def _run(lock: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *_COMMAND, "--requirement", str(lock), *options],
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    code, report = audit(LOCK, *sys.argv[1:])
    print(report)  # noqa: T201 - a command's word
    raise SystemExit(code)
