"""The rows of a delivery on their way into a table: refused, repaired, accepted, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pingshan_geo.catalogue.draft import Draft
from pingshan_geo.catalogue.schema import ID_COLUMN, SPATIAL, TABLES
from pingshan_geo.findings import Finding, in_order
from pingshan_geo.ids import normal_ids
from pingshan_geo.ingest.columns.proposal import MADE_OF
from pingshan_geo.ingest.columns.values import converted
from pingshan_geo.ingest.merge import EVIDENCE, Merged, merge
from pingshan_geo.ingest.plan import Plan
from pingshan_geo.ingest.references import AS_DELIVERED, link, references
from pingshan_geo.ingest.shapes import settle


@dataclass
class Outcome:
    """What an import did, or would do.

    Attributes
    ----------
    import_id : str
        Its id; also where nothing was written.
    rows, accepted, repaired, quarantined : int
        ``rows`` is the sum of the others.
    merged : Merged
        Added, changed, the same, removed.
    findings : tuple of Finding
        Everything that is told.
    writes, removes
        What the transaction holds; nothing where the import changes nothing.
    """

    import_id: str
    rows: int
    accepted: int
    repaired: int
    quarantined: int
    merged: Merged
    findings: tuple[Finding, ...]
    writes: dict[str, Any] = field(default_factory=dict)
    removes: list[str] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        """Whether the catalogue is another one afterwards."""
        return bool(self.writes)


class Rows:
    """The rows of a delivery on their way: which are refused, which repaired, and why."""

    def __init__(self, draft: Draft, plan: Plan) -> None:
        self.draft, self.plan = draft, plan
        self.table = plan.request.table
        self.key = ID_COLUMN[self.table]
        delivery = plan.delivery
        self.file, self.numbers = delivery.file, delivery.rows
        done = converted(delivery, plan.proposal.mapping)
        self.frame = done.frame
        self.refused = np.zeros(len(self.frame), dtype=bool)
        self.repaired = np.zeros(len(self.frame), dtype=bool)
        self.reasons: dict[int, list[Finding]] = {}
        self.findings: list[Finding] = list(done.findings)
        self.take(plan.findings)
        self.fault(done.faults)
        earlier = draft.tables["imports"]["import_id"]
        self.import_id = f"import-{1 + max(map(_number, earlier), default=0)}"

    def fault(self, faults: Iterable[tuple[int, Finding]]) -> None:
        """Take findings of single rows; one of severity error refuses its row."""
        for at, finding in faults:
            self.findings.append(finding)
            if finding.severity == "error":
                self.refused[at] = True
                self.reasons.setdefault(at, []).append(finding)

    def take(self, found: Iterable[Finding]) -> None:
        """Take findings about the file; those of a single row are that row's."""
        found = list(found)
        told = np.isin(self.numbers, [each.row for each in found if each.row is not None])
        place = {int(self.numbers[at]): int(at) for at in np.flatnonzero(told)}
        for finding in found:
            at = place.get(finding.row) if finding.row is not None else None
            if at is None:
                self.findings.append(finding)
            else:
                self.fault([(at, finding)])

    def settle(self) -> None:
        """Put the outlines right, or refuse their rows; say how they were made."""
        if self.plan.geometry is not None:
            settled = settle(self.plan.geometry, self.numbers, self.file, ~self.refused)
            shapes, self.repaired = settled.geometry, settled.repaired.copy()
            self.take(settled.findings)
            self.refused |= settled.refused
            self.frame["geometry"] = pd.Series(shapes, dtype=object)
            self._status(shapely.is_missing(shapes))

    def _status(self, missing: npt.NDArray[np.bool_]) -> None:
        """Fill ``geometry_status``: as mapped, as asked, else approximate with a warning."""
        asked = self.plan.request.geometry_status
        status = self.frame.get("geometry_status", pd.Series([None] * len(missing), dtype=object))
        values = status.to_numpy(dtype=object, copy=True)
        empty = pd.isna(values)
        if asked is not None:
            values[:] = asked
        elif (empty & ~missing).any():
            count = str(int((empty & ~missing).sum()))
            self.findings.append(
                Finding("geometry-status-assumed", file=self.file, field="geometry_status",
                        value=count)
            )  # fmt: skip
            values[empty] = "approximate"
        values[missing] = "none"
        self.frame["geometry_status"] = pd.Series(values, dtype=object)

    def identify(self) -> None:
        """Give rows without an id column one; refuse rows without id, and ids that stand twice."""
        if self.key not in self.frame:
            self.frame[self.key] = pd.Series(_made_ids(self.table, self.frame), dtype=object)
            first_id = str(self.frame[self.key].iloc[0])
            self.findings.append(Finding("id-made", file=self.file, field=self.key, value=first_id))
        ids = self.frame[self.key].to_numpy(dtype=object)
        missing = pd.isna(ids)
        for at in np.flatnonzero(missing & ~self.refused):
            self.fault([(int(at), self._finding("missing-id", int(at), self.key, None))])
        forms = self.forms = normal_ids(ids)
        filled = np.flatnonzero(~missing & ~self.refused)
        self.known = set(forms[~missing])
        if len(self.known) == len(ids) - missing.sum():
            return
        doubled = filled[pd.Series(forms[filled], dtype=object).duplicated(keep=False)]
        group, _ = pd.factorize(forms[doubled])
        _, first, size = np.unique(group, return_index=True, return_counts=True)
        equal = self._equal(doubled, doubled[first][group])
        repeats = np.bincount(group, equal, len(first)) == size
        second = np.argsort(group, kind="stable")[np.cumsum(size) - size + 1]
        is_first = first[group] == np.arange(len(group))
        twin = doubled[np.where(is_first, second[group], first[group])]
        for at, other, same, one in zip(doubled, twin, repeats[group], is_first, strict=True):
            if same and one:
                continue  # the others repeat it in every cell
            code = "repeated-row" if same else "duplicate-id"
            details = {"other": f"{self.file}:{self.numbers[other]}"}
            finding = self._finding(code, at, self.key, str(ids[at]), details)
            self.fault([(int(at), finding)])

    def _equal(
        self, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """Return which pairs of rows are equal in every cell and in their outline."""
        equal = np.ones(len(one), dtype=bool)
        for name in self.frame.columns.drop("geometry", errors="ignore"):
            cells = self.frame[name].to_numpy(dtype=object)
            a, b = (np.fromiter(map(str, cells[rows]), object) for rows in (one, other))
            equal &= a == b
        if "geometry" in self.frame:
            shapes = self.frame["geometry"].to_numpy(dtype=object)
            a, b = shapes[one], shapes[other]
            missing = shapely.is_missing(a) & shapely.is_missing(b)
            equal &= missing | shapely.equals_exact(a, b, 0.0, normalize=True)
        return equal

    def _finding(
        self, code: str, at: int, column: str, value: str | None, details: Any = None
    ) -> Finding:
        return Finding(code, None, self.file, int(self.numbers[at]), column, value, details or {})

    def accepted(self) -> pd.DataFrame:
        """Return the rows that go into the table, with their evidence."""
        frame = self.frame[~self.refused] if self.refused.any() else self.frame.copy(deep=False)
        numbers = self.numbers[~self.refused]
        frame["source_id"] = self._sources(frame)
        if self.table == "facts":
            place = pd.Series([f"row {number}" for number in numbers], index=frame.index)
            old = frame.get("locator", pd.Series(None, index=frame.index, dtype=object))
            frame["locator"] = old.where(old.notna(), place)
        frame[EVIDENCE[0]] = self.import_id
        frame[EVIDENCE[1]] = numbers
        # Below zero until the row has its place, so that a finding leads back to the delivery.
        frame["row_number"] = -1 - np.flatnonzero(~self.refused)
        return frame

    def _sources(self, frame: pd.DataFrame) -> pd.Series[Any]:
        """Return the source of each row: the import itself where none is named that is known."""
        none = pd.Series(None, index=frame.index, dtype=object)
        named = frame.get("source_id", none)
        unknown = named.notna() & ~named.isin(self.draft.tables["sources"]["source_id"])
        if unknown.any():
            frame["source_id" + AS_DELIVERED] = named.where(unknown, None)
            value = ", ".join(map(str, named[unknown].unique()[:5]))
            told = Finding("source-unknown", None, self.file, None, "source_id", value)
            self.findings = [each for each in self.findings if each != told] + [told]
        return named.where(named.notna() & ~unknown, self.import_id)

    def put(self, frame: pd.DataFrame) -> Merged:
        """Merge the rows into the draft and link what refers to what."""
        tables = self.draft.tables
        if (frame["source_id"] == self.import_id).any():
            tables["sources"] = with_row(
                tables["sources"],
                {"source_id": self.import_id, "title_en": self.file, "title_zh": self.file,
                 "sha256": self.plan.delivery.sha256},
            )  # fmt: skip
        referred = set(references({**tables, self.table: tables[self.table].iloc[:0]}, self.table))
        frame, told = link(tables, self.table, frame, self.draft.file(self.table))
        self.linked = [self._located(each) for each in told]
        for name in map(str, tables[self.table]):
            if name.endswith(AS_DELIVERED) and name not in frame:
                frame[name] = None  # what an earlier delivery said is out of date
        silent = {"source_id", "locator", self.key + AS_DELIVERED} - {
            pair.field for pair in self.plan.proposal.mapping.pairs
        }
        merged = merge(
            tables[self.table], frame, self.key,
            forms=self.forms[~self.refused], known=self.known, referred=referred, silent=silent,
        )  # fmt: skip
        if not (merged.added or merged.changed or len(merged.removed)):
            return merged
        table = merged.table
        if self.table in SPATIAL:
            bare = shapely.is_missing(table["geometry"].to_numpy(dtype=object))
            status = table["geometry_status"]
            table["geometry_status"] = status.mask(status.isna() & bare, "none").astype(object)
        tables[self.table] = table
        for name in TABLES:  # what was not found before may be there now
            linked, _ = link(tables, name, tables[name], self.draft.file(name))
            if linked is not tables[name] and not linked.equals(tables[name]):
                tables[name] = linked
        return merged

    def _located(self, finding: Finding) -> Finding:
        """Return a finding about a merged row with the place in the delivery."""
        if finding.row is None or finding.row >= 0:
            return finding
        return replace(finding, file=self.file, row=int(self.numbers[-1 - finding.row]))

    def refuse(self, wrong: list[tuple[int, Finding]]) -> None:
        """Refuse rows that are wrong beside the other tables."""
        self.fault((at, self._located(finding)) for at, finding in wrong)

    def renumber(self) -> None:
        """Give every row of the table the number that it will have in the file."""
        table = self.draft.tables[self.table]
        start = 1 if self.table in SPATIAL else 2
        self.draft.tables[self.table] = table.assign(
            row_number=np.arange(start, start + len(table))
        )

    def outcome(self, merged: Merged) -> Outcome:
        """Return the counts and everything told."""
        told = [*self.findings, *self.linked]
        for column, ids in merged.emptied.items():
            told.append(
                Finding("value-emptied", file=self.file, field=column, value=str(len(ids)),
                        details={"ids": ", ".join(map(str, ids[:5]))})
            )  # fmt: skip
        if len(merged.removed):
            names = ", ".join(map(str, merged.removed[self.key][:5]))
            told.append(Finding("rows-removed", file=self.file, value=str(len(merged.removed)),
                                details={"ids": names}))  # fmt: skip
        told += (
            Finding("row-held", name, self.file, field=self.key, value=name) for name in merged.held
        )
        refused, repaired = int(self.refused.sum()), int((self.repaired & ~self.refused).sum())
        return Outcome(
            self.import_id, len(self.frame), len(self.frame) - refused - repaired, repaired,
            refused, merged, in_order(told),
        )  # fmt: skip


def _made_ids(table: str, frame: pd.DataFrame) -> list[str]:
    """Return ids made of what a row is about; the same row gets the same id in every delivery."""
    used = [frame[name] for name in MADE_OF[table] if name in frame]
    made: list[str] = []
    seen: dict[str, int] = {}
    for at in range(len(frame)):
        cells = [str(column.iloc[at]) for column in used if not pd.isna(column.iloc[at])]
        text = re.sub(r"[^\w.-]+", "-", "-".join([table.removesuffix("s"), *cells])).strip("-")
        seen[text] = seen.get(text, 0) + 1
        made.append(text if seen[text] == 1 else f"{text}-{seen[text]}")
    return made


def with_row(table: pd.DataFrame, row: dict[str, Any]) -> pd.DataFrame:
    """Return a table with one more row."""
    more = pd.DataFrame([row]).astype(object)
    more["row_number"] = len(table) + 2
    whole = pd.concat([table.astype(object), more], ignore_index=True)
    return whole.astype(object).where(whole.notna(), None)


def _number(import_id: Any) -> int:
    found = re.fullmatch(r"import-(\d{1,9})", str(import_id))
    return int(found[1]) if found else 0
