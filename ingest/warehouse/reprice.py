"""What a build would change, row for row, before it changes it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ingest.errors import BuildFailed, WarehouseMissing
from ingest.settings import Home
from ingest.warehouse.build import build_warehouse
from ingest.warehouse.report import Row, to_rows

_DIFFERENCES = """
    select
        case
            when before.event_id is null then 'added'
            when after.event_id is null then 'vanished'
            when
                before.cost_usd is distinct from after.cost_usd
                or before.cost_source is distinct from after.cost_source
                or before.cost_status is distinct from after.cost_status
                then 'changed'
            else 'unchanged'
        end as change,
        coalesce(after.event_id, before.event_id) as event_id,
        coalesce(after.ebook_id, before.ebook_id) as ebook_id,
        coalesce(after.canonical_model, before.canonical_model) as canonical_model,
        coalesce(after.started_at, before.started_at) as started_at,
        before.cost_usd as before_usd,
        after.cost_usd as after_usd,
        cast(coalesce(after.cost_usd, 0) - coalesce(before.cost_usd, 0) as decimal(18, 12))
            as difference_usd,
        before.cost_source as before_source,
        after.cost_source as after_source,
        before.cost_status as before_status,
        after.cost_status as after_status
    from published.main.fct_attempts as before
    full outer join rebuilt.main.fct_attempts as after on before.event_id = after.event_id
"""


def reprice(home: Home) -> Row:
    """Build the lake of `home` anew elsewhere, and compare each attempt with what is published.

    `rows` has every attempt that was added, vanished or changed in cost, source or status, the
    largest difference first; `changes` the counts and sums of each kind and of what stays. A cost
    that is unknown counts as nothing in `difference_usd`. Nothing is written below `home`.

    Raises `WarehouseMissing` when nothing has been published, and `BuildFailed`, which names the
    log that it leaves, when the build does not pass.
    """
    if not home.warehouse.exists():
        raise WarehouseMissing(
            f"There is no warehouse at {home.warehouse} to compare with: run `inkledger build`."
        )
    with _scratch_home(home) as scratch:
        build_warehouse(scratch, full_refresh=True)
        return _compare(home.warehouse, scratch.warehouse)


@contextmanager
def _scratch_home(home: Home) -> Iterator[Home]:
    """A home with the same lake and nothing else; it goes when it was of use."""
    scratch = Home(Path(tempfile.mkdtemp(prefix="inkledger-reprice-")))
    try:
        if home.lake.exists():
            scratch.lake.symlink_to(home.lake, target_is_directory=True)
        yield scratch
    except BuildFailed:
        raise  # Its sentence names the log, which is wanted now.
    except BaseException:
        shutil.rmtree(scratch.root)
        raise
    else:
        shutil.rmtree(scratch.root)


def _compare(published: Path, rebuilt: Path) -> Row:
    try:
        with duckdb.connect() as connection:
            for name, path in (("published", published), ("rebuilt", rebuilt)):
                quoted = str(path).replace("'", "''")
                connection.execute(f"attach '{quoted}' as {name} (read_only)")
            connection.execute(f"create temp table differences as {_DIFFERENCES}")
            rows = to_rows(
                connection,
                "select * from differences where change <> 'unchanged' "
                "order by abs(difference_usd) desc, event_id",
            )
            changes = to_rows(connection, _SUMS)
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.IOException):
        raise WarehouseMissing(
            f"{published} is damaged or of another version of inkledger: run `inkledger build`."
        ) from None
    return {"changes": changes, "rows": rows}


_SUMS = """
    select
        kind.change,
        count(differences.event_id) as attempt_count,
        cast(coalesce(sum(before_usd), 0) as decimal(38, 12)) as before_usd,
        cast(coalesce(sum(after_usd), 0) as decimal(38, 12)) as after_usd,
        cast(coalesce(sum(difference_usd), 0) as decimal(38, 12)) as difference_usd
    from (values ('added', 1), ('vanished', 2), ('changed', 3), ('unchanged', 4))
        as kind (change, position)
    left join differences on kind.change = differences.change
    group by kind.change, kind.position
    order by kind.position
"""
