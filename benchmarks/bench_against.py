#!/usr/bin/env python3
"""Compares the speed of this tree with that of an earlier revision, case by case.

Builds the revision in a worktree under .cache/ (or $LAZULITE_CACHE) with this tree's benchmarks, and
this tree in build/. The two sides then take turns, each time in a fresh process, for many rounds. A
case passes if the median of the paired ratios (old time / new time) is at least 0.97, or if 1.00 lies
within its 95% interval and the interval's lower end is at least 0.93; all cases together, if the
geometric mean of the medians is at least 0.99. Cases of less than 20 us are compared by the number of
instructions that callgrind counts on one thread, which may grow by 3%. The exit status is 0 if all
pass, 1 if not. Cases of operations that the revision lacks are named and not measured.
"""

import argparse
import os
import sys
from pathlib import Path

from against import report, sides, statistics

ROOT = Path(__file__).resolve().parents[1]


def parse():
    cache = Path(os.environ.get("LAZULITE_CACHE", ROOT / ".cache"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("revision", help="what to compare with, as git names it")
    parser.add_argument("--case", default="", metavar="REGEX", help="only cases that match")
    parser.add_argument("--rounds", type=int, default=30, help="turns of each side")
    parser.add_argument("--milliseconds", type=int, default=60, help="of measuring in each turn")
    parser.add_argument("--again", type=int, default=0, help="more tries of a case that fails")
    parser.add_argument("--json", type=Path, help="where to keep all times and verdicts")
    parser.add_argument("--cache", type=Path, default=cache, help="where the revision is built")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="of the builds")
    parser.add_argument("--no-build", action="store_true", help="both sides are built already")
    options = parser.parse_args()
    if options.rounds < 6:
        parser.error(f"--rounds must be at least 6, for a 95% interval, not {options.rounds}")
    return options


def measure(case, old, new, options):
    """Times of both sides, in turn; which one starts changes from round to round."""
    times = {old: [], new: []}
    for turn in range(options.rounds):
        for side in (old, new) if turn % 2 == 0 else (new, old):
            times[side].append(side.microseconds(case, options.milliseconds))
        if turn == 0 and max(times[old][0], times[new][0]) < statistics.BRIEF_MICROSECONDS:
            return statistics.Brief(case, times[old][0], old.instructions(case), new.instructions(case))
    return statistics.Timed(case, times[old], times[new])


def main():
    options = parse()
    try:
        revision = sides.revision(ROOT, options.revision)
        folder = options.cache / "against" / revision[:12]
        if not options.no_build:
            sides.build_revision(ROOT, folder, revision, options.jobs)
            sides.build_tree(ROOT, options.jobs)
        old, new = sides.Side(folder), sides.Side(ROOT)
        print(report.heading(options.revision, revision), flush=True)
        # An operation that the revision lacks has nothing to be compared with.
        known, cases = set(old.cases("")), new.cases(options.case)
        added = [case for case in cases if case not in known]
        results = []
        for case in (case for case in cases if case in known):
            result = measure(case, old, new, options)
            # One try in twenty lies outside of its interval even if nothing has changed.
            for _ in range(options.again):
                if not result.passes():
                    result = result.joined(measure(case, old, new, options))
            results.append(result)
            print(report.line(result), flush=True)
    except sides.Failure as failure:
        sys.exit(f"bench_against: {failure}")
    path = options.json or options.cache / "against" / f"{revision[:12]}.json"
    report.write(path, revision, results, added)
    print(report.summary(results, added), f"\nAll times: {path}", sep="")
    return 0 if statistics.all_pass(results) else 1


if __name__ == "__main__":
    sys.exit(main())
