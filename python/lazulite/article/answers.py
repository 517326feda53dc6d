"""The author's questions, answered by what was measured."""

from __future__ import annotations

import math
import statistics

SETTLED = 1.05  # times the lowest validation loss
AGREEMENT = 1e-4  # relative, over the first steps
FIRST_STEPS = (10, 25, 50, 100)
LEAST_LOSS = 1e-3  # below it differences count as of this


def settled_at(losses: list[float | None]) -> int | None:
    """The first epoch from which on the loss stays within 5% of its lowest value; None where it
    does not yet."""
    known = [loss for loss in losses if loss is not None]
    if len(known) < 2 or len(known) < len(losses):
        return None
    bound = SETTLED * min(known)
    after = len(known)
    while after > 0 and known[after - 1] <= bound:
        after -= 1
    # At the last epoch nothing is known of what would follow.
    return after + 1 if after + 1 < len(known) else None


def validation_losses(configuration: dict) -> list:
    return [epoch["validation_loss"] for epoch in configuration["learning"]["epochs"]]


def noise_of(accuracies: list[float], images: int) -> float:
    """The standard error of a mean accuracy: of the runs where there are several, and of which
    images happen to be in the test set."""
    mean = statistics.fmean(accuracies)
    of_images = mean * (1 - mean) / images
    of_runs = statistics.variance(accuracies) / len(accuracies) if len(accuracies) > 1 else 0
    return math.sqrt(of_images + of_runs)


def settling(configurations: list[dict]) -> dict:
    rows = []
    for configuration in configurations:
        losses = validation_losses(configuration)
        rows.append(
            {
                "name": configuration["name"],
                "settled_at": settled_at(losses),
                "lowest_loss": min((x for x in losses if x is not None), default=None),
                "last_loss": losses[-1] if losses else None,
            }
        )
    return {"rows": rows}


def accuracy(configurations: list[dict], images: int, against: dict | None) -> dict:
    rows = []
    for configuration in configurations:
        found = configuration["learning"].get("test_accuracies")
        if not found:
            continue
        row = {
            "name": configuration["name"],
            "seeds": len(found),
            "epochs": len(configuration["learning"]["epochs"]),
            "mean": statistics.fmean(found),
            "noise": noise_of(found, images),
            "difference": None,
            "difference_noise": None,
            "within_noise": None,
        }
        theirs = against["learning"].get("test_accuracies") if against else None
        comparable = theirs and configuration is not against
        if comparable and row["epochs"] == len(against["learning"]["epochs"]):
            row["difference"] = row["mean"] - statistics.fmean(theirs)
        # A single run says nothing of the chance of first weights, order and dropout.
        if row["difference"] is not None and min(len(found), len(theirs)) > 1:
            # Two standard errors: what chance alone exceeds once in twenty times.
            row["difference_noise"] = 2 * math.hypot(row["noise"], noise_of(theirs, images))
            row["within_noise"] = abs(row["difference"]) <= row["difference_noise"]
        rows.append(row)
    return {"against": against["name"] if against else None, "rows": rows}


def difference(own: float | None, theirs: float | None) -> float | None:
    if own is None or theirs is None:
        return None
    return abs(own - theirs) / max(abs(theirs), LEAST_LOSS)


def largest(differences: list[float | None]) -> float | None:
    return None if None in differences else max(differences, default=None)


def largest_over(own: list, theirs: list) -> list[float | None]:
    """The largest differences over the first 10, 25, 50 and 100 steps."""
    differences = [difference(a, b) for a, b in zip(own, theirs, strict=False)]
    return [largest(differences[:first]) for first in FIRST_STEPS]


def agreement(configurations: list[dict], against: dict | None) -> dict:
    """Of the first steps' losses, from the same weights, on the same batches, without dropout.
    Training amplifies the last bits in which frameworks differ, so it is asked how far it goes:
    between frameworks, in 32 bits and in 64; between each framework's 32 bits and its own 64; and
    where one bit of the learning rate differs."""
    rows = []
    theirs = against["losses"] if against else None
    for configuration in configurations:
        own = configuration["losses"]
        if not own or not theirs or configuration is against:
            continue
        differences = [difference(a, b) for a, b in zip(own, theirs, strict=False)]
        over = [i for i, d in enumerate(differences) if d is None or d > AGREEMENT]
        rows.append(
            {
                "name": configuration["name"],
                "steps": len(differences),
                "largest_differences": largest_over(own, theirs),
                "agreeing_steps": over[0] if over else len(differences),
            }
        )
    return {
        "against": against["name"] if against else None,
        "bound": AGREEMENT,
        "first_steps": list(FIRST_STEPS),
        "rows": rows,
        "rounding": from_themselves(configurations, "exact_losses"),
        "nudged": from_themselves(configurations, "nudged_losses"),
        "exact": exact_agreement(configurations, against),
    }


def from_themselves(configurations: list[dict], others: str) -> list[dict]:
    return [
        {"name": c["name"], "largest_differences": largest_over(c["losses"], c[others])}
        for c in configurations
        if c["losses"] and c.get(others)
    ]


def exact_agreement(configurations: list[dict], against: dict | None) -> list[dict]:
    theirs = against.get("exact_losses") if against else None
    rows = []
    for configuration in configurations:
        own = configuration.get("exact_losses")
        if own and theirs and configuration is not against:
            differences = largest_over(own, theirs)
            within = differences[-1] is not None and differences[-1] <= AGREEMENT
            rows.append({"name": configuration["name"], "largest_differences": differences,
                         "within": within})  # fmt: skip
    return rows


def reference_of(configurations: list[dict], has) -> dict | None:
    """Whom the others are compared with: PyTorch as the article writes it, another of PyTorch's,
    MLX, or else the first of Lazulite's."""
    families = ["pytorch", "mlx", "lazulite"]
    fit = [c for c in configurations if has(c)]
    return min(fit, key=lambda c: families.index(c["family"]), default=None)


def answer(results: dict) -> dict:
    configurations = results["configurations"]
    learnt = reference_of(configurations, lambda c: c["learning"].get("test_accuracies"))
    stepped = reference_of(configurations, lambda c: c["losses"])
    return {
        "settling": settling(configurations),
        "accuracy": accuracy(configurations, results["data"]["test"], learnt),
        "agreement": agreement(configurations, stepped),
    }
