"""The article's files of figures, FRAMEWORK.DEVICE.cnn.bench.out."""

from __future__ import annotations

from pathlib import Path

from .files import write_atomically

STEPS = {
    "batch_inference_range_us": "batch_inference_us",
    "indiv_inference_range_us": "indiv_inference_us",
    "batch_backprop_range_us": "batch_backprop_us",
    "indiv_backprop_range_us": "indiv_backprop_us",
}


def lines(configuration: dict, batch: int) -> str:
    """The lines for a configuration of the results: names, with the batch where one is used, and
    minimum, mean and maximum; lists have an entry an epoch, of the validation."""
    out = []

    def add(name, values):
        size = "" if name.startswith("indiv") else f"|{batch}"
        out.append(f"{name}{size}:" + ",".join(f"{values[k]:.3f}" for k in ("min", "mean", "max")))

    for name, key in STEPS.items():
        add(name, configuration["steps"][key])
    add("epoch_range_s", configuration["summary"]["epoch_s"])
    out.append(f"test_run_ms:{configuration['summary']['batched_ms']['mean']:.3f}")
    for name in ("loss", "accuracy"):
        values = (epoch["validation"][name] for epoch in configuration["epochs"])
        numbers = (float("nan") if v is None else v for v in values)
        out.append(f"{name}: [" + ", ".join(f"{v:.6f}" for v in numbers) + "]")
    return "\n".join(out) + "\n"


def write(results: dict, folder: Path) -> list[str]:
    """Writes one for each configuration that was measured to its end; returns their names."""
    names = []
    for configuration in results["configurations"]:
        if not configuration.get("steps") or "batched_ms" not in configuration["summary"]:
            continue
        name = f"{configuration['framework']}.{configuration['device']}.cnn.bench.out"
        write_atomically(folder / name, lines(configuration, results["options"]["batch"]))
        names.append(name)
    return names
