"""Which cause a difference has: a comparison of how well each predicts the recorded area.

Each cause predicts one record or several. Its weight for a row is the density of the record under
it, on a logarithmic scale of areas: the print step and the survey say how sharp each prediction is,
and a cause that may predict n records gives each a share of 1/n (Occam's factor; MacKay 2003,
chapter 28). Beside all stands some other reason, which makes any area of about that size. How
common each is in a table is learnt from all of its rows that do not agree (EM): where every record
is anyhow wrong, one that looks like a slip of a digit mostly is none.
"""

from __future__ import annotations

import numpy as np

from pingshan_geo.figure import BoolArray, FloatArray, IntArray
from pingshan_geo.measures.reconcile.tolerance import SIGMAS

#: How common each cause is thought to be among rows that do not agree, before a table is seen; a
#: slip in typing is the commonest, and the rarer ones need more digits or more rows to be named.
#: What a row's own columns tell is seldom told by chance.
PRIOR = {
    "unit-mu": 1.0, "unit-ha": 1.0, "unit-km2": 1.0, "unit-mm2": 1.0, "unit-sqft": 1.0,
    "power-of-ten": 1.0, "web-mercator": 1.0, "other-projection-zone": 1.0,
    "plane-for-ellipsoid": 2.0, "ellipsoid-for-plane": 1.0, "compensation-plane": 1.0,
    "slope-surface": 1.0, "hole-not-subtracted": 3.0, "hole-lost": 1.0, "part-missing": 1.0,
    "part-missing-outline": 1.0, "generalised-outline": 2.0, "older-outline": 1.0,
    "arcs-flattened": 1.0, "digit-slip": 15.0, "digit-swap": 1.0, "total-for-net-site": 3.0,
    "land-given-up": 3.0, "renewal-unit-for-other": 3.0, "lots-swapped": 1.0,
    "lots-merged": 2.0, "lots-split": 2.0, "control-total": 1.0,
}  # fmt: skip
#: Of some other reason: a quarter of all that does not agree.
OTHER = 15.0
#: A table of fewer rows than this is told by `PRIOR` more than by itself.
ROWS_OF_PRIOR = 10.0
#: A cause is named if it is so many times as likely as some other reason (chosen on planted layers:
#: 97 % of digit slips are then named, and 0.7 % of lots recorded at random) ...
AGAINST_OTHER = 3.0
#: ... and first alone if it is so many times as likely as the next.
AGAINST_NEXT = 20.0
#: Scale of ln(recorded / measured) for some other reason: a Cauchy density, half of it within a
#: factor of two, a hundredth beyond a factor of 10^9, so that no ratio is impossible.
SPREAD = np.log(2.0)
_SWAPPED, _ROUNDS = list(PRIOR).index("lots-swapped"), 20


class Scores:
    """Log densities of the records of some rows under each cause, and the best of its predictions.

    Parameters
    ----------
    recorded, half_m2, relative : array of float, array of float, float
        Records, half of the printed step of each, and the share of an area that is allowed besides.
    """

    def __init__(self, recorded: FloatArray, half_m2: FloatArray, relative: float) -> None:
        self.recorded, self.half_m2, self.relative = recorded, half_m2, relative
        shape = (len(recorded), len(PRIOR))
        self.total, self.best = np.full(shape, -np.inf), np.full(shape, -np.inf)
        self.rest, self.value = np.full(shape, np.nan), np.full(shape, np.nan)
        self.right = np.full(len(recorded), -np.inf)

    def offer(
        self,
        cause: str,
        rows: IntArray,
        predicted: FloatArray,
        *,
        sigma_m2: FloatArray,
        slack_m2: FloatArray | float = 0.0,
        share: FloatArray | float = 1.0,
        value: FloatArray | float = np.nan,
    ) -> None:
        """Take up predictions of a cause, in m²; one that does not fit within tolerance is nothing.

        Parameters
        ----------
        rows : array of int
            Which row each prediction is of; a row may come several times.
        sigma_m2, slack_m2 : array of float
            Standard deviation of each prediction, and half of what it was rounded to.
        share : array of float
            Share of this prediction among those of the cause for the row.
        value : array of float
            What is told as evidence if it is the best.
        """
        rest = self.recorded[rows] - predicted
        log, beyond = self._log_density(rows, predicted, sigma_m2, slack_m2)
        log = np.where(beyond <= SIGMAS, log, -np.inf)
        share, value = (np.broadcast_to(part, rows.shape) for part in (share, value))
        keep = np.flatnonzero(np.isfinite(log) & (share > 0))
        keep = keep[np.argsort(log[keep] + np.log(share[keep]), kind="stable")]
        at, column = rows[keep], list(PRIOR).index(cause)
        log = log[keep] + np.log(share[keep])
        np.logaddexp.at(self.total[:, column], at, log)
        better = log > self.best[at, column]  # of several of one row the last, hence best, stays
        at, keep = at[better], keep[better]
        self.best[at, column], self.rest[at, column] = log[better], rest[keep]
        self.value[at, column] = value[keep]

    def _log_density(
        self, rows: IntArray, predicted: FloatArray, sigma_m2: FloatArray,
        slack_m2: FloatArray | float = 0.0,
    ) -> tuple[FloatArray, FloatArray]:  # fmt: skip
        """Return log densities per unit of ln(area), and how many sigmas beyond the step each is.

        Flat within the step, then a Gauss curve.
        """
        rest = self.recorded[rows] - predicted
        half = self.half_m2[rows] + slack_m2 + self.relative * np.abs(predicted)
        with np.errstate(divide="ignore", invalid="ignore"):
            beyond = np.maximum(np.abs(rest) - half, 0) / sigma_m2
            width = 2 * half + np.sqrt(2 * np.pi) * sigma_m2
            log = np.log(self.recorded[rows] / width) - beyond**2 / 2
        return np.where(predicted > 0, log, -np.inf), beyond

    def leave(self, areas: FloatArray, sigma_m2: FloatArray, share: FloatArray | float) -> None:
        """Take up that a record is right and the survey was off by more than the tolerance."""
        log, _ = self._log_density(np.arange(len(areas)), areas, sigma_m2)
        self.right = np.logaddexp(self.right, np.nan_to_num(log, nan=-np.inf) + np.log(share))

    def choose(
        self, measured: FloatArray, agreeing: int, scatter: float
    ) -> tuple[IntArray, BoolArray]:
        """Return the number of the first cause of each row, -1 where none, and which are ties.

        Parameters
        ----------
        measured : array of float
            Areas of the rows in m².
        agreeing : int
            How many other rows of the table agree: of so many a few lie beyond the tolerance.
        scatter : float
            How far ln(recorded / measured) of all rows of the table lies from their median, as a
            median; layers that share a factor have little of it.
        """
        prior = np.array([*PRIOR.values(), OTHER])
        prior /= prior.sum()
        # Where a survey is worse than its tolerance, rows differ by a little: another reason. That
        # it is, is the less likely the more rows agree.
        far, near = (other_reason(self.recorded, measured, by) for by in (SPREAD, scatter))
        worse = 0.5 * len(far) / (len(far) + agreeing)
        other = np.logaddexp(far + np.log(1 - worse), near + np.log(worse))
        logs = np.column_stack([self.total, other, self.right])
        right = np.full((len(logs), 1), (agreeing + 1) / (len(logs) + 1))
        common = np.broadcast_to(prior, (len(logs), len(prior)))
        for _ in range(_ROUNDS):
            chance = _posterior(logs, np.hstack([common, right]))
            # What is common is learnt from the other rows, never from the row itself.
            seen = chance[:, :-1].sum(axis=0)
            seen[_SWAPPED] /= 2  # two rows, one event
            others = np.maximum(seen - chance[:, :-1], 0)
            common = ROWS_OF_PRIOR * prior + others
            common = common / common.sum(axis=1, keepdims=True)
        chance = _posterior(logs, np.hstack([common, right]))
        first = np.argmax(chance[:, :-2], axis=1)
        here = np.arange(len(first))
        named = chance[:, :-2].sum(axis=1) >= AGAINST_OTHER * chance[:, -2:].sum(axis=1)
        named &= np.isfinite(self.total[here, first])
        # Whether two causes tell the same is no question of how common they are in this table.
        plain = self.total + np.log(prior[:-1])
        ties = plain >= (plain[here, first] - np.log(AGAINST_NEXT))[:, None]
        ties[here, first] = False
        return np.where(named, first, -1), ties & named[:, None]


def other_reason(recorded: FloatArray, measured: FloatArray, spread: float = SPREAD) -> FloatArray:
    """Return the log density of records for some other reason, per unit of ln(area)."""
    ratio = np.log(recorded / measured) / spread
    return np.asarray(-np.log(np.pi * spread * (1 + ratio**2)), dtype=np.float64)


def _posterior(logs: FloatArray, common: FloatArray) -> FloatArray:
    weighed = logs + np.log(common)
    weighed = np.exp(weighed - weighed.max(axis=1, keepdims=True))
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True), dtype=np.float64)
