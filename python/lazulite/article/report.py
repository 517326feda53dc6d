"""What the results say, block by block."""

from __future__ import annotations

from . import charts
from .charts import Range, Series
from .document import Cell, Document, Figure, Figures, Heading, Picture, Pictures
from .document import Sentences, Table
from .part import THIN, Part, list_of, number, several
from .questions import Questions
from .results import MEASURES

PROFILE_ROWS = 14


def shown_epochs(count: int) -> list[int]:
    """All where they are few; otherwise the first and some that lie evenly."""
    few, parts = 8, 6
    if count <= few:
        return list(range(1, count + 1))
    step = max(1, round(count / parts))
    return sorted({1, *range(step, count + 1, step), count})


class Report(Part):
    """Makes the document of results; nothing but these goes into it."""

    def __init__(self, results: dict, traces: bool):
        super().__init__(results)
        self.traces = traces

    def document(self) -> Document:
        blocks = [self.figures(), *self.summary()]
        questions = Questions(self.results).blocks
        for part in (
            self.learning, self.training, self.classifying, self.peers, questions,
            self.profiles, self.power, self.conditions,
        ):  # fmt: skip
            blocks += part()
        data = self.results["data"]
        size = f"{data['height']}×{data['width']}×{data['channels']}"
        return Document(
            f"A small network on {data['name']}, framework beside framework",
            f"Three convolutions and three linear layers, {data['classes']} classes of images of "
            f"{size}, batch {self.results['options']['batch']}, on {self.machine_in_words()}.",
            [block for block in blocks if block is not None],
        )

    def machine_in_words(self) -> str:
        machine = self.results["machine"]
        words = f"{several(machine['threads'], 'thread')} of {machine['processor']}"
        return words + (f" with {list_of(machine['gpus'])}" if machine["gpus"] else "")

    # What is seen first

    def figures(self) -> Figures | None:
        own = [c for c in self.configurations if c["family"] == "lazulite"]
        if not own:
            return None
        best = min(own, key=lambda c: c["summary"]["epoch_s"]["median"])
        at = f"/configurations/{self.configurations.index(best)}"
        figures = [Figure(self.with_unit(f"{at}/summary/epoch_s/median", 1, "s"),
                          f"an epoch of training, {best['title']}")]  # fmt: skip
        images = self.results["data"]["test"]
        for key, unit, words in (
            ("batched_ms/median", "ms", f"{images:,} images at batch 512".replace(",", THIN)),
            ("single_us/mean", "µs", "one image at a time"),
        ):
            if self.numbers.value(f"{at}/summary/{key}") is not None:
                figures.append(Figure(self.with_unit(f"{at}/summary/{key}", 1, unit), words))
        if best["learning"].get("test_accuracy"):
            path = f"{at}/learning/test_accuracy/mean"
            epochs = several(len(best["learning"]["epochs"]), "epoch")
            figures.append(Figure(self.with_unit(path, 100, "%", "{:.2f}".format),
                                  f"of the test images right after {epochs}"))  # fmt: skip
        for i, row in enumerate(self.results["ratios"]):
            if row["lazulite"] == best["name"] and row["epoch_s"]:
                cell = self.with_unit(f"/ratios/{i}/epoch_s/median", 1, "×")
                figures.append(Figure(cell, f"the time of {self.titles[row['peer']]} for an epoch"))
        return Figures(figures[:6])

    def summary(self) -> list:
        rows = []
        for i, configuration in enumerate(self.configurations):
            at = f"/configurations/{i}"
            rows.append(
                [
                    configuration["title"],
                    configuration["version"],
                    self.cell(f"{at}/summary/epoch_s/median"),
                    self.cell(f"{at}/summary/batched_ms/median"),
                    self.cell(f"{at}/summary/single_us/mean"),
                    self.cell(f"{at}/learning/test_accuracy/mean", 100, "{:.2f}".format),
                    self.cell(f"{at}/summary/peak_memory_bytes", 2**-20),
                ]
            )
        columns = ["", "version", "epoch, s", "test set, ms", "one image, µs", "test accuracy, %",
                   "memory at most, MiB"]  # fmt: skip
        names = [c["name"] for c in self.configurations]
        blocks: list = [Table(columns, rows, names, words=2)]
        if self.results["left_out"]:
            blocks.append(Sentences(" ".join(self.results["left_out"]), quiet=True))
        return blocks

    # The four questions

    def learning(self) -> list:
        seeds = max((c["learning"]["seeds"] for c in self.configurations), default=1)
        over = f", mean of {several(seeds, 'run')}" if seeds > 1 else ""
        pictures = [
            self.curve("accuracy", f"Validation accuracy{over}", "validation_accuracy", 100, "%",
                       "{:.2f}".format),
            self.curve("loss", f"Validation loss{over}", "validation_loss", 1, "",
                       "{:.4f}".format),
            self.curve("training-accuracy", f"Training accuracy{over}", "training_accuracy", 100,
                       "%", "{:.2f}".format),
            self.curve("training-loss", f"Training loss{over}", "training_loss", 1, "",
                       "{:.4f}".format),
        ]  # fmt: skip
        return [
            Heading("What it learns"),
            Sentences(
                "Training looks worse than validation since dropout, which also follows the last "
                "layer, works in training only."
            ),
            Pictures(pictures),
        ]

    def curve(self, name: str, title: str, key: str, scale: float, unit: str, form) -> Picture:
        series = [
            Series(c["name"], c["title"], [e[key] for e in c["learning"]["epochs"]])
            for c in self.configurations
        ]
        epochs = shown_epochs(max((len(s.values) for s in series), default=0))
        rows = []
        for i, one in enumerate(series):
            row: list = [one.title]
            for epoch in epochs:
                path = f"/configurations/{i}/learning/epochs/{epoch - 1}/{key}"
                row.append(self.cell(path, scale, form) if epoch <= len(one.values) else Cell(""))
            rows.append(row)
        shown = f"{title}, {unit}" if unit else title
        table = Table(["epoch", *map(str, epochs)], rows, [s.name for s in series])
        return Picture(name, shown, charts.line_chart(shown, "epoch", series, scale), table)

    def training(self) -> list:
        blocks: list = [Heading("How fast it trains")]
        series = [
            Series(c["name"], c["title"], [e["seconds"] for e in c["epochs"]])
            for c in self.configurations
            # A single epoch makes no line, and MLX's would leave no room for the others.
            if len(c["epochs"]) > 1 or self.results["options"]["epochs"] == 1
        ]
        over = "Time of each epoch, s"
        blocks.append(
            Pictures(
                [
                    self.times("epoch-times", "Range of epoch times", "epoch_s", "s", "epochs"),
                    Picture(
                        "epoch-times-over-epochs",
                        over,
                        charts.line_chart(over, "epoch", series, from_zero=True),
                    ),
                ]
            )
        )
        measured = [(i, c) for i, c in enumerate(self.configurations) if c["steps"]]
        if measured:
            batch = self.results["options"]["batch"]
            rows, names = [], []
            for what, words in (
                ("batch_backprop_us", f"training step, {batch} images"),
                ("indiv_backprop_us", "training step, one image"),
                ("batch_inference_us", f"inference, {batch} images"),
                ("indiv_inference_us", "inference, one image"),
            ):
                for i, configuration in measured:
                    at = f"/configurations/{i}/steps/{what}"
                    cells = [self.cell(f"{at}/{part}") for part in ("min", "mean", "max")]
                    rows.append([configuration["title"], words, *cells])
                    names.append(configuration["name"])
            columns = ["", "alone, one after the other", "min, µs", "mean", "max"]
            blocks.append(Table(columns, rows, names, words=2))
        return blocks

    def times(self, name: str, title: str, key: str, unit: str, counted: str) -> Picture | None:
        there = [(i, c) for i, c in enumerate(self.configurations) if c["summary"].get(key)]
        if not there:
            return None
        ranges = [
            Range(c["name"], c["title"], s["min"], s["mean"], s["max"])
            for _, c in there
            for s in [c["summary"][key]]
        ]
        rows = []
        for i, configuration in there:
            at = f"/configurations/{i}/summary/{key}"
            cells = [self.cell(f"{at}/{part}") for part in ("min", "mean", "max")]
            count = self.cell(f"{at}/count", 1, lambda v: f"{v:,.0f}".replace(",", THIN))
            rows.append([configuration["title"], *cells, count])
        svg = charts.range_chart(title, ranges, unit, lambda v: f"{number(v)}{THIN}{unit}")
        columns = ["", f"min, {unit}", "mean", "max", counted]
        return Picture(
            name, title, svg, Table(columns, rows, [c["name"] for _, c in there]),
            "From the fastest to the slowest; the dot is the mean.",
        )  # fmt: skip

    def classifying(self) -> list:
        images = f"{self.results['data']['test']:,}".replace(",", THIN)
        pictures = [
            self.times("batched", f"{images} images at batch 512", "batched_ms", "ms", "rounds"),
            self.times("single", "One image at a time", "single_us", "µs", "images"),
        ]
        known = [p for p in pictures if p]
        return [Heading("How fast it classifies"), Pictures(known)] if known else []

    def peers(self) -> list:
        rows, names = [], []
        for measure, words in MEASURES.items():
            for i, row in enumerate(self.results["ratios"]):
                if row[measure]:
                    at = f"/ratios/{i}/{measure}"
                    cells = [self.cell(f"{at}/{part}") for part in ("median", "min", "max")]
                    pair = [self.titles[row["peer"]], self.titles[row["lazulite"]]]
                    rows.append([*pair, words, *cells])
                    names.append(row["peer"])
        if not rows:
            return []
        columns = ["the time of", "in times that of", "for", "median", "min", "max"]
        return [
            Heading("Beside its peers"),
            Sentences(
                "Each ratio is of two turns that followed each other, so that what else the "
                "machine did meets both; min and max are over these pairs."
            ),
            Table(columns, rows, names, words=3),
        ]

    # Where time and power go

    def profiles(self) -> list:
        blocks: list = []
        for i, configuration in enumerate(self.configurations):
            if configuration["profile"]:
                blocks += self.profile(i, configuration)
        return [Heading("Where the time goes"), *blocks] if blocks else []

    def profile(self, index: int, configuration: dict) -> list:
        profile = configuration["profile"]
        time = profile["time_line"]
        wall = max(time["wall"], 1e-12)
        shares = [
            f"{words} {100 * time[key] / wall:.1f}%"
            for key, words in (
                ("kernel", "kernels"),
                ("copy", "copies"),
                ("plan", "plans and hand-over"),
                ("loader", "the loader"),
                ("idle", "idle"),
                ("program", "the program itself"),
            )  # fmt: skip
        ]
        name = configuration["name"]
        links = [("flame graph", f"profile-{name}.flame.html")]
        if self.traces:
            links.append(("trace, for ui.perfetto.dev", f"profile-{name}.trace.json"))
        lead = (
            f"{configuration['title']}, training steps: {list_of(shares)} of "
            f"{1e3 * wall:.0f} ms. Convolutions, with what is fused into them, take "
            f"{100 * profile['convolutions']:.0f}% of the kernels' time. GFLOP/s count "
            "convolutions as the plain method would do them; "
            "the share of the roof, what the machine does at best, counts them as Winograd's does. "
            "Beside this page:"
        )
        rows = []
        for k, row in enumerate(profile["rows"][:PROFILE_ROWS]):
            at = f"/configurations/{index}/profile/rows/{k}"
            each = row["seconds"] / max(row["calls"], 1)
            rate = row["operations"] / max(row["seconds"], 1e-12)
            rows.append(
                [
                    row["operation"],
                    row["kernel"],
                    line_of(row),
                    self.cell(f"{at}/calls", 1, "{:.0f}".format),
                    self.cell(f"{at}/seconds", 1e3, "{:.2f}".format),
                    Cell(number(1e6 * each)),
                    self.cell(f"{at}/share", 100, "{:.1f}".format),
                    Cell(number(1e-9 * rate)),
                    self.cell(f"{at}/roof", 100, "{:.0f}".format),
                ]
            )
        columns = ["operations", "kernel", "line", "calls", "total, ms", "each, µs", "share, %",
                   "GFLOP/s", "of the roof, %"]  # fmt: skip
        return [Sentences(lead, links=links), Table(columns, rows, words=3)]

    def power(self) -> list:
        history = self.results["history"]
        if not history["points"]:
            return []
        bands = [{**b, "title": self.titles.get(b["configuration"], b["configuration"])}
                 for b in history["turns"]]  # fmt: skip
        pictures = []
        for name, title, keys, scale in (
            ("load", "Load of the processor, %", [("load", "")], 100),
            ("watts", "Power of the processor, W", [("watts", "")], 1),
            ("gpu-load", "Load of the GPU, %", [("gpu_load", "")], 100),
            ("gpu-watts", "Power of the GPU, W", [("gpu_watts", "")], 1),
        ):
            series = [
                Series(key, words, [p[key] for p in history["points"]],
                       [p["time"] for p in history["points"]])
                for key, words in keys
            ]  # fmt: skip
            if not any(s.points for s in series):
                continue
            svg = charts.line_chart(title, "seconds of measuring", series, scale,
                                    from_zero=True, bands=bands)  # fmt: skip
            pictures.append(Picture(name, title, svg))
        rows, names = [], []
        for name in history["epochs"]:
            at = f"/history/epochs/{name}"
            rows.append(
                [
                    self.titles.get(name, name),
                    self.cell(f"{at}/load", 100, "{:.0f}".format),
                    self.cell(f"{at}/watts", 1, "{:.1f}".format),
                    self.cell(f"{at}/gpu_load", 100, "{:.0f}".format),
                    self.cell(f"{at}/gpu_watts", 1, "{:.1f}".format),
                ]
            )
            names.append(name)
        blocks: list = [Heading("Power and utilisation"), Pictures(pictures)]
        if rows:
            columns = ["while it trains", "processor, %", "W", "GPU, %", "W"]
            blocks.append(Table(columns, rows, names))
        if self.results["not_told"]:
            blocks.append(Sentences(" ".join(self.results["not_told"]), quiet=True))
        return blocks

    def conditions(self) -> list:
        machine, data = self.results["machine"], self.results["data"]
        options = self.results["options"]
        rows: list = [
            ["processor", machine["processor"]],
            ["vectors", machine["vectors"]],
            ["processors, threads used", f"{machine['processors']}, {machine['threads']}"],
            ["memory", f"{machine['memory_bytes'] / 2**30:.1f} GiB"],
            ["GPU", list_of(machine["gpus"]) if machine["gpus"] else "none that can be used"],
            ["system", machine["system"]],
            ["Python, NumPy", f"{machine['python']}, {machine['numpy']}"],
            ["images", f"{data['training']:,} to train, {data['validation']:,} to validate, "
                       f"{data['test']:,} to test".replace(",", THIN).replace(f"{THIN} ", ", ")],
            ["training", f"{several(options['epochs'], 'epoch')}, batch {options['batch']}, Adam "
                         f"at {options['learning_rate']:g}, {several(options['seeds'], 'seed')}"],
        ]  # fmt: skip
        how = (
            "The configurations take turns, epoch by epoch and round by round, and their order "
            "changes from one to the next. Times of epochs are of training alone; the network is "
            "tested with 512 images at a time, then with one, waiting for each result. Pixels are "
            "scaled to [0, 1]. PyTorch and MLX run as their users write them: eager in PyTorch, "
            "compiled steps in MLX; Lazulite in Python runs the very program of MLX, with other "
            "imports. All figures are in results.json beside this page."
        )
        return [Heading("How it was measured"), Sentences(how), Table(["", ""], rows, words=2)]


def line_of(row: dict) -> str:
    place = row["place"].rsplit("/", 1)[-1]
    function = row["module"] or row["function"].rsplit("<locals>.", 1)[-1]
    return f"{function} ({place})" if function and place else place or "–"


def document(results: dict, traces: bool = True) -> Document:
    """`traces`: whether those of the profiles lie beside the page."""
    return Report(results, traces).document()
