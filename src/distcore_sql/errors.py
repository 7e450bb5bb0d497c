"""Errors of a database, told apart by whose turn it is.

The one rule this file protects: a conflict comes out as a `RetryableError`, wherever it strikes, and what
nobody but us can have done wrong passes as it came.  Values of rows are in none of them: a database likes
to name the row that it complains about.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from attrs import field, frozen
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from distcore.kernel import DamagedError, DistcoreError, InputError, RetryableError, SchemaError


@frozen
class _Told:
    """An error of a driver: its words, and where it struck.

    `guest`: in a transaction that the host will end.  `opening`: before anything was ever asked of the
    store, so that a server that does not answer is more likely one that is not there.
    """

    error: DBAPIError
    message: str
    guest: bool
    opening: bool


Tell: TypeAlias = Callable[[_Told], DistcoreError]


def _passing(told: _Told) -> DistcoreError:
    return RetryableError(told.message, host_must_roll_back=told.guest)


def _overflow(_told: _Told) -> DistcoreError:
    hint = "ask for a shorter period, or for one payee"
    return InputError.of("sums", "they exceed what 64 bits can hold", hint)


def _in_store(hint: str) -> Tell:
    return lambda told: InputError.of("store", told.message, hint)


def _damaged(what: str) -> Tell:
    return lambda told: DamagedError(f"{what} is damaged: {told.message}")


def _not_there(told: _Told) -> DistcoreError:
    return SchemaError(told.message, "upgrade the store, or name the prefix and the schema that it has")


_IN_THE_WAY: Final = _in_store("is it left of an earlier store? remove it, or use another prefix")
"""What an upgrade says in a file, where it is alone: what it makes was there before it began."""


def _made_already(told: _Told) -> DistcoreError:
    """Tell of what another upgrade has just made, which a strict level can't see, or of an earlier store."""
    message = f"{told.message}: made by another upgrade, or left of an earlier store, and then to be removed"
    return RetryableError(message, host_must_roll_back=told.guest)


def _not_a_database(_told: _Told) -> DistcoreError:
    return SchemaError("the file is not a database", "give another file")


_FILE_FULL: Final = _in_store("is the disk full, or broken?")
_FILE_CLOSED: Final = _in_store("may this file be written?")
_FILE_READ: Final = _in_store("may this file be written, or is this a transaction that only reads?")

_SQLITE: Final[Mapping[int, Tell]] = {
    # Nothing was written, and the same call may be made again: busy, locked, told to stop, locking protocol.
    5: _passing,
    6: _passing,
    9: _passing,
    15: _passing,
    # Nothing was written, and the same call fails again until there is room: I/O error, disk full.
    10: _FILE_FULL,
    13: _FILE_FULL,
    11: _damaged("the file"),
    # The file is not ours to write, or can't be opened.
    8: _FILE_READ,
    14: _FILE_CLOSED,
    26: _not_a_database,
    # Constraints that a writer loses by coming second: primary key, unique, row id.
    1555: _passing,
    2067: _passing,
    2579: _passing,
}
"""By result code: the extended one, or else the primary one, its last byte."""


_NOT_WHOLE: Final = "cannot store REAL value in INTEGER column"
"""What SQLite says of a sum that outgrew 64 bits and is to be kept: it became a number with a point."""


def _tell_sqlite(told: _Told) -> DistcoreError | None:
    if told.message.startswith(("no such table: ", "no such column: ")):
        return _not_there(told)
    if told.message.endswith(" already exists"):
        return _IN_THE_WAY(told)
    if told.message == "integer overflow" or told.message.startswith(_NOT_WHOLE):
        return _overflow(told)
    code = getattr(told.error.orig, "sqlite_errorcode", 0)
    found = _SQLITE.get(code) or _SQLITE.get(code & 0xFF)
    return found and found(told)


_SERVER_FULL: Final = _in_store("is the disk of the server full, or its memory?")
_NOT_ALLOWED: Final = _in_store("has the role the rights that the documentation lists?")
_NOT_LOGGED: Final = _in_store("set log_bin_trust_function_creators = 1, or upgrade as a user with SUPER")
_BY_STATEMENT: Final = _in_store("set binlog_format = MIXED or ROW")
_ONLY_READS: Final = _in_store("is this a copy that can only be read, or a transaction that only reads?")

_POSTGRESQL: Final[Mapping[str, Tell]] = {
    # Lost by coming second: a key that is taken; what another upgrade has just made.
    "23505": _passing,
    "42P06": _passing,
    "42P07": _made_already,
    "42710": _made_already,
    "42723": _made_already,
    "42P01": _not_there,
    "42703": _not_there,
    # The transaction is over: serialization failure, deadlock, and all that their class may grow.
    "40": _passing,
    "25P02": _passing,
    # Waited too long for a lock, or was told to stop.
    "55P03": _passing,
    "57014": _passing,
    # The connection is gone, or there is none to have: the server restarts, cuts off who sleeps, is full.
    "08": _passing,
    "57": _passing,
    "25P03": _passing,
    "25P04": _passing,
    "53300": _passing,
    # Nothing was written, and the same call fails again until there is room.
    "53": _SERVER_FULL,
    "58": _SERVER_FULL,
    "22003": _overflow,
    "XX001": _damaged("the database"),
    "XX002": _damaged("the database"),
    "42501": _NOT_ALLOWED,
    "25006": _ONLY_READS,
}
"""By SQLSTATE, or else by its class, the first two characters."""

_COME_BACK: Final = ("too many c", "connection slots", "starting up", "shutting down", "recovery mode")
"""What a server says in English that has no place for one more now; a connection has no SQLSTATE."""


def _tell_postgresql(told: _Told) -> DistcoreError | None:
    state = getattr(told.error.orig, "sqlstate", None)
    if state is not None:
        found = _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
        return found and found(told)
    if told.error.connection_invalidated:
        return _passing(told)
    if told.error.statement is None:  # it never came to be
        busy = any(words in told.message for words in _COME_BACK)
        return _passing(told) if busy or not told.opening else _unreachable(told)
    return None


def _tell_asyncpg(told: _Told) -> DistcoreError | None:
    """Tell also what the driver has not even sent."""
    too_large = told.message.endswith("value out of int64 range")
    return _overflow(told) if too_large else _tell_postgresql(told)


_MARIADB: Final[Mapping[int, Tell]] = {
    # Lost by coming second: a key that is taken; a table that another upgrade has just made.
    1062: _passing,
    1050: _made_already,
    1054: _not_there,
    1146: _not_there,
    # The transaction is over, or only its statement, which is not enough: changed since it was read,
    # waited too long for a lock, deadlock, told to stop.
    1020: _passing,
    1205: _passing,
    1213: _passing,
    1317: _passing,
    1969: _passing,
    3024: _passing,
    # So is it where its locks found no more room, COMMIT failed, or the node is not ready.
    1047: _passing,
    1180: _passing,
    1206: _passing,
    # The connection is gone, or there is none to have.
    1040: _passing,
    1053: _passing,
    1203: _passing,
    1226: _passing,
    1927: _passing,
    2006: _passing,
    2013: _passing,
    # Nothing was written, and the same call fails again until there is room.
    1021: _SERVER_FULL,
    1037: _SERVER_FULL,
    1041: _SERVER_FULL,
    1114: _SERVER_FULL,
    1264: _overflow,
    1690: _overflow,
    1034: _damaged("the database"),
    1877: _damaged("the database"),
    1044: _NOT_ALLOWED,
    1142: _NOT_ALLOWED,
    1143: _NOT_ALLOWED,
    1227: _NOT_ALLOWED,
    # The server writes a log: it wants more of whoever makes a trigger, and no statements of this level.
    1419: _NOT_LOGGED,
    1665: _BY_STATEMENT,
    1290: _ONLY_READS,
    1792: _ONLY_READS,
    1836: _ONLY_READS,
}
"""By error number: SQLSTATE is HY000 for most of them."""


def _tell_mariadb(told: _Told) -> DistcoreError | None:
    found = _MARIADB.get(_number_of(told.error.orig))
    if found is not None:
        return found(told)
    if told.error.connection_invalidated:
        return _passing(told)
    if told.error.statement is None and isinstance(told.error, OperationalError):  # it never came to be
        return _unreachable(told) if told.opening else _passing(told)
    return None


def _unreachable(told: _Told) -> DistcoreError:
    return InputError.of(
        "store", told.message, "are URL, user and password right, does the server run, is there the database?"
    )


def _words_of_asyncpg(error: Any) -> str:
    """Return what went wrong without the values that it quotes; keep them, and its cause, from view."""
    server = error.__cause__
    message = getattr(server, "message", None) or str(getattr(server, "args", error.args)[0])
    message = re.sub(r"(query argument \$\d+)[^:]*: .* \((.*)\)$", r"\1: \2", " ".join(message.split()))
    error.args = (message,)
    error.__cause__ = None
    return message


def _words_of_psycopg(error: Any) -> str:
    """Return what went wrong without the details, which quote the row; keep them from being shown."""
    message = " ".join((error.diag.message_primary or str(error)).split())
    error.args = (message,)
    return message


_QUOTES_ROWS: Final = frozenset({1062, 1265, 1292, 1365, 1366, 1411, 1441, 1690, 3819})
"""Numbers of errors whose words quote a value of a row, or what is made of some."""


def _number_of(error: Any) -> int:
    number = error.args[0] if error.args else 0
    return number if isinstance(number, int) else 0


def _words_of_pymysql(error: Any) -> str:
    """Return what went wrong without the values that it quotes; keep them from being shown."""
    number = _number_of(error)
    message = " ".join(str(error.args[1] if len(error.args) > 1 else error).split())
    if number in _QUOTES_ROWS:
        key = re.search(r"for key '([^']*)'$", message)
        message = f"duplicate key: {key[1]}" if key else re.sub(r"'.*'|`.*`|: .*", "…", message)
    error.args = (number, message)
    return message


@frozen
class _Driver:
    """How the errors of a driver are read: their words, and whose turn it is."""

    words: Callable[[Any], str] = field()
    tell: Callable[[_Told], DistcoreError | None] = field()


_OF_SQLALCHEMY: Final = "sqlalchemy.dialects.postgresql."
"""Where SQLAlchemy keeps the errors of a driver that has none of the usual kinds."""

_DRIVERS: Final = {
    "sqlite3": _Driver(str, _tell_sqlite),
    "psycopg": _Driver(_words_of_psycopg, _tell_postgresql),
    "asyncpg": _Driver(_words_of_asyncpg, _tell_asyncpg),
    "pymysql": _Driver(_words_of_pymysql, _tell_mariadb),
}
"""By the package that an error comes from; aiosqlite and aiomysql have those of what they are made of."""


def by_driver(error: Exception, kind: type[Exception]) -> BaseException:
    """Return an error of a driver, whose errors are all of a kind, as it comes out of any other statement."""
    return DBAPIError.instance("", (), error, kind, hide_parameters=True)


@contextmanager
def told_apart(*, guest: bool, opening: bool = False) -> Iterator[None]:
    """Turn an error of the database into one of ours, by whose turn it is; our own mistakes pass."""
    try:
        yield
    except OverflowError as error:  # a number that the driver of SQLite can't give to it
        raise InputError.of("sums", "they exceed what 64 bits can hold", "take back some of it") from error
    except PoolTimeoutError as error:
        raise RetryableError("all connections of the store are in use") from error
    except DBAPIError as error:
        kind = type(error.orig)
        driver = _DRIVERS.get(kind.__module__.removeprefix(_OF_SQLALCHEMY).partition(".")[0])
        if driver is None:
            raise
        message = driver.words(error.orig)
        error.args = (f"({kind.__module__}.{kind.__name__}) {message}",)
        ours = driver.tell(_Told(error, message, guest, opening))
        if ours is None:
            raise
        raise ours from error
