"""Text from data in a folium map, where it can neither run nor be compiled.

This file stands alone: it needs branca and nothing of this package, so that it can be taken into
another program under this project's licence. Why it is needed: `docs/templates.md`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from branca.element import Element

_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
#: What begins a piece of a template; in JSON it stands inside texts only.
_OPENS = re.compile(r"\{(?=[{%#])")


class Inert(Element):
    """A finished piece of a page: its text is written out as it stands, never compiled.

    Parameters
    ----------
    text : str
        Markup or a program that is ready; data in it went through `inert_json` or `markup`.

    Examples
    --------
    >>> from branca.element import Figure
    >>> figure = Figure()
    >>> _ = figure.html.add_child(Inert("<p>{{ 7 * 7 }}</p>"))
    >>> "<p>{{ 7 * 7 }}</p>" in figure.render()
    True
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **kwargs: Any) -> str:  # noqa: ARG002 (branca's signature)
        """Return the text."""
        return self.text


def inert_json(data: Mapping[str, Any]) -> str:
    r"""Return JSON that ends no script block and holds no sign of markup or of a template.

    Raises
    ------
    ValueError
        If a number is not finite: JSON has no word for it.

    Examples
    --------
    >>> inert_json({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _OPENS.sub(r"\\u007b", text.translate(_ESCAPED))


def markup(text: str) -> str:
    """Return text as markup that shows it, for places that take markup, as names of layers do.

    Braces become entities too, since branca compiles what its own elements return.

    Examples
    --------
    >>> markup("<b>{{7*7}}</b>")
    '&lt;b&gt;&#123;&#123;7*7&#125;&#125;&lt;/b&gt;'
    """
    return escape(text).replace("{", "&#123;").replace("}", "&#125;")
