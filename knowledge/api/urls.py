"""The URLs of the API, version 1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from knowledge.api import answers, articles, workspaces

app_name = "api"

urlpatterns = [
    path("workspaces/", workspaces.WorkspacesView.as_view(), name="workspaces"),
    path("workspaces/<slug:workspace>/", workspaces.WorkspaceView.as_view(), name="workspace"),
    path("workspaces/<slug:workspace>/articles/", articles.ArticlesView.as_view(), name="articles"),
    path(
        "workspaces/<slug:workspace>/articles/<slug:slug>",
        articles.ArticleView.as_view(),
        name="article",
    ),
    path("workspaces/<slug:workspace>/answers", answers.AnswersView.as_view(), name="answers"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
