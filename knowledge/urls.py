"""The URLs of workspaces: reading, answers, writing, their people."""

from django.urls import path

from knowledge.views import (
    answering,
    browsing,
    drafts,
    editing,
    history,
    images,
    invitations,
    links,
    listing,
    live,
    people,
    reading,
    reports,
    transfer,
    trash,
    workspaces,
)

app_name = "knowledge"

urlpatterns = [
    path("w/<slug:workspace>/", reading.search, name="search"),
    path("w/<slug:workspace>/a/<slug:slug>", reading.article, name="article"),
    path("w/<slug:workspace>/source/<path:source_path>", reading.source, name="source"),
    path("w/<slug:workspace>/answers/<str:answer>/stream", answering.stream, name="answer_stream"),
    path("w/<slug:workspace>/answers/<str:answer>/stop", answering.stop, name="answer_stop"),
    path("w/<slug:workspace>/browse/", browsing.browse, name="browse"),
    path("w/<slug:workspace>/browse/titles", browsing.titles, name="titles"),
    path("w/<slug:workspace>/titles", browsing.title_options, name="title_options"),
    path(
        "w/<slug:workspace>/a/<slug:slug>/reading",
        browsing.article_reading,
        name="article_reading",
    ),
    path("reading/forget", browsing.forget_reading, name="forget_reading"),
    path("w/<slug:workspace>/a/<slug:slug>/report", reports.article_report, name="article_report"),
    path("w/<slug:workspace>/reports/", reports.reports, name="reports"),
    path(
        "w/<slug:workspace>/reports/<str:report>/resolve",
        reports.report_resolve,
        name="report_resolve",
    ),
    path("w/<slug:workspace>/articles/", listing.article_list, name="articles"),
    path("w/<slug:workspace>/articles/bulk", listing.articles_bulk, name="articles_bulk"),
    path(
        "w/<slug:workspace>/articles/undo/<str:action>",
        listing.articles_undo,
        name="articles_undo",
    ),
    path("w/<slug:workspace>/articles/new", editing.article_new, name="article_new"),
    path("w/<slug:workspace>/activity/", live.activity, name="activity"),
    path("w/<slug:workspace>/activity/retry", live.retry, name="index_retry"),
    path("w/<slug:workspace>/live", live.live, name="live"),
    path("w/<slug:workspace>/imports/", transfer.imports, name="imports"),
    path("w/<slug:workspace>/imports/<str:job>", transfer.import_job, name="import_job"),
    path(
        "w/<slug:workspace>/imports/<str:job>/confirm",
        transfer.import_confirm,
        name="import_confirm",
    ),
    path(
        "w/<slug:workspace>/imports/<str:job>/cancel",
        transfer.import_cancel,
        name="import_cancel",
    ),
    path("w/<slug:workspace>/export", transfer.export, name="export"),
    path("w/<slug:workspace>/export/download", transfer.export_download, name="export_download"),
    path("w/<slug:workspace>/drafts/<slug:key>", drafts.draft_keep, name="draft_keep"),
    path("w/<slug:workspace>/drafts/<slug:key>/drop", drafts.draft_drop, name="draft_drop"),
    path("w/<slug:workspace>/images/", images.image_new, name="image_new"),
    path(
        "w/<slug:workspace>/images/<slug:image>.<slug:extension>",
        images.image,
        name="image",
    ),
    path(
        "w/<slug:workspace>/suggestions/tags",
        images.tag_suggestions,
        name="tag_suggestions",
    ),
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
    path("workspaces/new", workspaces.workspace_new, name="workspace_new"),
    path("w/<slug:workspace>/settings", workspaces.workspace_settings, name="workspace_settings"),
    path("w/<slug:workspace>/archive", workspaces.workspace_archive, name="workspace_archive"),
    path(
        "w/<slug:workspace>/unarchive", workspaces.workspace_unarchive, name="workspace_unarchive"
    ),
    path("w/<slug:workspace>/delete", workspaces.workspace_delete, name="workspace_delete"),
    path("w/<slug:workspace>/people", people.people, name="people"),
    path("w/<slug:workspace>/leave", people.workspace_leave, name="workspace_leave"),
    path("w/<slug:workspace>/people/<str:member>/role", people.member_role, name="member_role"),
    path(
        "w/<slug:workspace>/people/<str:member>/remove", people.member_remove, name="member_remove"
    ),
    path(
        "w/<slug:workspace>/people/<str:member>/transfer",
        people.workspace_transfer,
        name="workspace_transfer",
    ),
    path("w/<slug:workspace>/invitations", invitations.invite, name="invite"),
    path(
        "w/<slug:workspace>/invitations/<str:invitation>/resend",
        invitations.invitation_resend,
        name="invitation_resend",
    ),
    path(
        "w/<slug:workspace>/invitations/<str:invitation>/revoke",
        invitations.invitation_revoke,
        name="invitation_revoke",
    ),
    path("invitations/<str:token>", invitations.invitation, name="invitation"),
    path("invitations/<str:token>/join", invitations.invitation_join, name="invitation_join"),
    path(
        "invitations/<str:token>/register",
        invitations.invitation_register,
        name="invitation_register",
    ),
    path(
        "w/<slug:workspace>/a/<slug:slug>/archive",
        history.article_archive,
        name="article_archive",
    ),
    path(
        "w/<slug:workspace>/a/<slug:slug>/history",
        history.article_history,
        name="article_history",
    ),
    path(
        "w/<slug:workspace>/a/<slug:slug>/compare",
        history.article_compare,
        name="article_compare",
    ),
    # beside the article's own address, where its relative links lead to the same places
    path(
        "w/<slug:workspace>/a/<slug:slug>@<int:number>",
        history.article_revision,
        name="article_revision",
    ),
    path(
        "w/<slug:workspace>/a/<slug:slug>@<int:number>/restore",
        history.revision_restore,
        name="revision_restore",
    ),
    path("w/<slug:workspace>/broken-links/", links.broken_links, name="broken_links"),
    path("w/<slug:workspace>/trash/", trash.trash, name="trash"),
    path("w/<slug:workspace>/trash/<slug:slug>/restore", trash.trash_restore, name="trash_restore"),
    path("w/<slug:workspace>/trash/<slug:slug>/purge", trash.trash_purge, name="trash_purge"),
]
