"""The stylesheet as a whole: small, in order, right-to-left safe, and neither more nor less than the pages use."""

import re
from pathlib import Path

WEB = Path(__file__).parents[2] / "integration/web"
CSS = re.sub(r"/\*.*?\*/", "", (WEB / "static/tandem.css").read_text(), flags=re.DOTALL)
TEMPLATES = {it: it.read_text() for it in sorted((WEB / "templates").rglob("*.html"))}
# What a class may be where a template fills it in, by what fills it in.
KINDS = "good note warns fails waits told plain main grave quiet dense"
RIDERS = "both server_only pixel_only unknown waiting dead silent told pixel server"
STATES = "observed pending sending delivered waiting withheld held dead expired ambiguous skipped"
PHASES = "done under-way ahead trouble"
SURFACES = "own admin operator"
FILLED_IN = set(f"{KINDS} {RIDERS} {STATES} {PHASES} {SURFACES}".split())


_JINJA = r"\{\{.*?\}\}|\{%.*?%\}"


def styled() -> set[str]:
    selectors = re.sub(r"\{[^{}]*\}", " ", CSS)
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))


def used() -> dict[str, set[str]]:
    """Each class that a template names, and the templates which do; also within what it fills in."""
    found: dict[str, set[str]] = {}
    for path, text in TEMPLATES.items():
        for quoted in re.findall(rf'class="((?:{_JINJA}|[^"{{])*)"|"class": "([\w -]+)"', text):
            value = quoted[0] or quoted[1]
            inside = re.findall(r"['\"]([a-z][\w -]*)['\"]", " ".join(re.findall(r"\{\{.*?\}\}", value)))
            for word in " ".join([re.sub(_JINJA, " ", value), *inside]).split():
                found.setdefault(word, set()).add(path.name)
    return found


def test_every_class_of_the_stylesheet_is_used_and_every_class_that_is_used_has_its_style() -> None:
    in_scripts = " ".join(it.read_text() for it in (WEB / "static").glob("*.js"))
    unused = {name for name in styled() - used().keys() - FILLED_IN if not re.search(rf"\b{name}\b", in_scripts)}
    assert not unused
    assert not {name: sorted(where) for name, where in used().items() if name not in styled() | FILLED_IN}


def test_it_is_small_and_overrules_nothing() -> None:
    assert (WEB / "static/tandem.css").stat().st_size <= 25_000
    assert "!important" not in CSS
    assert "gradient(" not in CSS
    assert "url(" not in CSS


def test_it_is_right_in_both_directions_of_writing() -> None:
    sided = r"(?<![-\w])((?:margin|padding|border|inset)-(?:left|right)|left|right)\s*:"
    assert not re.findall(sided, CSS)
    assert not re.findall(r"(?:text-align|float|clear):\s*(?:left|right)", CSS)


def test_no_template_carries_style_or_script_of_its_own() -> None:
    inline = r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=\""
    assert not {path.name: found for path, text in TEMPLATES.items() if (found := re.findall(inline, text))}
