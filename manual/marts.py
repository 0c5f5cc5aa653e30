"""What dbt knows of every mart, as a page: grain, columns, types, tests and rules."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Node = Mapping[str, Any]


def describe_marts(manifest: Path) -> str:
    """Markdown: a table of all marts, then each with its columns and what is tested of it."""
    project = json.loads(manifest.read_text())
    marts = sorted(find_marts(project), key=lambda mart: str(mart["name"]))
    overview = "\n".join(f"| [`{m['name']}`](#{m['name']}) | {_grain(m)} |" for m in marts)
    sections = "\n".join(_describe(mart, project) for mart in marts)
    return f"## All marts\n\n| mart | grain |\n| --- | --- |\n{overview}\n\n{sections}"


def find_marts(project: Node) -> Iterator[Node]:
    """The models that readers may ask."""
    for node in project["nodes"].values():
        if node["resource_type"] == "model" and node["path"].startswith("marts/"):
            yield node


def _describe(mart: Node, project: Node) -> str:
    tests = [node for node in project["nodes"].values() if node["resource_type"] == "test"]
    of_mart = [test for test in tests if test.get("attached_node") == mart["unique_id"]]
    rows = "\n".join(
        f"| `{name}`<br>{column['data_type']} | {_line(column['description'])} |"
        f" {', '.join(_checks(column, of_mart))} |"
        for name, column in mart["columns"].items()
    )
    lines = [
        f"## {mart['name']}\n",
        f"{_line(mart['description'])}\n",
        f"{_kind(mart)}{_key(of_mart)}\n",
        "| column | | always |",
        "| --- | --- | --- |",
        f"{rows}\n",
    ]
    return "\n".join([*lines, *_held(mart, tests), *_rules(mart, project), ""])


def _line(text: str) -> str:
    """A description on one line of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _grain(mart: Node) -> str:
    """The description's first sentence."""
    first, stop, _ = _line(mart["description"]).partition(". ")
    return first + "." * bool(stop)


def _kind(mart: Node) -> str:
    of_kind = {"view": "A view.", "incremental": "A table, brought up to date by each build."}
    return of_kind.get(mart["config"]["materialized"], "A table, made anew by each build.")


def _key(tests: list[Node]) -> str:
    for test in tests:
        name, kwargs = test["test_metadata"]["name"], test["test_metadata"]["kwargs"]
        if name in ("unique", "unique_together"):
            columns = kwargs.get("column_names") or [kwargs["column_name"]]
            return f" Its key: {', '.join(f'`{column}`' for column in columns)}."
    return ""


def _checks(column: Node, tests: list[Node]) -> Iterator[str]:
    """What is always so of a column: by its constraints, and by tests after each build."""
    if any(constraint["type"] == "not_null" for constraint in column["constraints"]):
        yield "known"
    for test in tests:
        if test["column_name"] == column["name"]:
            yield _check(test["test_metadata"])


def _check(test: Node) -> str:
    kwargs = test["kwargs"]
    match test["name"]:
        case "not_null":
            return "known"
        case "relationships":
            return f"in `{kwargs['to'].split(chr(39))[1]}`"
        case "accepted_values":
            return "one of " + ", ".join(f"`{value}`" for value in kwargs["values"])
        case other:
            return str(other).replace("_", " ")


def _held(mart: Node, tests: list[Node]) -> Iterator[str]:
    """Laws that a build holds and that span columns or marts."""
    laws = [
        test
        for test in tests
        if not test.get("attached_node") and mart["unique_id"] in test["depends_on"]["nodes"]
    ]
    if laws:
        yield "After each build no such row may be found:\n"
        yield from (f"- {_line(law['description'] or _sentence(law['name']))}" for law in laws)
        yield ""


def _rules(mart: Node, project: Node) -> Iterator[str]:
    """The names of dbt's unit tests, which are sentences."""
    rules = [
        _sentence(test["name"])
        for test in project["unit_tests"].values()
        if test["model"] == mart["name"]
    ]
    if rules:
        yield "Its rules, each with a unit test:\n"
        yield from (f"- {rule}" for rule in sorted(rules))
        yield ""


def _sentence(name: str) -> str:
    return name.replace("_", " ").capitalize() + "."
