"""What the Trace Event Format asks of a file."""

from __future__ import annotations

NEEDED = {
    "X": {"name": str, "ts": (int, float), "dur": (int, float), "pid": int, "tid": int},
    "i": {"name": str, "ts": (int, float), "pid": int, "tid": int},
    "C": {"name": str, "ts": (int, float), "pid": int, "args": dict},
    "M": {"name": str, "pid": int, "args": dict},
}
NAMES_OF_METADATA = {"process_name", "thread_name", "thread_sort_index", "process_sort_index"}


def check(trace):
    """Raises AssertionError where an event lacks something, or where those of a thread overlap
    without one being inside of the other. Returns how many complete events there are."""
    assert isinstance(trace["traceEvents"], list)
    by_thread = {}
    for event in trace["traceEvents"]:
        assert event["ph"] in NEEDED, event
        for key, kind in NEEDED[event["ph"]].items():
            assert isinstance(event.get(key), kind), (key, event)
        if event["ph"] == "M":
            assert event["name"] in NAMES_OF_METADATA, event
        if event["ph"] == "C":
            assert all(isinstance(v, (int, float)) for v in event["args"].values()), event
        if event["ph"] == "X":
            assert event["dur"] >= 0, event
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
