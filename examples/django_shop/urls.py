"""Where the stories of the shop begin."""

from django.urls import path

from django_shop import views

urlpatterns = [
    path("members", views.sign_up),
    path("orders", views.place),
    path("orders/<int:order_id>/pay", views.pay),
    path("orders/<int:order_id>/refund", views.refund),
    path("orders/<int:order_id>/why/<str:payee>", views.why),
]
