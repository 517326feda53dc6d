"""What the Trace Event Format asks of a file."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

SCHEMA = json.loads(Path(__file__).with_name("trace.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def check(trace):
    """Raises jsonschema.ValidationError where an event lacks something, and AssertionError where
    those of a thread overlap without one being inside of the other. Returns how many complete
    events there are."""
    VALIDATOR.validate(trace)
    by_thread = {}
    for event in trace["traceEvents"]:
        if event["ph"] == "X":
            by_thread.setdefault((event["pid"], event["tid"]), []).append(event)
    rounding = 2e-3  # of microseconds with three decimals
    for events in by_thread.values():
        open_until = []
        for event in sorted(events, key=lambda e: (e["ts"], -e["dur"])):
            end = event["ts"] + event["dur"]
            while open_until and open_until[-1] <= event["ts"] + rounding:
                open_until.pop()
            assert not open_until or end <= open_until[-1] + rounding, event
            open_until.append(end)
    return sum(len(events) for events in by_thread.values())
