"""The URLs of the API, version 1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from knowledge import api

app_name = "api"

urlpatterns = [
    path("workspaces/<slug:workspace>/answers", api.AnswersView.as_view(), name="answers"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
