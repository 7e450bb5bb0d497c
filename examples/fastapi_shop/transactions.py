"""A session for each request, one transaction in it that is run again after a conflict, and each no."""

from collections.abc import Callable, Iterator
from functools import wraps
from time import sleep
from typing import Annotated, TypeVar

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from distcore.kernel import InputError, RefusedError, RetryableError

T = TypeVar("T")

ATTEMPTS_MAX = 5


def session_of(request: Request) -> Iterator[Session]:
    """Give a session that is closed after the request."""
    with request.app.state.sessions() as session:
        yield session


InSession = Annotated[Session, Depends(session_of)]


def in_transaction(endpoint: Callable[..., T]) -> Callable[..., T]:
    """Run an endpoint in a transaction of its session, and all of it again after a conflict.

    It commits before the answer is given: nobody is told of what is not certain.  The shop's own statements
    meet a conflict, too, as an `OperationalError`.
    """

    @wraps(endpoint)
    def run(*, session: Session, **arguments: object) -> T:
        for attempt in range(1, ATTEMPTS_MAX):
            try:
                with session.begin():
                    return endpoint(session=session, **arguments)
            except (RetryableError, OperationalError):
                sleep(2**attempt / 100)
        with session.begin():
            return endpoint(session=session, **arguments)

    return run


def answer_each_no(app: FastAPI) -> None:
    """Say by a status whose turn it is: the caller's, the business's, or nobody's."""

    @app.exception_handler(InputError)
    def _wrong(_request: Request, error: InputError) -> JSONResponse:
        problems = [{"where": each.where, "message": each.message} for each in error.problems]
        return JSONResponse({"problems": problems}, 422)

    @app.exception_handler(RefusedError)
    def _refused(_request: Request, error: RefusedError) -> JSONResponse:
        no = error.refusal
        return JSONResponse({"code": no.code, "facts": dict(no.facts), "message": no.message}, 409)

    @app.exception_handler(RetryableError)
    @app.exception_handler(OperationalError)
    def _busy(_request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({"message": "too busy"}, 503, {"Retry-After": "1"})
