"""Everything that a run has found, as one value: what results.json holds and the pages show."""

from __future__ import annotations

import json
import statistics

from . import answers, history
from .configurations import Configuration
from .schedule import Schedule

MEASURES = {
    "epoch_s": "an epoch of training",
    "batched_ms": "the test set at batch 512",
    "single_us": "one image at a time",
}


def spread(values: list[float]) -> dict:
    return {
        "min": min(values),
        "mean": statistics.fmean(values),
        "median": statistics.median(values),
        "max": max(values),
        "count": len(values),
    }


def together(ranges: list[dict]) -> dict | None:
    """The range of several parts of equal size."""
    ranges = [r for r in ranges if r["mean"] is not None]
    if not ranges:
        return None
    return {
        "min": min(r["min"] for r in ranges),
        "mean": statistics.fmean(r["mean"] for r in ranges),
        "max": max(r["max"] for r in ranges),
    }


def tests_of(record) -> list[dict]:
    """Those of the network as it is, and not of what it was some epochs ago."""
    epochs = record.get("tested", [0])[0]
    return record.get("tests", []) if epochs == len(record.get("epochs", [])) else []


def summary_of(record) -> dict:
    epochs, tests = record.get("epochs", []), tests_of(record)
    out = {}
    if epochs:
        out["epoch_s"] = spread([e["seconds"] for e in epochs])
        out["images_per_second"] = statistics.median(e["images_per_second"] for e in epochs)
    if tests:
        out["batched_ms"] = spread([t["batched_ms"] for t in tests])
        single = together([t["single_us"] for t in tests])
        if single:
            out["single_us"] = {**single, "count": sum(t["singles"] for t in tests)}
        out["peak_memory_bytes"] = max(t["peak_memory_bytes"] for t in tests)
    return out


def learning_of(schedule: Schedule, configuration: Configuration) -> dict:
    """Over the seeds: the validation's mean loss and accuracy after each epoch, and the test's."""
    records = [
        record
        for (name, seed), record in schedule.records.items()
        if name == configuration.name and record.get("epochs")
    ]
    epochs = min((len(r.get("epochs")) for r in records), default=0)
    curves = []
    for number in range(epochs):
        point = {}
        for part in ("training", "validation"):
            for what in ("loss", "accuracy"):
                values = [r.get("epochs")[number][part][what] for r in records]
                known = [v for v in values if v is not None]
                point[f"{part}_{what}"] = statistics.fmean(known) if known else None
        curves.append(point)
    tested = [tests_of(r)[-1] for r in records if tests_of(r)]
    out = {"seeds": len(records), "epochs": curves}
    if tested:
        out["test_accuracy"] = spread([t["accuracy"] for t in tested])
        losses = [t["loss"] for t in tested if t["loss"] is not None]
        out["test_loss"] = spread(losses) if losses else None
        out["test_accuracies"] = [t["accuracy"] for t in tested]
    return out


def without_folders(profile: dict) -> dict:
    """Reports are handed on: they name files, and not where these lie."""
    for rows in profile.values():
        for row in rows if isinstance(rows, list) else ():
            row["place"] = row["place"].rsplit("/", 1)[-1]
    return profile


def share_of_convolutions(rows: list[dict]) -> float:
    """Of the kernels' time, with what is fused into them."""
    return sum(row["share"] for row in rows if "conv" in (row["operation"] + row["kernel"]).lower())


def configuration_of(schedule: Schedule, configuration: Configuration) -> dict:
    record = schedule.records[configuration.name, 0]
    out = {
        "name": configuration.name,
        "title": configuration.title,
        "framework": configuration.framework,
        "family": configuration.family,
        "device": configuration.device,
        "version": configuration.version,
        "parameters": record.get("ready", {}).get("parameters"),
        "epochs": record.get("epochs", []),
        "tests": tests_of(record),
        "steps": record.get("steps"),
        "losses": record.get("losses"),
        "exact_losses": record.get("exact"),
        "nudged_losses": record.get("nudged"),
        "summary": summary_of(record),
        "learning": learning_of(schedule, configuration),
        "profile": None,
    }
    profile = schedule.folder / f"profile-{configuration.name}.json"
    if record.get("profile") and profile.exists():
        found = without_folders(json.loads(profile.read_text(encoding="utf-8")))
        out["profile"] = {**found, "convolutions": share_of_convolutions(found["rows"])}
    return out


def turns_of(configuration: dict, measure: str) -> list[float]:
    if measure == "epoch_s":
        return [e["seconds"] for e in configuration["epochs"]]
    if measure == "batched_ms":
        return [t["batched_ms"] for t in configuration["tests"]]
    return [m for t in configuration["tests"] if (m := t["single_us"]["mean"]) is not None]


def ratios(configurations: list[dict]) -> list[dict]:
    """How many times a peer's time is Lazulite's, on the same device, in turns that followed each
    other: the median and the range over the turns."""
    out = []
    for own in configurations:
        if own["family"] != "lazulite":
            continue
        for peer in configurations:
            if peer["family"] == "lazulite" or peer["device"] != own["device"]:
                continue
            row = {"lazulite": own["name"], "peer": peer["name"]}
            for measure in MEASURES:
                pairs = zip(turns_of(peer, measure), turns_of(own, measure), strict=False)
                found = [theirs / ours for theirs, ours in pairs]
                row[measure] = spread(found) if found else None
            out.append(row)
    return out


def collect(schedule: Schedule, data: dict, machine: dict, left_out: list[str],
            missing: list[str]) -> dict:  # fmt: skip
    options = schedule.options
    configurations = [
        found
        for configuration in schedule.configurations.values()
        if (found := configuration_of(schedule, configuration))["epochs"]
    ]
    results = {
        "format": 1,
        "machine": machine,
        "data": data,
        "options": {
            "epochs": options.epochs,
            "batch": options.batch,
            "learning_rate": options.lr,
            "seeds": options.seeds,
            "quick": options.quick,
        },
        "configurations": configurations,
        "left_out": [*left_out, *schedule.failed.values()],
        "ratios": ratios(configurations),
        "history": history.summarise(schedule.history.path),
        "not_told": missing,
    }
    results["answers"] = answers.answer(results)
    return results
