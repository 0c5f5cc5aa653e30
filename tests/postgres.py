"""A PostgreSQL of the suite's own: started in a temporary folder, asked through a socket."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

PASSWORD = "tr0ub4dor-3"
OLD_TABLES = """
create table token_usages (
    id bigint primary key, request_id text, model text, prompt_tokens int, completion_tokens int,
    cost numeric(10, 6), created_at timestamp, ebook_id text);
create table image_usages (
    id bigint primary key, request_id text, model text, input_images int, output_images int,
    cost numeric(10, 6), created_at timestamp, ebook_id text);
"""


@dataclass
class Postgres:
    """A running server; its user asks for a password."""

    folder: Path
    programs: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def dsn(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://press:{password}@/{database}?host={self.folder}"

    def ask(self, database: str, query: str) -> list[tuple[Any, ...]]:
        """Run statements; the rows of the last one that has any."""
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def new_database(self, tables: str = OLD_TABLES, options: str = "", name: str = "") -> str:
        """Make a database with these tables and give its name."""
        name = name or f"office{next(self._numbers)}"
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(SQL("create database {} ").format(Identifier(name)) + SQL(options))
        if tables:
            self.ask(name, tables)
        return name


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Skips the test where no PostgreSQL is installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL is installed: initdb and postgres are nowhere")
    # A socket's path is short, and the server's user must come to it.
    folder = Path(tempfile.mkdtemp(prefix="inkledger-pg-"))
    # It refuses to run as root.
    user = _humble_user() if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    word = folder / "word"
    word.write_text(PASSWORD)
    word.chmod(0o644)
    data = str(folder / "data")
    settings = f"-c listen_addresses= -c fsync=off -c unix_socket_directories={folder}"

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "-D", data, *arguments],
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=60,
        )

    try:
        run(
            "initdb", "-U", "press", "-A", "scram-sha-256", f"--pwfile={word}",
            "-E", "UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip
        run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", settings, "start")
        try:
            yield Postgres(folder, programs)
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """The folder of the newest PostgreSQL: Debian keeps it out of PATH."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    found = shutil.which("initdb")
    folders = [*sorted(debian, key=lambda path: float(path.parent.name), reverse=True)]
    folders += [Path(found).parent] if found else []
    return next((folder for folder in folders if _has_all(folder)), None)


def _has_all(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres"))


def _humble_user() -> pwd.struct_passwd:
    names = {user.pw_name: user for user in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]
