"""The URLs of the API, version 1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from knowledge.api import answers, articles, imports, revisions, workspaces

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
    path(
        "workspaces/<slug:workspace>/articles/<slug:slug>/revisions/",
        revisions.RevisionsView.as_view(),
        name="revisions",
    ),
    path(
        "workspaces/<slug:workspace>/articles/<slug:slug>/revisions/<int:number>",
        revisions.RevisionView.as_view(),
        name="revision",
    ),
    path(
        "workspaces/<slug:workspace>/articles/<slug:slug>/revisions/<int:number>/restore",
        revisions.RestoreView.as_view(),
        name="revision_restore",
    ),
    path("workspaces/<slug:workspace>/imports/", imports.ImportsView.as_view(), name="imports"),
    path(
        "workspaces/<slug:workspace>/imports/<str:job>",
        imports.ImportView.as_view(),
        name="import",
    ),
    path(
        "workspaces/<slug:workspace>/imports/<str:job>/entries/",
        imports.EntriesView.as_view(),
        name="import_entries",
    ),
    path(
        "workspaces/<slug:workspace>/imports/<str:job>/confirm",
        imports.ConfirmView.as_view(),
        name="import_confirm",
    ),
    path(
        "workspaces/<slug:workspace>/imports/<str:job>/cancel",
        imports.CancelView.as_view(),
        name="import_cancel",
    ),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
]
