"""Reads the lines of FRAMEWORK.DEVICE.cnn.bench.out, and refuses any others."""

from __future__ import annotations

import re

NUMBER = r"\d+(?:\.\d+)?"
THREE = rf"{NUMBER},{NUMBER},{NUMBER}"
LIST = rf"\[{NUMBER}(?:, {NUMBER})*\]"
LINES = [
    ("batch_inference_range_us", rf"batch_inference_range_us\|(\d+):({THREE})"),
    ("indiv_inference_range_us", rf"indiv_inference_range_us():({THREE})"),
    ("batch_backprop_range_us", rf"batch_backprop_range_us\|(\d+):({THREE})"),
    ("indiv_backprop_range_us", rf"indiv_backprop_range_us():({THREE})"),
    ("epoch_range_s", rf"epoch_range_s\|(\d+):({THREE})"),
    ("test_run_ms", rf"test_run_ms():({NUMBER})"),
    ("loss", rf"loss(): ({LIST})"),
    ("accuracy", rf"accuracy(): ({LIST})"),
]


def parse(text):
    """Name -> numbers; and the batch. Raises ValueError at the first line that is not as it must
    be."""
    if not text.endswith("\n"):
        raise ValueError("the last line does not end")
    lines = text.splitlines()
    if len(lines) != len(LINES):
        raise ValueError(f"there are {len(lines)} lines; {len(LINES)} were expected")
    out, batches = {}, set()
    for line, (name, form) in zip(lines, LINES, strict=True):
        match = re.fullmatch(form, line)
        if not match:
            raise ValueError(f"{line!r} is no line of {name}")
        batch, numbers = match.groups()
        if batch:
            batches.add(int(batch))
        out[name] = [float(n) for n in re.findall(NUMBER, numbers)]
        if len(out[name]) == 3 and "range" in name and out[name] != sorted(out[name]):
            raise ValueError(f"{line!r}: minimum, mean and maximum are in another order")
    if len(batches) != 1:
        raise ValueError(f"the batches differ: {sorted(batches)}")
    return out, batches.pop()
