"""Small filters and tags of the firm's own pages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import template
from django.template import Context
from django.urls import get_resolver, get_script_prefix, get_urlconf, reverse
from django.urls.resolvers import URLResolver

register = template.Library()


@register.filter
def of(values: Mapping[Any, Any], key: Any) -> Any:
    """Return what a mapping holds for the key, or an empty text."""
    return values.get(key, "")


@register.simple_tag(takes_context=True)
def firm_url(context: Context, name: str, pk: int) -> str:
    """Return the address of one row's page in the firm: ``{% firm_url "client" client.pk %}``.

    What ``{% url name slug=firm.slug pk=pk %}`` says, reversed once and then filled in:
    a list has hundreds of such links.
    """
    before, after = _around(get_resolver(get_urlconf()), get_script_prefix(), name, context["firm"].slug)
    return f"{before}{pk}{after}"


_ANY_ROW = 9_000_000_000_000_000_000


@lru_cache(maxsize=1024)
def _around(resolver: URLResolver, prefix: str, name: str, slug: str) -> tuple[str, str]:
    """Return what stands before and after the row's number; resolver and prefix only tell addresses apart."""
    before, _, after = reverse(name, kwargs={"slug": slug, "pk": _ANY_ROW}).rpartition(str(_ANY_ROW))
    return before, after
