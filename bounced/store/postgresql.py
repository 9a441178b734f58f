"""PostgreSQL, by psycopg: the connections to it, and the lock that makes writers take turns.

Writers: READ COMMITTED, so that each statement sees what was committed before it, and one advisory
lock of the database, taken when the transaction begins.  With it daemons judge one after the other,
as on one SQLite file, and what a daemon reads of other addresses (outages, incidents, messages that
have counted) is as exact as the row that it locks.  Since each daemon commits in groups, waiting
for a turn costs a moment and no throughput (docs/scaling.md).
Readers: REPEATABLE READ, read only: one state of the database throughout, without any lock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event

from bounced.errors import StoreError

DRIVERS: Final = ("postgresql", "postgresql+psycopg")
EXAMPLE: Final = "postgresql+psycopg://user@host/name"

POOL: Final = 5
"""Connections that are kept; under load as many again for the moment."""

_LOCK: Final = int.from_bytes(b"bounced", "big")
# In one statement, and in this order.  A server that does not sync (`synchronous_commit = off`)
# would make our 250 a lie; stricter settings stay as they are.
_TURN: Final = (
    "SELECT CASE current_setting('synchronous_commit') WHEN 'off' "
    "THEN set_config('synchronous_commit', 'on', true) END, "
    f"pg_advisory_xact_lock({_LOCK})"
)
_SECRETS: Final = ("password", "sslpassword")
_INSTALL: Final = "python3 -m pip install 'psycopg[binary]>=3.2,<4'"


def name(url: URL) -> str:
    """Return *url* without its passwords."""
    return url.difference_update_query(_SECRETS).render_as_string()


def engine(url: URL, patience: float, *, writes: str) -> Engine:
    """Return the engine; a transaction with the option *writes* waits for its turn."""
    seconds = max(2, round(patience))  # libpq knows no shorter time
    arguments = {
        "connect_timeout": seconds,
        "client_encoding": "utf8",
        "application_name": "bounced",
        # A server that is gone without a word is given up after about ten seconds.
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    arguments = {key: value for key, value in arguments.items() if key not in url.query}
    try:
        made = create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args=arguments | {"options": _options(url, patience)},
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            pool_size=POOL,
            max_overflow=POOL,
            pool_timeout=patience,
        )
    except ImportError as error:
        msg = f"PostgreSQL needs a driver that is not installed: {_INSTALL}"
        raise StoreError(msg) from error

    def on_begin(connection: Connection) -> None:
        if connection.get_execution_options().get(writes):
            connection.exec_driver_sql(_TURN)

    event.listen(made, "connect", _on_connect)
    event.listen(made, "begin", on_begin)
    return made


def only_read(connection: Connection) -> None:
    """Let the transactions of *connection*, up to its return, see one state and write nothing."""
    connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def vacuum(connection: Connection, tables: Iterable[str]) -> None:
    """Let the server reuse the places of rows that were deleted; nobody waits for that."""
    plain = connection.execution_options(isolation_level="AUTOCOMMIT")
    for table in sorted(tables):
        plain.exec_driver_sql(f"VACUUM {table}")


def _options(url: URL, patience: float) -> str:
    """Return the settings of each session; those in the URL are later and win."""
    milliseconds = round(patience * 1000)
    settings: dict[str, object] = {
        "lock_timeout": milliseconds,
        # Whoever is cut off in the middle of its turn must not keep the others waiting.
        "idle_in_transaction_session_timeout": max(10_000, 2 * milliseconds),
        "timezone": "UTC",
    }
    told = url.query.get("options", "")
    own = " ".join(f"-c {key}={value}" for key, value in settings.items())
    return f"{own} {told if isinstance(told, str) else ' '.join(told)}".strip()


def _on_connect(connection: Any, _record: object) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in (None, "UTF8"):
        msg = (
            f"the database {connection.info.dbname} stores texts as {encoding}, which has no room "
            "for what mail contains; make another one: createdb --encoding=UTF8 "
            "--template=template0 NAME"
        )
        raise StoreError(msg)
