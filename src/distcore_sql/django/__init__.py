"""A shop's ports in the transaction of a Django project, on Django's own connection.

With ``"distcore_sql.django"`` in ``INSTALLED_APPS``, ``python manage.py distcore_upgrade`` makes the tables.
Then, wherever an order is paid::

    from django.db import transaction

    from distcore.engine import accrue
    from distcore_sql.django import join

    with transaction.atomic():
        order.state = "paid"
        order.save()
        accrue(join("tea house"), sale, at=now, actor="web", key=f"paid {order.pk}")
        transaction.on_commit(lambda: thank(order))

What both wrote is committed together, or not at all.  PostgreSQL by psycopg 3, and SQLite; Django 4.2 or
newer.
"""

from distcore_sql.django.guests import join

__all__ = ["join"]
