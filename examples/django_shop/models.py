"""What the shop itself remembers; members and commission are distcore's."""

from django.db import models


class Order(models.Model):
    """What somebody wants, and how far it has come."""

    class State(models.TextChoices):
        """A refunded order is not paid again."""

        PLACED = "placed"
        PAID = "paid"
        REFUNDED = "refunded"

    buyer = models.CharField(max_length=128)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLACED)
    paid_at = models.DateTimeField(null=True)


class OrderLine(models.Model):
    """Some units of one product; the amount is in minor units, after discounts, without shipping and tax."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=128)
    units = models.PositiveBigIntegerField()
    net_minor = models.PositiveBigIntegerField()
