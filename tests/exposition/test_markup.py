from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from upbit_monitor.exposition.markup import Html, element, joined


class Seen(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(), st.text())
def test_any_text_stays_text_and_any_attribute_stays_one(text: str, title: str) -> None:
    seen = Seen(element("p", text, title=title))
    assert seen.tags == ["p"]
    assert seen.attributes == [("title", title)]
    assert seen.text == text


def test_markup_within_markup_is_not_escaped_again() -> None:
    assert element("p", element("b", "1 < 2")) == "<p><b>1 &lt; 2</b></p>"
    assert joined("<", Html("<br>")) == "&lt;<br>"


def test_a_void_element_has_no_end() -> None:
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_names_that_python_cannot_spell_are_translated() -> None:
    written = element("p", class_="x", aria_label="y", id=None)
    assert written == '<p class="x" aria-label="y"></p>'
