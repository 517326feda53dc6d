"""The comparison as lines for people and as a record for machines."""

import json
import os

from against import statistics


def heading(name, revision):
    title = f"{'case':<46}{'old us':>10}{'new us':>10}{'ratio':>8}{'95% interval':>16}"
    return f"This tree against {name} ({revision[:12]}); above 1 the tree is faster.\n{title}"


def line(result):
    verdict = "" if result.passes() else "  SLOWER"
    if isinstance(result, statistics.Brief):
        counts = f"{result.old:>10.0f}{result.new:>10.0f}{result.ratio():>8.3f}"
        return f"{result.case:<46}{counts}{'instructions':>16}{verdict}"
    old, new = result.microseconds()
    low, high = result.interval()
    times = f"{old:>10.1f}{new:>10.1f}{result.ratio():>8.3f}"
    return f"{result.case:<46}{times}{f'{low:.3f}-{high:.3f}':>16}{verdict}"


def summary(results):
    if not results:
        return "FAILED: there is no such case."
    slower = [result.case for result in results if not result.passes()]
    mean = statistics.geometric_mean(results)
    text = f"{len(results)} cases, geometric mean {mean:.3f} (wanted {statistics.LEAST_MEAN})"
    text += f"; slower: {', '.join(slower)}." if slower else "; none is slower."
    return f"{text}\n{'passed' if statistics.all_pass(results) else 'FAILED'}"


def write(path, revision, results):
    cases = {
        result.case: {
            "unit": "instructions" if isinstance(result, statistics.Brief) else "us",
            "old": result.old,
            "new": result.new,
            "ratio": result.ratio(),
            "passes": result.passes(),
        }
        for result in results
    }
    record = {"revision": revision, "passes": statistics.all_pass(results), "cases": cases}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)
