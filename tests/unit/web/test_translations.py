"""Everything that the pages say, they say in Chinese too, and the compiled file says the same."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LOCALE = ROOT / "frontend" / "locale" / "zh_Hans" / "LC_MESSAGES"
ENTRY = re.compile(
    r'msgid ((?:"[^\n]*"\n)+)(?:msgid_plural (?:"[^\n]*"\n)+)?msgstr(?:\[0\])? ((?:"[^\n]*"\n?)+)'
)
TEMPLATE_TEXT = re.compile(r"""{% translate (?:"([^"]+)"|'([^']+)')""")
CODE_TEXT = re.compile(r'_\("([^"]+)"\)')


def text(lines: str) -> str:
    return "".join(ast.literal_eval(line) for line in lines.strip().split("\n"))


def catalogue() -> dict[str, str]:
    found = ENTRY.findall((LOCALE / "django.po").read_text())
    return {text(message): text(translation) for message, translation in found}


def test_every_text_of_pages_has_a_translation() -> None:
    translations = catalogue()
    said = {
        text
        for template in (ROOT / "frontend" / "templates").rglob("*.html")
        for pair in TEMPLATE_TEXT.findall(template.read_text())
        for text in pair
        if text
    }
    for module in (ROOT / "marketplace" / "web").rglob("*.py"):
        said |= set(CODE_TEXT.findall(module.read_text()))
    assert {text for text in said if not translations.get(text)} == set()


def test_no_translation_is_empty_or_fuzzy() -> None:
    assert [message for message, translation in catalogue().items() if message and not translation] == []
    assert "#, fuzzy" not in (LOCALE / "django.po").read_text()


def test_the_compiled_file_is_the_same() -> None:
    with (LOCALE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message, translation in catalogue().items():
        if message:
            assert translation in (compiled.gettext(message), compiled.ngettext(message, message, 1))


def test_placeholders_survive_translation() -> None:
    placeholder = re.compile(r"%\(\w+\)s")
    for message, translation in catalogue().items():
        assert set(placeholder.findall(message)) == set(placeholder.findall(translation)), message
