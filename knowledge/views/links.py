"""The broken links of a workspace, for its editors. What is broken is `authoring/references`."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from knowledge.authoring.references import broken_references
from knowledge.models import Workspace
from knowledge.views.doors import MemberRequest, for_editors

LINKS_PER_PAGE = 50


@require_safe
@for_editors
def broken_links(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """Links and images of the workspace's articles that lead nowhere."""
    report = broken_references(workspace)
    page = Paginator(report.findings, LINKS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "workspace": workspace,
        "place": "articles",
        "page_obj": page,
        "unread": report.unread,
        "broken": sum(not finding.works for finding in report.findings),
    }
    return render(request, "knowledge/broken_links.html", context)
