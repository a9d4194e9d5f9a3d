"""Each protection against text from data taken out in turn: the others hold; all out, it runs."""

import re

import pytest
from jinja2 import Template, TemplateError
from tests import hostile_town
from tests.page.watching import ready, watched

from pingshan_geo import assess, load_catalogue, page
from pingshan_geo.page import elements, inert, program

#: The one place where the page's program puts texts into elements, and what it would be without.
SAFE = "node.append(...children.flat(3).filter("
UNSAFE = """children.flat(3).forEach((child) => (typeof child === "string"
    ? node.insertAdjacentHTML("beforeend", window.still ? child.replace(still, "x") : child)
    : child && node.append(child)));
    void ([].filter("""
WALK = {"lang": "en", "every": 40, "deep": 20, "most": 2, "texts": []}
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n')
TYPES = "; require-trusted-types-for 'script'; trusted-types default"
#: A page that is led elsewhere shows nothing more: taken out where it is to be seen what runs.
AWAY = "http-equiv=refresh|top.location="
STILL = f"window.still = /{AWAY}/gi;"


@pytest.fixture(scope="module")
def assessment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("protections") / "catalogue"
    hostile_town.spoilt(folder, 40, source=hostile_town.ROOT / "geodata")
    return assess(load_catalogue(folder))


@pytest.fixture(scope="module")
def data(assessment):
    return page.payload(assessment)


@pytest.fixture(scope="module")
def render(assessment, data):
    """Render the page with things patched."""

    def done(*patches):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(page, "payload", lambda *_, **__: data)
            for one in patches:
                patch.setattr(*one)
            return page.render_page(assessment)

    return done


@pytest.fixture(scope="module")
def unsafe(render):
    """The page whose program makes markup of texts."""

    def plain(name):
        said = program.plain(name)
        assert name != "core.js" or SAFE in said
        return said.replace(SAFE, UNSAFE) if name == "core.js" else said

    return render((elements, "plain", plain))


@pytest.fixture(scope="module")
def unescaped(render):
    """The page whose data is escaped by nobody, nor looked through for what could end it."""

    def block(kind, name, text):
        return f'<script type="{kind}" id="pingshan-geo-{name}">{text}</script>'

    return render((inert, "_ESCAPED", {}), (elements, "block", block))


def without(whole, what):
    bare, count = re.subn(what, "", whole)
    assert count
    return bare


@pytest.fixture
def look(browser, tmp_path):
    """Open a page, walk through it if it stands; return what its texts did, and what it built."""

    def done(whole, *, walk=True, before=""):
        path = tmp_path / "page.html"
        path.write_text(whole, encoding="utf-8")
        with watched(browser, path, before=before) as seen:
            if walk:
                ready(seen).walk(**WALK)
            seen.page.wait_for_timeout(1000 if walk else 2500)
            return seen.acted(), seen.foreign()

    return done


def test_without_its_policy_the_page_runs_asks_and_builds_nothing(look, render):
    assert look(without(render(), POLICY)) == ([], [])


def test_without_the_escaping_of_data_the_page_is_refused(render):
    with pytest.raises(ValueError, match="holds a sign of markup"):
        render((inert, "_ESCAPED", {}))


def test_without_escaping_and_refusal_the_policy_lets_nothing_run_or_be_asked_for(look, unescaped):
    acted, built = look(without(unescaped, AWAY), walk=False)
    assert acted == []
    assert "iframe" in built


def test_with_text_made_markup_nothing_runs_and_no_such_element_comes_to_be(look, unsafe):
    acted, built = look(unsafe, walk=False)
    assert acted == []
    assert not {"img", "iframe", "meta", "style", "link", "base", "b[onclick]"} & {*built}


def test_with_text_made_markup_and_no_trusted_types_nothing_runs_or_is_asked_for(look, unsafe):
    acted, built = look(without(unsafe, TYPES), walk=False, before=STILL)
    assert acted == []
    assert "iframe" in built


def compiled(data):
    """Return the data as branca would compile it, were it no finished piece."""
    return Template(elements.DataBlock(data).render()).render()


def test_data_that_is_compiled_as_a_template_stays_as_it_is(data):
    assert compiled(data) == elements.DataBlock(data).render()


def test_compiled_and_with_open_braces_the_data_is_a_template(data, monkeypatch):
    monkeypatch.setattr(inert, "_OPENS", re.compile("(?!)"))
    with pytest.raises(TemplateError):
        compiled(data)


@pytest.mark.parametrize("kind", ["unsafe", "unescaped"])
def test_with_all_taken_out_the_texts_do_run(look, request, kind):
    bare = without(request.getfixturevalue(kind), POLICY)
    bare = without(bare, AWAY) if kind == "unescaped" else bare
    acted, built = look(bare, walk=False, before=STILL)
    assert [one for one in acted if one.isdigit()]
    assert [one for one in acted if one.startswith("dialog")]
    assert [one for one in acted if "canary.invalid" in one]
    assert {"iframe", "img[onerror]"} <= {*built}
