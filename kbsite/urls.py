"""Every URL of the site; each app names its own."""

from django.contrib import admin
from django.urls import include, path

from kbsite import health, problems
from kbsite.api import page
from knowledge.views.home import home

urlpatterns = [
    path("", home, name="home"),
    path("", include("knowledge.urls")),
    path("accounts/", include("accounts.urls")),
    path("api/v1/", page.page, name="api_page"),
    path("api/v1/auth/", include("accounts.api.urls")),
    path("api/v1/", include("knowledge.api.urls")),
    path("admin/knowledge/calibration/", include("knowledge.admin.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
]

handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler500 = problems.server_error
