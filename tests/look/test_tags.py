"""What the tags templates use write into a page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone


def drawn(source: str, **context: object) -> str:
    return Template("{% load look firms %}" + source).render(Context(context))


def test_an_icon_is_the_same_whether_named_outright_or_by_a_value() -> None:
    outright = drawn('{% icon "check" "large" %}')
    assert outright == drawn("{% icon name size %}", name="check", size="large")
    assert 'href="#i-check"' in outright
    assert 'class="icon large"' in outright


def test_an_icons_name_cannot_break_out_of_its_mark() -> None:
    assert "<b>" not in drawn("{% icon name %}", name='x"/><b>')


def test_an_icon_without_a_name_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError):
        drawn("{% icon %}")


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1, seconds=5), "1 minute ago"),
        (timedelta(minutes=59, seconds=30), "59 minutes ago"),
        (timedelta(hours=1, minutes=59), "1 hour ago"),
        (timedelta(hours=30), "yesterday"),
        (timedelta(days=29, hours=1), "29 days ago"),
        (timedelta(days=31), "last month"),
        (timedelta(days=200), "6 months ago"),
        (timedelta(days=366), "last year"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(minutes=-5, seconds=-5), "in 5 minutes"),
        (timedelta(days=-1, seconds=-5), "tomorrow"),
    ],
)
def test_how_long_ago_is_said_in_the_words_the_script_uses(ago: timedelta, words: str) -> None:
    assert f">{words}</time>" in drawn('{% moment when "ago" %}', when=timezone.now() - ago)


@pytest.mark.parametrize(
    ("when", "form", "words"),
    [
        (datetime(2026, 3, 1, 6, 7, tzinfo=UTC), "", "Mar 1, 2026, 12:07 AM"),
        (datetime(2026, 3, 1, 18, 7, tzinfo=UTC), "", "Mar 1, 2026, 12:07 PM"),
        (datetime(2026, 7, 1, 18, 7, tzinfo=UTC), "", "Jul 1, 2026, 1:07 PM"),
        (datetime(2026, 3, 1, 4, 30, tzinfo=UTC), "day", "Feb 28, 2026"),
        (date(2026, 12, 9), "", "Dec 9, 2026"),
    ],
)
def test_a_time_is_told_in_the_firms_zone(when: date, form: str, words: str) -> None:
    firm = SimpleNamespace(time_zone="America/Chicago")
    assert f">{words}</time>" in drawn(f'{{% moment when "{form}" %}}', when=when, firm=firm)


@pytest.mark.parametrize("slug", ["moss", "9000000000000000000"])
def test_a_rows_address_is_the_one_the_router_gives(slug: str) -> None:
    firm, source = (
        SimpleNamespace(slug=slug),
        '{% firm_url "client" 17 %} {% url "client" slug=firm.slug pk=17 %}',
    )
    short, long = drawn(source, firm=firm).split()
    assert short == long
