"""Connections to PostgreSQL with PostGIS, opened only where the user names an address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pingshan_geo.errors import InputError, UsageError
from pingshan_geo.findings import Finding
from pingshan_geo.words import Text

if TYPE_CHECKING:
    import psycopg

#: What an address of a database begins with.
SCHEMES = ("postgresql://", "postgres://")
_CONNECT_S, _STATEMENT_S = 15, 600


def shown_address(url: str) -> str:
    """Return host and database of an address, without user, password and options.

    Examples
    --------
    >>> shown_address("postgresql://me:secret@db.example/land?sslmode=require")
    'postgresql://db.example/land'
    """
    place = url.partition("://")[2].partition("?")[0].rpartition("@")[2]
    return f"postgresql://{place}"


@contextmanager
def connected(
    url: str, *, read_only: bool, encoding: str = "utf-8"
) -> Iterator[psycopg.Connection[Any]]:
    """Give a connection in one transaction: committed when the block ends, else rolled back.

    Parameters
    ----------
    url : str
        ``postgresql://user:password@host:port/database``, as libpq takes it.
    read_only : bool
        Whether the transaction may change anything; if not, it sees one state of the database.
    encoding : str
        Python's name of the encoding in which text goes over the wire.

    Raises
    ------
    UsageError
        If psycopg is not installed.
    InputError
        If the server cannot be reached or refuses; the message holds no password.
    """
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise UsageError(
            "PostGIS needs the library psycopg: pip install 'pingshan-geo[postgis]'",
            "连接 PostGIS 需要 psycopg 库：pip install 'pingshan-geo[postgis]'",
        ) from None
    secret = None
    try:
        parts = conninfo_to_dict(url)
        secret = parts.get("password")
        if "@" in str(parts.get("host", "")):  # the rest of a password with an @ in it
            raise psycopg.ProgrammingError("@")
        with psycopg.connect(
            url, connect_timeout=_CONNECT_S, client_encoding=encoding.replace("-", "")
        ) as connection:
            connection.read_only = read_only
            if read_only:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute(f"SET statement_timeout = '{_STATEMENT_S}s'")
            connection.execute("SET DateStyle = 'ISO'")
            yield connection
    except psycopg.ProgrammingError as error:
        if error.sqlstate is None:  # what libpq says of an address repeats it
            reason: str | Text = Text(
                "the address is not of the form postgresql://user:password@host:port/database",
                "地址不符合 postgresql://用户:密码@主机:端口/数据库 的形式",
            )
            raise _unreadable(url, reason) from None
        raise _unreadable(url, _said(error, secret)) from None
    except (psycopg.Error, UnicodeError) as error:
        raise _unreadable(url, _said(error, secret)) from None


def _said(error: Exception, secret: str | int | None) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return said.replace(str(secret), "***") if secret else said


def _unreadable(url: str, reason: str | Text) -> InputError:
    return InputError(
        [Finding("database-failed", file=shown_address(url), details={"reason": reason})]
    )
