"""Pages of the admin panel that belong to no model; behind its own door, like all of it."""

from django.contrib import admin
from django.urls import path

from knowledge.admin.calibration import calibration_page, calibration_reset

app_name = "calibration"
urlpatterns = [
    path("", admin.site.admin_view(calibration_page), name="page"),
    path("reset/", admin.site.admin_view(calibration_reset), name="reset"),
]
