"""How a function becomes a view: one transaction, run again after a conflict, and an answer to each no."""

from collections.abc import Callable
from functools import partial, wraps
from time import sleep
from typing import Any, TypeVar

from django.db import OperationalError, transaction
from django.http import HttpRequest, JsonResponse

from distcore.kernel import InputError, RefusedError, RetryableError

T = TypeVar("T")

ATTEMPTS_MAX = 5


def run(work: Callable[[], T]) -> T:
    """Do work in a transaction of its own, and all of it again after a conflict.

    Django's own statements meet a conflict, too, as an `OperationalError`.  `durable` makes sure that there
    is no transaction around this one: it would have to be run again as well.
    """
    for attempt in range(1, ATTEMPTS_MAX):
        try:
            with transaction.atomic(durable=True):
                return work()
        except (RetryableError, OperationalError):
            sleep(2**attempt / 100)
    with transaction.atomic(durable=True):
        return work()


def story(tell: Callable[..., dict[str, Any]]) -> Callable[..., JsonResponse]:
    """Make a view of what is done in a transaction; its words become the answer."""

    @wraps(tell)
    def view(request: HttpRequest, **arguments: Any) -> JsonResponse:
        try:
            return JsonResponse(run(partial(tell, request, **arguments)))
        except InputError as error:
            problems = [{"where": each.where, "message": each.message} for each in error.problems]
            return JsonResponse({"problems": problems}, status=422)
        except RefusedError as error:
            no = error.refusal
            return JsonResponse({"code": no.code, "facts": dict(no.facts), "message": no.message}, status=409)
        except (RetryableError, OperationalError):
            return JsonResponse({"message": "too busy"}, status=503, headers={"Retry-After": "1"})

    # With ATOMIC_REQUESTS there would be a transaction around this one.
    alone: Callable[..., JsonResponse] = transaction.non_atomic_requests(view)
    return alone
