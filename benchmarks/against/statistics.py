"""What decides whether a case has become slower."""

import math
import statistics
from dataclasses import dataclass

LEAST_RATIO = 0.97  # of the median
LEAST_END = 0.93  # of an interval in which 1 lies
LEAST_MEAN = 0.99  # geometric, of all medians
MOST_INSTRUCTIONS = 1.03
BRIEF_MICROSECONDS = 20


def interval_of_median(values, confidence=0.95):
    """Two order statistics between which the median lies, by the binomial distribution."""
    ordered, n = sorted(values), len(values)
    cut, outside = 0, 0.5**n  # the chance that `cut` or fewer values lie below the median
    while 2 * (outside + math.comb(n, cut + 1) * 0.5**n) <= 1 - confidence:
        cut += 1
        outside += math.comb(n, cut) * 0.5**n
    return ordered[cut], ordered[n - 1 - cut]


@dataclass
class Timed:
    """Microseconds of both sides, paired by round."""

    case: str
    old: list
    new: list

    def ratios(self):
        return [old / new for old, new in zip(self.old, self.new)]

    def ratio(self):
        return statistics.median(self.ratios())

    def interval(self):
        return interval_of_median(self.ratios())

    def microseconds(self):
        return statistics.median(self.old), statistics.median(self.new)

    def passes(self):
        low, high = self.interval()
        return self.ratio() >= LEAST_RATIO or (low <= 1 <= high and low >= LEAST_END)

    def joined(self, other):
        # A case of about the length that divides the two kinds may be of the other at the next try.
        if isinstance(other, Brief):
            return other
        return Timed(self.case, self.old + other.old, self.new + other.new)


@dataclass
class Brief:
    """Instructions of one call on both sides."""

    case: str
    old_microseconds: float
    old: float
    new: float

    def ratio(self):
        return self.old / self.new

    def passes(self):
        return self.new <= MOST_INSTRUCTIONS * self.old

    def joined(self, other):
        return other


def geometric_mean(results):
    return math.exp(statistics.fmean(math.log(result.ratio()) for result in results))


def all_pass(results):
    return bool(results) and geometric_mean(results) >= LEAST_MEAN and all(r.passes() for r in results)
