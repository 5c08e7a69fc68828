"""Small marks templates draw: icons, times, sparks and bars, and which place is the current one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.contrib.messages.storage.base import Message
from django.template import Context, Node, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, TextNode, Token
from django.utils import timezone
from django.utils.dates import MONTHS_3
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

Number = int | float | Decimal


@register.tag
def icon(parser: Parser, token: Token) -> Node:
    """Draw an icon of components/icons.svg beside words that say the same; it is silent to screen readers.

    ``{% icon "check" %}``, ``{% icon "user" "large" %}``. Named outright, as nearly all are, it is
    drawn when the template is read: a list has hundreds of them.
    """
    named = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    if not 1 <= len(named) <= 2:
        raise TemplateSyntaxError("icon takes a name, and perhaps a size")
    if all(isinstance(part.var, str) and not part.filters for part in named):
        return TextNode(_icon(*(part.var for part in named)))
    return IconNode(named)


class IconNode(Node):
    """An icon whose name is known only when the page is made."""

    def __init__(self, named: Sequence[FilterExpression]) -> None:
        self.named = named

    def render(self, context: Context) -> SafeString:
        return _icon(*(part.resolve(context) for part in self.named))


def _icon(name: object, size: object = "") -> SafeString:
    return format_html(
        '<svg class="icon {}" width="16" height="16" aria-hidden="true"><use href="#i-{}"/></svg>', size, name
    )


STATES = {
    "mapped": ("green", "check", "Mapped"),
    "not_mapped": ("grey", "dash", "Not mapped"),
    "excluded": ("red", "x", "Excluded"),
    "paused": ("grey", "stop", "Paused"),
    "queued": ("grey", "clock", "Waiting"),
    "waiting": ("grey", "clock", "Waiting"),
    "running": ("blue", "", "Running"),
    "done": ("green", "success", "Done"),
    "succeeded": ("green", "success", "Done"),
    "partly": ("amber", "warning", "Partly done"),
    "failed": ("red", "error", "Failed"),
    "cancelled": ("grey", "blocked", "Cancelled"),
    "connected": ("green", "success", "Connected"),
    "needs_reconnect": ("amber", "warning", "Needs reconnecting"),
    "disconnected": ("grey", "unlink", "Not connected"),
}
"""Colour, icon and words of each state; what has no icon turns."""

_MARKS = {
    state: _icon(drawing) if drawing else SafeString('<span class="spinner" aria-hidden="true"></span>')
    for state, (_, drawing, _) in STATES.items()
}


@register.simple_tag
def status(state: str, words: str = "") -> SafeString:
    """Show a state as mark and word; ``words`` other than the usual ones. An unknown state is its own word."""
    colour, _, usual = STATES.get(state, ("grey", "", state))
    mark = _MARKS.get(state, "")
    return format_html('<span class="status {}">{}{}</span>', colour, mark, words or usual)


@register.simple_tag(takes_context=True)
def current(context: Context, *url_names: str) -> SafeString:
    """Mark a link as the current place when the request's URL name is one of these."""
    match = getattr(context.get("request"), "resolver_match", None)
    return SafeString('aria-current="page"' if match and match.url_name in url_names else "")


@register.simple_tag(takes_context=True)
def moment(context: Context, when: datetime | date | None, form: str = "") -> SafeString:
    """Show a time in the firm's zone; ``form`` is "ago", "day" or nothing for day and time.

    "ago" keeps itself fresh in the browser and shows the exact time on hover.
    """
    if when is None:
        return SafeString('<span class="soft">—</span>')
    if not isinstance(when, datetime):
        return format_html('<time datetime="{}">{}</time>', when.isoformat(), _day(when))
    there = timezone.localtime(when, _zone(context))
    exact = f"{_day(there)}, {there.hour % 12 or 12}:{there:%M} {'AM' if there.hour < 12 else 'PM'}"
    match form:
        case "ago":
            words, mark = _ago((timezone.now() - when).total_seconds()), SafeString(" data-ago")
        case "day":
            words, mark = _day(there), SafeString()
        case _:
            words, mark = exact, SafeString()
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', when.isoformat(), exact, mark, words)


def _day(when: date) -> str:
    # By hand: Django's date_format takes a tenth of a millisecond, and lists have a time in each row.
    return f"{MONTHS_3[when.month].title()} {when.day}, {when.year}"


_SPANS = (
    (31_536_000, "year", "last year", "next year"),
    (2_592_000, "month", "last month", "next month"),
    (86_400, "day", "yesterday", "tomorrow"),
    (3_600, "hour", "1 hour ago", "in 1 hour"),
    (60, "minute", "1 minute ago", "in 1 minute"),
)


def _ago(seconds: float) -> str:
    """Say how long ago in the words of static/js/app.js, so that nothing jumps when the script takes over."""
    for length, unit, last, coming in _SPANS:
        if number := int(abs(seconds) // length):
            if number == 1:
                return last if seconds > 0 else coming
            return f"{number} {unit}s ago" if seconds > 0 else f"in {number} {unit}s"
    return "just now"


def _zone(context: Context) -> ZoneInfo | None:
    firm = context.get("firm")
    return ZoneInfo(firm.time_zone) if firm else None


@register.filter
def initials(name: object) -> str:
    words = [word for word in str(name).split("@")[0].replace(".", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[0], words[-1])[: len(words)]) if words else "–"


LEVELS = {"error": ("red", "error"), "warning": ("amber", "warning"), "success": ("green", "success")}


@register.filter
def tone(level: str) -> str:
    """Return the colour of a message level; what is neither good nor bad is blue."""
    return LEVELS.get(level, ("blue", "info"))[0]


@register.filter
def mark(level: str) -> str:
    """Return the icon of a message level."""
    return LEVELS.get(level, ("blue", "info"))[1]


@register.filter
def undo_url(message: Message) -> str:
    """Return the address a message's extra tag ``undo=/f/…`` names, or an empty text."""
    tags = (message.extra_tags or "").split()
    return next((tag.removeprefix("undo=") for tag in tags if tag.startswith("undo=")), "")


SPARK_WIDTH, SPARK_HEIGHT = 100, 28
CHART_WIDTH, CHART_HEIGHT = 600, 144


@register.simple_tag
def spark(values: Sequence[Number]) -> SafeString:
    """Draw a line of how a number went, oldest first. The number itself must stand beside it."""
    points = _line(values)
    if not points:
        return SafeString()
    line = " ".join(f"{x:g},{y:g}" for x, y in points)
    return format_html(
        '<svg class="spark" viewBox="0 0 {w} {h}" preserveAspectRatio="none" aria-hidden="true">'
        '<polygon class="area" points="0,{h} {line} {w},{h}"/><polyline class="line" points="{line}"/></svg>',
        w=SPARK_WIDTH,
        h=SPARK_HEIGHT,
        line=line,
    )


def _line(values: Sequence[Number]) -> list[tuple[float, float]]:
    if len(values) < 2:
        return []
    numbers = [float(value) for value in values]
    low = min(numbers)
    height = max(numbers) - low or 1.0
    step = SPARK_WIDTH / (len(numbers) - 1)
    return [
        (round(i * step, 1), round(SPARK_HEIGHT - 2 - (number - low) / height * (SPARK_HEIGHT - 4), 1))
        for i, number in enumerate(numbers)
    ]


@register.inclusion_tag("components/chart.html")
def bar_chart(
    label: str, series: Sequence[tuple[str, Number]], first: str = "", last: str = ""
) -> dict[str, object]:
    """Draw bars of (name, number) pairs; the numbers are also there as a table."""
    top = float(max((number for _, number in series), default=0)) or 1.0
    slot = CHART_WIDTH / max(len(series), 1)
    width = min(slot * 0.72, 36.0)
    bars = [
        {
            "name": name,
            "number": number,
            "x": round(i * slot + (slot - width) / 2, 1),
            "y": round(CHART_HEIGHT - float(number) / top * (CHART_HEIGHT - 8), 1),
            "width": round(width, 1),
            "height": round(float(number) / top * (CHART_HEIGHT - 8), 1),
        }
        for i, (name, number) in enumerate(series)
    ]
    return {
        "label": label,
        "bars": bars,
        "width": CHART_WIDTH,
        "height": CHART_HEIGHT,
        "lines": [8, 53, 98, CHART_HEIGHT],
        "first": first or (series[0][0] if series else ""),
        "last": last or (series[-1][0] if series else ""),
    }
