"""The URLs of the API, version 1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from knowledge.api import answers

app_name = "api"

urlpatterns = [
    path("workspaces/<slug:workspace>/answers", answers.AnswersView.as_view(), name="answers"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
