"""How many planted lies `check --source` tells: `source_rates.py SEEDS [--article FILE]`.

    python benchmarks/source_rates.py 1000-1099

A lie is told where a finding of the right code names the right row (for a number that nothing
holds: its digits) and the place at which the document prints it. A false alarm is a warning about
a row that is right. Every lie is planted alone, and in pairs with another in other paragraphs, in
text and in HTML by turns. With `--article` lies are planted in that text too, against the
catalogue that ships.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from source_lies import LIES, Truth, plant
from source_scene import Scene, html_of, scene, text_of, write_catalogue

from pingshan_geo.audit.document import read_document
from pingshan_geo.audit.source import SourceCheck, check_source
from pingshan_geo.catalogue.load import Catalogue, load_catalogue

Told = frozenset[tuple[str, str]]
Row = tuple[str, int, int, tuple[str, ...], tuple[str, ...]]


def findings_of(check: SourceCheck, places: dict[str, str]) -> Told:
    """Return code and id of every warning; a finding with a wrong place has a code that tells so.

    Numbers that nothing holds are given by their digits.
    """
    told = set()
    for finding in check.findings:
        if finding.severity != "info":
            key, place = (
                str(finding.details.get("id", finding.subject)),
                finding.details.get("place", ""),
            )
            is_placed = not place or not isinstance(place, str) or place == places.get(key, place)
            told.add((finding.code if is_placed else f"{finding.code} elsewhere", key))
    for _, numbers in check.unheld:
        told |= {("source-number-unheld", number.digits) for number in numbers}
    return frozenset(told)


def judged(right: Truth, told: Told) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """Return how many of the findings that are right were told, those missed, false alarms."""
    missed = sorted(right - told)
    false = sorted(pair for pair in told - right if pair[0] != "source-number-unheld")
    return len(right) - len(missed), tuple(map(str, missed)), tuple(map(str, false))


def told_of(at: Scene, folder: Path, *, as_html: bool) -> Told:
    """Write a scene's files and return what the check tells of them."""
    write_catalogue(at, folder / "catalogue")
    document = folder / f"document.{'html' if as_html else 'txt'}"
    document.write_text(html_of(at) if as_html else text_of(at), "utf-8")
    check = check_source(load_catalogue(folder / "catalogue"), "document", read_document(document))
    places = {
        slot.key: f"P{p} S{s}"
        for p, lines in enumerate(at.paragraphs, 1)
        for s, line in enumerate(lines, 1)
        for slot in line.slots
    }
    return findings_of(check, places)


def of_seed(seed: int) -> list[Row]:
    """Return lie, right findings, told ones, missed ones and false alarms, for all lies."""
    rows: list[Row] = []
    at = scene(seed)
    names = list(LIES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = told_of(at, folder, as_html=bool(seed % 2))
        # Fillers speak of "the two sides": a number, and rightly listed.
        unheld = tuple(str(each) for each in told if each[0].endswith("unheld") and each[1] != "2")
        alarms = judged(frozenset(), told)[2]
        rows.append(("clean", 0, 0, (), (*alarms, *unheld)))
        for number, lie in enumerate(names):
            first = plant(at, lie, seed)
            if first is None:
                continue
            told = told_of(first.scene, folder, as_html=bool((seed + number) % 2))
            rows.append((lie, len(first.right), *judged(first.right, told)))
            other = names[(number + 1 + seed) % len(names)]
            second = plant(first.scene, other, seed + 1, first.touched)
            if second is None or other == lie:
                continue
            right = first.right | second.right
            told = told_of(second.scene, folder, as_html=bool(seed % 2))
            rows.append((f"pair: {lie}", len(right), *judged(right, told)))
    return rows


# --- the article ----------------------------------------------------------------------------


def of_article(path: Path) -> Iterator[Row]:
    """Yield what is told of lies in the article and in the facts that come from it."""
    catalogue = load_catalogue()
    source = "laplace-2017-article"
    clean = read_document(path)
    check = check_source(catalogue, source, clean)
    yield ("article: clean", 0, 0, (), judged(frozenset(), findings_of(check, {}))[2])
    text = path.read_text("utf-8")
    rng = np.random.default_rng(17)
    with tempfile.TemporaryDirectory() as name:
        changed = Path(name) / path.name
        for each in check.checked:
            if each.number is None or each.place is None:
                continue
            sentence = next(s.text for s in clean.sentences if s.locator == each.place)
            for lie, code, new in _article_lies(sentence, each.number, rng):
                if new is None or new == sentence or sentence not in text:
                    continue
                changed.write_text(text.replace(sentence, new, 1), "utf-8")
                told = findings_of(check_source(catalogue, source, read_document(changed)), {})
                told -= {("source-digest", source)}
                right = frozenset({(code, each.statement.id)})
                yield (f"article: {lie}", 1, *judged(right, told))
            for lie, code, held in _fact_lies(catalogue, each.statement.id, rng):
                told = findings_of(check_source(held, source, clean), {})
                right = frozenset({(code, each.statement.id)})
                yield (f"article: {lie}", 1, *judged(right, told))


def _article_lies(
    sentence: str, number: object, rng: np.random.Generator
) -> Iterator[tuple[str, str, str | None]]:
    start, end = (int(getattr(number, name)) for name in ("start", "end"))
    printed = sentence[start:end]
    digits = [place for place, letter in enumerate(printed) if letter.isdecimal()]

    def put(new: str) -> str:
        return sentence[:start] + new + sentence[end:]

    if digits:
        place = int(rng.choice(digits))
        digit = str((int(printed[place]) + int(rng.integers(1, 9))) % 9 + 1)
        yield "a digit", "source-changed", put(printed[:place] + digit + printed[place + 1 :])
    pairs = [p for p in digits if p + 1 in digits and printed[p] != printed[p + 1] != "0"]
    if pairs:
        p = pairs[0]
        swapped = printed[:p] + printed[p + 1] + printed[p] + printed[p + 2 :]
        yield "two digits swapped", "source-changed", put(swapped)
    is_qualified = getattr(number, "qualifier", "") != "printed"
    if is_qualified:
        bare = re.sub(r"(?:about|approximately|more than)\s$", "", sentence[:start])
        yield "qualifier lost", "source-qualifier", bare + sentence[start:]
    elif getattr(number, "kind", "") != "ordinal":
        yield "qualifier added", "source-qualifier", put(f"about {printed}")
    for one, two in (("square kilometers", "hectares"), ("hectares", "square kilometers"),
                     ("billion yuan", "million yuan"), ("%", " percentage points")):  # fmt: skip
        if printed.endswith(one) and "million square" not in printed:
            yield "unit", "source-unit", put(printed.replace(one, two))


def _fact_lies(
    catalogue: Catalogue, fact: str, rng: np.random.Generator
) -> Iterator[tuple[str, str, Catalogue]]:
    facts = catalogue.facts
    if fact not in facts.index:
        return

    def put(**cells: str) -> Catalogue:
        changed = facts.copy()
        for column, cell in cells.items():
            changed[column] = [
                cell if key == fact else old
                for key, old in zip(changed.index, changed[column], strict=True)
            ]
        return replace(catalogue, facts=changed)

    digits = str(facts.loc[fact, "value_digits"])
    place = int(rng.choice([p for p, letter in enumerate(digits) if letter.isdecimal()]))
    digit = str((int(digits[place]) + int(rng.integers(1, 9))) % 9 + 1)
    if digit != digits[place]:
        value = digits[:place] + digit + digits[place + 1 :]
        yield "fact, value", "source-changed", put(value_digits=value)
    yield "fact, locator", "source-moved", put(locator="P2 S1")
    held = facts.loc[fact, "qualifier"]
    qualifier = "about" if held != "about" else "more_than"
    yield "fact, qualifier", "source-qualifier", put(qualifier=qualifier)
    yield "fact, year", "source-year", put(as_of="2014-12")


def main(words: list[str]) -> None:
    """Print the tables for seeds given as numbers or as FIRST-LAST."""
    article = words[words.index("--article") + 1] if "--article" in words else None
    seeds: list[int] = []
    for word in words:
        if re.fullmatch(r"\d+(-\d+)?", word):
            first, _, last = word.partition("-")
            seeds += range(int(first), int(last or first) + 1)
    rows: list[Row] = []
    with ProcessPoolExecutor(max_workers=2) as pool:
        for seed, found in zip(seeds, pool.map(of_seed, seeds, chunksize=4), strict=True):
            rows += found
            for lie, *_, missed, false in found:
                if missed or false:
                    _say(f"seed {seed}: {lie}: missed {missed[:4]}, false {false[:4]}")
    if article:
        for row in of_article(Path(article)):
            rows.append(row)
            if row[3] or row[4]:
                _say(f"{row[0]}: missed {row[3]}, false {row[4]}")
    _table(rows)


def _table(rows: list[Row]) -> None:
    _say("\n| lie | documents | all told | findings right | told | false alarms |")
    _say("|---|---|---|---|---|---|")
    totals: dict[str, Counter[str]] = {}
    for lie, right, told, missed, false in rows:
        kind = "all pairs" if lie.startswith("pair") else (
            "all, article" if lie.startswith("article: ") else "all, alone")  # fmt: skip
        for name in (lie, kind) if right else (lie,):
            total = totals.setdefault(name, Counter())
            total.update(n=1, whole=not missed, right=right, told=told, false=len(false))
    for name, each in sorted(totals.items()):
        share = f"{each['told'] / each['right']:.1%}" if each["right"] else "–"
        whole = f"{each['whole'] / each['n']:.1%}" if each["right"] else "–"
        _say(f"| {name} | {each['n']} | {whole} | {each['right']} | {share} | {each['false']} |")


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
