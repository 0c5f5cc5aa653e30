"""One way to land lines, or to ask the lake, in a process of its own; prints JSON.

`python bench/landers.py WAY PATH FOLDER`: lines from PATH become Parquet below FOLDER.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TYPES = {
    "String": "varchar", "Boolean": "boolean", "Int64": "bigint",
    "Decimal": "decimal(18, 12)", "Datetime": "timestamptz",
}  # fmt: skip


def inkledger(path: Path, folder: Path) -> Callable[[], object]:
    """`seal`: every line validated, the last of each event, quarantine."""
    from ingest.seal import seal
    from ingest.settings import Home

    home = Home(folder)
    home.spool.mkdir(parents=True)
    shutil.copyfile(path, home.spool / "segment.jsonl")
    return lambda: seal(home)


def pydantic(path: Path, folder: Path) -> Callable[[], object]:
    """Each line by the record itself, then one frame, one file."""
    from ingest.lake import to_frame
    from ingest.money import loads
    from ingest.records import UsageEvent

    def land() -> None:
        events = {}
        with path.open("rb") as lines:
            for line in lines:
                event = UsageEvent.model_validate(loads(line)["usage_events"])
                events[event.event_id] = event
        frame = to_frame("usage_events", events.values())
        frame.write_parquet(folder / "rows.parquet", compression="zstd", compression_level=3)

    return land


def duckdb(path: Path, folder: Path) -> Callable[[], object]:
    """`read_json` → `copy`, with types and nothing else."""
    import duckdb

    from ingest.lake import columns
    from ingest.recording.lines import Arrival, Departure
    from ingest.records import UsageEvent

    kinds = columns(UsageEvent)
    names = (*Departure.__struct_fields__, *Arrival.__struct_fields__)
    fields = ", ".join(f"{name} {TYPES[str(kinds[name].base_type())]}" for name in names)
    statement = (
        f"copy (select unnest(usage_events) from read_json('{path}', format = 'newline_delimited',"
        f" columns = {{usage_events: 'struct({fields})'}})) to '{folder}/rows.parquet'"
        " (compression zstd, compression_level 3)"
    )
    return lambda: duckdb.execute(statement)


def dlt(path: Path, folder: Path) -> Callable[[], object]:
    """dlt's JSONL reader → Parquet on a file system; its own types and tables."""
    import dlt as library
    from dlt.sources.filesystem import filesystem, read_jsonl

    lines = filesystem(bucket_url=str(path.parent), file_glob=path.name) | read_jsonl(
        chunksize=10_000
    )
    pipeline = library.pipeline(
        "bench",
        pipelines_dir=str(folder / "pipelines"),
        destination=library.destinations.filesystem(str(folder / "lake")),
        dataset_name="bench",
    )
    return lambda: pipeline.run(
        lines.with_name("usage_events"), loader_file_format="parquet", write_disposition="append"
    )


def one_per_key(_: Path, folder: Path) -> Callable[[], object]:
    """The bare statement: the same Parquet, one row per key, summed by book."""
    return _asked(
        folder,
        """
        select ebook_id, count(*), sum(cost_usd)
        from (
            select
                arg_max(ebook_id, status <> 'in_doubt') as ebook_id,
                arg_max(reported_cost_usd, status <> 'in_doubt') as cost_usd
            from attempts
            group by event_id
        )
        group by ebook_id
        """,
    )


def copied(_: Path, folder: Path) -> Callable[[], object]:
    """A plain copy of the rows into a table."""
    return _asked(folder, "create table copied as from attempts")


def deduplicated(_: Path, folder: Path) -> Callable[[], object]:
    """The same copy with one row per key, as `one_row_per` does it."""
    again = "select event_id from attempts group by event_id having count(*) > 1"
    return _asked(
        folder,
        f"""
        create table copied as
        select *, 1 as preference from attempts where event_id not in ({again})
        union all
        select * from (
            select *, row_number() over (partition by event_id order by status, started_at) as n
            from attempts where event_id in ({again})
        ) where n = 1
        """,
    )


def published(_: Path, folder: Path) -> Callable[[], object]:
    """What is built takes the place of what is published."""
    from ingest.settings import Home
    from ingest.warehouse.publish import publish

    home = Home(folder)
    return lambda: publish(home.build_warehouse, home.warehouse)


def _asked(folder: Path, statement: str) -> Callable[[], object]:
    import duckdb

    connection = duckdb.connect(str(folder / "asked.duckdb"))
    connection.execute("set threads = 2")
    connection.execute(
        "create view attempts as from read_parquet("
        f"'{folder}/lake/usage_events/*/*.parquet', union_by_name = true)"
    )
    return lambda: connection.execute(statement).fetchall()


WAYS: dict[str, Callable[[Path, Path], Callable[[], object]]] = {
    each.__name__: each
    for each in (inkledger, pydantic, duckdb, dlt, one_per_key, copied, deduplicated, published)
}


def main() -> None:
    way, path, folder = sys.argv[1:]
    work = WAYS[way](Path(path), Path(folder))
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    told: dict[str, Any] = {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
