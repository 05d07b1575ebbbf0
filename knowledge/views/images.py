"""Pictures: taken in from the editor's page, and shown to whoever may read what they are in.

Thin: what a picture may be is `authoring/picture_files`, storing is `authoring/images`, who may
see one is `access`.
"""

from bson import ObjectId
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_POST, require_safe

from knowledge.access import may_see_image
from knowledge.authoring.images import StoredImage, alt_text, find_image, store_image
from knowledge.authoring.picture_files import PictureRefused
from knowledge.authoring.suggestions import used_tags
from knowledge.forms import ArticleForm
from knowledge.models import Workspace
from knowledge.views.acting import opened_for
from knowledge.views.doors import MemberRequest, PersonRequest, for_editors, for_readers
from knowledge.views.form_page import form_page

KEPT = "private, max-age=2592000, immutable"
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@require_POST
@for_editors
def image_new(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """Store a picture. A form gets its Markdown appended to its text, a script gets it alone."""
    try:
        markdown, problem = _stored(request, workspace), ""
    except PictureRefused as refused:
        markdown, problem = "", str(refused)
    if "content" in request.POST:
        return _into_form(request, workspace, markdown, problem)
    if problem:
        return JsonResponse({"problem": problem}, status=400)
    return JsonResponse({"markdown": markdown}, status=201)


@require_safe
@for_readers
def image(
    request: PersonRequest, workspace: Workspace, image: str, extension: str
) -> HttpResponseBase:
    """One picture, if the person may read an article that shows it."""
    if not ObjectId.is_valid(image) or len(image) != len(str(ObjectId())):
        raise Http404("no such image")
    image_id = ObjectId(image)
    if not may_see_image(request.rights, workspace, image_id):
        raise Http404("no such image")
    found = find_image(workspace, image_id, extension)
    if found is None:
        raise Http404("no such image")
    return _served(request, found)


@require_safe
@for_editors
def tag_suggestions(request: MemberRequest, workspace: Workspace) -> HttpResponse:
    """The tags in use, for completing what is typed."""
    return JsonResponse({"tags": used_tags(workspace)})


def _stored(request: MemberRequest, workspace: Workspace) -> str:
    picture = request.FILES.get("picture")
    if picture is None:
        raise PictureRefused("Choose a picture first.")
    data = picture.read(settings.IMAGE_MAX_BYTES + 1)
    address = store_image(workspace=workspace, user=request.user, data=data)
    return f"![{alt_text(picture.name or '')}]({address})"


def _into_form(
    request: MemberRequest, workspace: Workspace, markdown: str, problem: str
) -> HttpResponse:
    article = opened_for(request, workspace)
    form = ArticleForm(request.POST.copy(), workspace=workspace, article=article)
    if markdown:
        content = form.data.get("content", "").rstrip()
        form.data["content"] = f"{content}\n\n{markdown}\n".lstrip()  # type: ignore[index]
    context = {"picture_problem": problem, "picture_added": bool(markdown)}
    return form_page(request, form, status=400 if problem else 200, **context)


def _served(request: HttpRequest, found: StoredImage) -> HttpResponseBase:
    etag = f'"{found.sha256}"'
    response = HttpResponse(found.data, content_type=found.content_type)
    response["ETag"], response["Cache-Control"] = etag, KEPT
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return get_conditional_response(request, etag=etag, response=response) or response
