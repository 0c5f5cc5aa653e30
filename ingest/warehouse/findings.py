"""What dbt says about each model and test of its last run."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FAILED = frozenset({"error", "fail", "runtime error"})
DBT_HEADS = ("Runtime Error in", "Database Error in", "Compilation Error in")


@dataclass(frozen=True)
class Finding:
    """The result of one model, test or hook."""

    kind: str
    """dbt's resource type: `model`, `test`, `operation`."""
    name: str
    path: str
    """Its file, within the dbt project."""
    status: str
    """dbt's word: `success`, `pass`, `warn`, `fail`, `error`, `skipped`."""
    message: str
    """In one line: what a test looks for and how many it found, else what dbt said."""
    found_in: str | None = None
    """The table that holds the rows which a test found, if it stores them."""

    @property
    def has_failed(self) -> bool:
        return self.status in FAILED

    def sentence(self) -> str:
        """The finding in words, without a full stop."""
        return f"{self.kind} {self.name} ({self.path}): {self.message}"


def read_findings(target: Path) -> tuple[Finding, ...]:
    """One finding per node that dbt ran, from `run_results.json` and `manifest.json` in `target`.

    Empty if dbt ended before it ran anything.
    """
    results = target / "run_results.json"
    if not results.exists():
        return ()
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    return tuple(
        _to_finding(result, nodes.get(result["unique_id"], {}))
        for result in json.loads(results.read_text(encoding="utf-8"))["results"]
    )


def _to_finding(result: dict[str, Any], node: dict[str, Any]) -> Finding:
    kind, _, name = result["unique_id"].split(".", 2)
    looked_for = node.get("description", "").strip().rstrip(".")
    found = (
        f"{looked_for} ({result['failures']} found)" if looked_for and result["failures"] else None
    )
    return Finding(
        kind=node.get("resource_type", kind),
        name=node.get("name", name),
        path=node.get("original_file_path", "dbt_project.yml"),
        status=result["status"],
        message=found or _one_line(result["message"] or ""),
        found_in=result.get("relation_name") if node.get("resource_type") == "test" else None,
    )


def _one_line(message: str) -> str:
    """The engine's own first line; the one before it names the file, which we do ourselves."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(DBT_HEADS)]
    return (told or lines or [""])[0].rstrip(".")
