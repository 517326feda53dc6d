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


def summary(results, added):
    new = f"New, so not compared: {'; '.join(added)}.\n" if added else ""
    if not results:
        return f"{new}FAILED: there is no such case on both sides."
    slower = [result.case for result in results if not result.passes()]
    mean = statistics.geometric_mean(results)
    text = f"{new}{len(results)} cases, geometric mean {mean:.3f} (wanted {statistics.LEAST_MEAN})"
    text += f"; slower: {', '.join(slower)}." if slower else "; none is slower."
    return f"{text}\n{'passed' if statistics.all_pass(results) else 'FAILED'}"


def write(path, revision, results, added):
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
    passes = statistics.all_pass(results)
    record = {"revision": revision, "passes": passes, "cases": cases, "new": added}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)
