"""Filters of the pages: hashes, amounts, quantities, states."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from marketplace.licences.vocabulary import Wording
from marketplace.licences.wording import title_of
from marketplace.web.wording import event_title, rule_title, state_title

__all__ = [
    "clause_title",
    "grouped",
    "in_language",
    "kind_title",
    "short_hash",
    "state_badge",
    "token_amount",
    "worded",
]

register = template.Library()

TOKEN_DECIMALS = 18
FINAL_STATES_TONES = {
    "SETTLED": "good",
    "REGISTERED": "good",
    "GRANTED": "good",
    "ONLINE": "good",
    "FINAL": "good",
    "MINED": "good",
    "FAILED": "bad",
    "REJECTED": "bad",
    "REVERTED": "bad",
    "REVOKED": "bad",
    "EXPIRED": "bad",
    "CANCELLED": "muted",
    "OFFLINE": "muted",
    "DRAINING": "muted",
}


@register.filter
def short_hash(value: object) -> SafeString | str:
    """Six digits at each end, the whole as a tooltip and for copying by a double click on the page of the
    thing.
    """
    text = str(value or "")
    if len(text) <= 20:
        return text
    return format_html('<code class="hash" title="{}">{}…{}</code>', text, text[:8], text[-6:])


@register.filter
def grouped(value: object) -> str:
    """An integer with thin spaces between groups of three digits; anything else as it is."""
    try:
        return f"{int(str(value)):,}".replace(",", "\u202f")
    except (TypeError, ValueError):
        return str(value)


@register.filter
def token_amount(value: object) -> str:
    """Smallest units as tokens, exactly: trailing zeros are dropped, nothing is rounded."""
    try:
        units = int(str(value))
    except (TypeError, ValueError):
        return "–"
    whole, rest = divmod(units, 10**TOKEN_DECIMALS)
    fraction = f"{rest:0{TOKEN_DECIMALS}d}".rstrip("0")
    return grouped(whole) + (f".{fraction}" if fraction else "")


@register.filter
def state_badge(value: object) -> SafeString:
    """A state as a small label with its translated name."""
    state = str(value)
    tone = FINAL_STATES_TONES.get(state, "active")
    return format_html(
        '<span class="badge badge-{}" data-state="{}">{}</span>', tone, state, state_title(state)
    )


@register.filter
def kind_title(value: object) -> str:
    """The name of an event for people."""
    return event_title(str(value))


register.filter("rule_title", rule_title)


@register.filter
def worded(wording: Wording) -> str:
    """A text in the visitor's language."""
    return wording.zh if (get_language() or "").startswith("zh") else wording.en


@register.filter
def clause_title(clause: object) -> str:
    """The name of a licence's clause for people."""
    return worded(title_of(str(clause)))


@register.filter
def in_language(thing: Any, field: str) -> str:
    """`field` in Chinese where the visitor reads Chinese and there is one."""
    if (get_language() or "").startswith("zh"):
        chinese = getattr(thing, f"{field}_zh", "")
        if chinese:
            return str(chinese)
    return str(getattr(thing, field))
