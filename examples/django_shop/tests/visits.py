"""What a browser does in the shop."""

from typing import Any

from django.test import Client


def post(client: Client, path: str, given: object = None, status: int = 200) -> Any:
    """Post JSON and return what is answered, which has the status."""
    answer = client.post(path, given or {}, content_type="application/json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json"), (
        answer.content
    )
    return answer.json()


def place(client: Client, net_minor: int = 3270, buyer: str = "ben") -> str:
    """Place an order and return its path."""
    lines = [{"sku": "tea", "units": 2, "net_minor": net_minor}]
    return f"/orders/{post(client, '/orders', {'buyer': buyer, 'lines': lines})['order']}"
