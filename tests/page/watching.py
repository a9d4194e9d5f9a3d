"""A page under watch: all that it runs, asks for, says, opens and builds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error

WALKER = Path(__file__).with_name("hostile.js")
#: Elements that the page's own program and Leaflet make.
ELEMENTS = re.compile(
    "a|article|aside|b|body|br|button|canvas|caption|circle|code|defs|details|div|fieldset|footer"
    "|form|g|h[1-4]|head|header|html|img|input|label|legend|li|line|main|meta|nav|noscript|ol"
    "|option|p|path|pattern|polyline|q|rect|script|section|select|span|style|summary|sup|svg"
    "|table|tbody|td|text|textarea|th|thead|title|tr|ul"
)
#: Attributes by which an address gets into the page, with the schemes that ours have.
ADDRESSES = {"a[href=]", "a[href=https:]", "a[href=blob:]", "img[src=data:]"}


#: What a page does that runs nothing of its texts.
NOTHING: tuple[Any, list[str], list[str], list[str]] = (None, [], [], [])


class Watched:
    """What a page did."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.asked: list[str] = []
        self.said: list[str] = []
        self.went: list[str] = []

    def walk(self, **how: Any) -> dict[str, Any]:
        """Look at everything, press everything; return how long the parts took."""
        said: dict[str, Any] = self.page.evaluate("(how) => hostile.walk(how)", how)
        return said

    def ran(self) -> Any:
        """Return the canaries that ran."""
        return self.page.evaluate("window.__ran")

    def foreign(self) -> list[str]:
        """Return what the document held that the page's program does not make."""
        shapes = self.page.evaluate("[...hostile.shapes].sort()")
        return [shape for shape in shapes if not is_ours(shape)]

    def elsewhere(self) -> list[str]:
        """Return every address asked for or gone to but the page's own."""
        own = ("data:", "blob:")
        others = [one for one in self.asked[1:] if not one.startswith(own)]
        return others + [one for one in self.went if one.split("#")[0] != self.address]

    def acted(self) -> list[str]:
        """Return what texts did: canaries that ran, were said or asked for, and where it went."""
        said = [one for one in self.said if re.fullmatch(r"(dialog )?\d{5,}", one)]
        return said + self.elsewhere() + list(map(str, self.ran() or []))

    def all(self) -> tuple[Any, list[str], list[str], list[str]]:
        """Return what ran, where it asked or went, what it said and what it built."""
        return self.ran(), self.elsewhere(), self.said, self.foreign()


def is_ours(shape: str) -> bool:
    """Whether an element, or an attribute of one, is of those that the program makes."""
    name, attribute, value = re.fullmatch(
        r"([^\[]+)(?:\[([^=]*)(=.*)?\])?", shape, re.DOTALL
    ).groups()
    if attribute is None:
        return ELEMENTS.fullmatch(name) is not None
    if value is not None:
        return shape in ADDRESSES
    return (
        re.fullmatch(r"(?!on)[a-zA-Z][a-zA-Z-]*\d?", attribute) is not None
        and attribute != "srcdoc"
    )


@contextmanager
def watched(
    browser: Any, path: Path, hash_: str = "", before: str = "", **settings: Any
) -> Iterator[Watched]:
    """Open a page offline, watched from before its first element."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, offline=True, accept_downloads=True, **settings
    )
    context.add_init_script(path=WALKER)
    context.add_init_script(before)
    page = context.new_page()
    seen = Watched(page, path.as_uri())
    context.on("request", lambda request: seen.asked.append(request.url))
    context.on("page", lambda other: seen.went.append(f"window {other.url}"))
    context.on("requestfailed", lambda one: one.failure == "csp" and seen.asked.remove(one.url))
    page.on("console", lambda message: seen.said.append(message.text))
    page.on("pageerror", lambda error: seen.said.append(str(error)))

    def dismissed(dialog: Any) -> None:
        seen.said.append(f"dialog {dialog.message}")
        with suppress(Error):  # of a page that has gone meanwhile
            dialog.dismiss()

    page.on("dialog", dismissed)
    page.on("framenavigated", lambda frame: frame.parent_frame or seen.went.append(frame.url))
    page.goto(seen.address + hash_, wait_until="commit")
    yield seen
    context.close()


def ready(seen: Watched) -> Watched:
    """Wait until the page stands."""
    seen.page.wait_for_selector("html[data-ready=true]", timeout=30_000)
    return seen
