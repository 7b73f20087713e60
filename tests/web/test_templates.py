"""What no template of ours may hold: a way around escaping, or anything that the policy of our pages would stop."""

import re
from pathlib import Path

import pytest

import integration.web

TEMPLATES = sorted((Path(integration.web.__file__).parent / "templates").rglob("*.html"))
FORBIDDEN = {
    "markup that nobody escapes": r"\|\s*safe\b|\bautoescape\b|\bMarkup\b|\|\s*forceescape",
    "a script in the page itself": r"<script(?![^>]*\ssrc=)",
    "a style in the page itself": r"<style|\sstyle=",
    "a script in an attribute": r"""\son[a-z]+\s*=\s*["']|javascript:|\bhx-on\b|\bhx-vals=["']js:""",
    "an attribute without quotes around what is put into it": r"(?<!;)\s[a-z-]+=\{\{",
    "something of another host's": r"""(?:src|srcset|poster)=["'](?:https?:)?//""",
    "a link to a new window that knows ours": r'target="_blank"(?![^>]*rel="noopener)',
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds(what: str) -> None:
    found = [
        f"{path.name}: {match[0]}" for path in TEMPLATES for match in re.finditer(FORBIDDEN[what], path.read_text())
    ]
    assert found == []


def test_no_view_makes_markup_by_hand() -> None:
    """Werkzeug and Flask escape what a template is given; text that is put together in Python would come in as it is."""
    room = Path(integration.web.__file__).parent
    odd = re.compile(r"\bMarkup\b|render_template_string|mimetype=\"text/html\"")
    assert [path.name for path in room.glob("*.py") if odd.search(path.read_text())] == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("markup that nobody escapes", "{{ name | safe }}"),
        ("a script in the page itself", "<script>go()</script>"),
        ("a style in the page itself", '<p style="color:red">'),
        ("a script in an attribute", '<p onclick="go()">'),
        ("an attribute without quotes around what is put into it", "<a href={{ link }}>"),
        ("something of another host's", '<img src="//cdn.example.com/x.png">'),
        ("a link to a new window that knows ours", '<a target="_blank" href="x">'),
    ],
)
def test_each_of_these_is_seen(what: str, text: str) -> None:
    assert re.search(FORBIDDEN[what], text)
