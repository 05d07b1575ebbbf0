"""The URLs of workspaces: reading, answers, writing."""

from django.urls import path

from knowledge.views import answering, editing, reading

app_name = "knowledge"

urlpatterns = [
    path("w/<slug:workspace>/", reading.search, name="search"),
    path("w/<slug:workspace>/a/<slug:slug>", reading.article, name="article"),
    path("w/<slug:workspace>/source/<path:source_path>", reading.source, name="source"),
    path("w/<slug:workspace>/answers/<str:answer>/stream", answering.stream, name="answer_stream"),
    path("w/<slug:workspace>/answers/<str:answer>/stop", answering.stop, name="answer_stop"),
    path("w/<slug:workspace>/articles/", editing.article_list, name="articles"),
    path("w/<slug:workspace>/articles/new", editing.article_new, name="article_new"),
    path("w/<slug:workspace>/preview", editing.preview, name="preview"),
    path("w/<slug:workspace>/a/<slug:slug>/edit", editing.article_edit, name="article_edit"),
    path(
        "w/<slug:workspace>/a/<slug:slug>/publish",
        editing.article_publish,
        name="article_publish",
    ),
    path(
        "w/<slug:workspace>/a/<slug:slug>/unpublish",
        editing.article_unpublish,
        name="article_unpublish",
    ),
    path(
        "w/<slug:workspace>/a/<slug:slug>/delete",
        editing.article_delete,
        name="article_delete",
    ),
]
