"""The page of the article form, however a view got there, and the preview in it."""

from typing import Any

from bson import ObjectId
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe

from knowledge.authoring.bounded import render_preview
from knowledge.authoring.suggestions import used_categories
from knowledge.forms import ArticleForm
from knowledge.metadata import clean_content
from knowledge.models import Article, Workspace
from knowledge.rendering import RenderError, RenderUnavailable
from knowledge.sanitizing import clean_preview
from knowledge.views.conflicts import conflict_of
from knowledge.views.doors import MemberRequest


def form_page(
    request: MemberRequest, form: ArticleForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    """The form as it is, with what is left to choose where two texts are being merged."""
    context |= {"workspace": form.workspace, "article": form.article, "form": form}
    context |= {"place": "articles", "categories": used_categories(form.workspace)}
    # the key of a new article's form is no article's id
    context["gone"] = form.is_bound and not form.article and ObjectId.is_valid(form.draft_key)
    context["image_max"] = settings.IMAGE_MAX_BYTES
    if form.article and form.data.get("merging"):
        context["conflict"] = conflict_of(form, form.article)
    return render(request, "knowledge/editor/form.html", context, status=status)


def preview_of(
    typed: QueryDict, *, workspace: Workspace, article: Article | None
) -> dict[str, Any]:
    """What was typed as its page would show it and as it would be cut, or why there is neither."""
    slug, source_path = (article.slug, article.source_path) if article else ("new", "")
    try:
        shown = render_preview(
            clean_content(typed.get("content", "")),
            title=typed.get("title", ""),
            base=reverse("knowledge:article", args=[workspace.slug, slug]),
            source_path=source_path,
        )
    except ValidationError as error:
        return {"preview_problem": error.messages[0]}
    except RenderUnavailable:
        return {"preview_problem": "Too many previews at once. Try again in a moment."}
    except RenderError:
        return {"preview_problem": "This text takes too long to lay out. It can still be saved."}
    html = mark_safe(clean_preview(shown.html))  # noqa: S308
    return {"preview": html, "outline": shown.outline}
