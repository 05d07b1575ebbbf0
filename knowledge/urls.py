"""The URLs of workspaces: reading, answers, writing."""

from django.urls import path

from knowledge import answer_views, editor_views, views

app_name = "knowledge"

urlpatterns = [
    path("w/<slug:workspace>/", views.search, name="search"),
    path("w/<slug:workspace>/a/<slug:slug>", views.article, name="article"),
    path("w/<slug:workspace>/source/<path:source_path>", views.source, name="source"),
    path(
        "w/<slug:workspace>/answers/<str:answer>/stream", answer_views.stream, name="answer_stream"
    ),
    path("w/<slug:workspace>/answers/<str:answer>/stop", answer_views.stop, name="answer_stop"),
    path("w/<slug:workspace>/articles/", editor_views.article_list, name="articles"),
    path("w/<slug:workspace>/articles/new", editor_views.article_new, name="article_new"),
    path("w/<slug:workspace>/preview", editor_views.preview, name="preview"),
    path("w/<slug:workspace>/a/<slug:slug>/edit", editor_views.article_edit, name="article_edit"),
    path(
        "w/<slug:workspace>/a/<slug:slug>/publish",
        editor_views.article_publish,
        name="article_publish",
    ),
    path(
        "w/<slug:workspace>/a/<slug:slug>/unpublish",
        editor_views.article_unpublish,
        name="article_unpublish",
    ),
    path(
        "w/<slug:workspace>/a/<slug:slug>/delete",
        editor_views.article_delete,
        name="article_delete",
    ),
]
