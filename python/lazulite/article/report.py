"""What the results say, block by block."""

from __future__ import annotations

from . import charts
from .answers import difference
from .charts import Range, Series
from .document import Cell, Document, Figure, Figures, Heading, Numbers, Picture, Pictures
from .document import Sentences, Table
from .results import MEASURES

THIN = "\u202f"
PROFILE_ROWS = 14


def number(value: float) -> str:
    """Three figures, and no exponents."""
    if abs(value) >= 10_000:
        return f"{value:,.0f}".replace(",", THIN)
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    if abs(value) >= 1:
        return f"{value:.2f}"
    return f"{value:.3f}"


def several(count: int, one: str, many: str = "") -> str:
    """'one epoch', '3 epochs'"""
    return f"one {one}" if count == 1 else f"{count:,} ".replace(",", THIN) + (many or one + "s")


def shown_epochs(count: int) -> list[int]:
    """All where they are few; otherwise the first and some that lie evenly."""
    few, parts = 8, 6
    if count <= few:
        return list(range(1, count + 1))
    step = max(1, round(count / parts))
    return sorted({1, *range(step, count + 1, step), count})


def list_of(words: list[str]) -> str:
    return words[0] if len(words) < 2 else ", ".join(words[:-1]) + " and " + words[-1]


class Report:
    """Makes the document of results; nothing but these goes into it."""

    def __init__(self, results: dict, traces: bool):
        self.results = results
        self.traces = traces
        self.numbers = Numbers(results)
        self.configurations = results["configurations"]
        self.titles = {c["name"]: c["title"] for c in self.configurations}

    def cell(self, path: str, scale: float = 1, form=number) -> Cell:
        value = self.numbers.value(path)
        return Cell("–") if value is None else Cell(form(value * scale), path, scale)

    def document(self) -> Document:
        blocks = [self.figures(), *self.summary()]
        for part in (
            self.learning, self.training, self.classifying, self.peers, self.questions,
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

    def with_unit(self, path: str, scale: float, unit: str, form=number) -> Cell:
        cell = self.cell(path, scale, form)
        return Cell(f"{cell.text}{THIN}{unit}", cell.path, cell.scale)

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

    def questions(self) -> list:
        blocks: list = [Heading("Does it learn the same?")]
        blocks += self.settling()
        blocks += self.accuracy()
        blocks += self.agreement()
        return blocks if len(blocks) > 1 else []

    def settling(self) -> list:
        rows = self.results["answers"]["settling"]["rows"]
        words = []
        for row in rows:
            if row["settled_at"]:
                words.append(f"{self.titles[row['name']]} after epoch {row['settled_at']}")
        at = "/answers/settling/rows"
        table = Table(
            ["", "settled after epoch", "lowest validation loss", "last"],
            [
                [
                    self.titles[row["name"]],
                    self.cell(f"{at}/{i}/settled_at", 1, "{:.0f}".format),
                    self.cell(f"{at}/{i}/lowest_loss", 1, "{:.4f}".format),
                    self.cell(f"{at}/{i}/last_loss", 1, "{:.4f}".format),
                ]
                for i, row in enumerate(rows)
            ],
            [row["name"] for row in rows],
        )
        lead = "Does the loss settle sooner or later? "
        if words:
            lead += (
                "It comes within 5% of its lowest, and stays there, with " + list_of(words) + "."
            )
        else:
            lead += "In these few epochs it is still falling everywhere."
        return [Sentences(lead), table]

    def accuracy(self) -> list:
        found = self.results["answers"]["accuracy"]
        if not found["rows"]:
            return []
        lead = "Is the accuracy lower? "
        compared = [row for row in found["rows"] if row["difference"] is not None]
        if compared:
            other = self.titles[found["against"]]
            outside = [r for r in compared if r["within_noise"] is False]
            if any(r["within_noise"] is None for r in compared):
                lead += (
                    f"The table has the differences from {other}; a single run of each does not "
                    "tell how much of them is the chance of first weights, order and dropout."
                )
            elif not outside:
                lead += f"No: all are within noise of {other}."
            else:
                parts = [
                    f"{self.titles[r['name']]} is {abs(100 * r['difference']):.2f} points "
                    f"{'above' if r['difference'] > 0 else 'below'} {other}"
                    for r in outside
                ]
                lead += f"{list_of(parts)}, more than noise; the others are within it."
        else:
            lead += "There is nothing to compare with here."
        at = "/answers/accuracy/rows"

        def points(i, key, form="{:.2f}"):
            return self.cell(f"{at}/{i}/{key}", 100, form.format)

        rows = [
            [
                self.titles[row["name"]],
                points(i, "mean"),
                self.cell(f"{at}/{i}/seeds", 1, "{:.0f}".format),
                points(i, "difference", "{:+.2f}"),
                points(i, "difference_noise"),
            ]
            for i, row in enumerate(found["rows"])
        ]
        columns = [
            "",
            "test accuracy, %",
            "runs",
            "difference, points",
            "noise (2 standard errors)",
        ]
        return [Sentences(lead), Table(columns, rows, [r["name"] for r in found["rows"]])]

    def agreement(self) -> list:
        found = self.results["answers"]["agreement"]
        if not found["rows"]:
            return []
        other = self.titles[found["against"]]
        bound = tiny_power(found["bound"])
        steps = min(row["steps"] for row in found["rows"])
        until = min(row["agreeing_steps"] for row in found["rows"])
        lead = "And why? All begin with the same weights, on the same batches, without dropout. "
        same = [self.titles[row["name"]] for row in found["exact"] if row["within"]]
        if same:
            lead += (
                f"In 64 bits the losses of {list_of(same)} are those of {other} within {bound} "
                f"over {several(steps, 'step')}: they compute the same. "
            )
        if until >= steps:
            lead += f"In 32 bits all are within {bound} of {other} over {several(steps, 'step')}. "
        elif until:
            lead += f"In 32 bits all are within {bound} of {other} for {several(until, 'step')}. "
        else:
            lead += f"In 32 bits they differ from {other} by more than {bound} at once. "
        if until < steps and found["nudged"]:
            lead += (
                "Training enlarges what rounding begins, Adam most of all where a gradient is all "
                "but 0: the table has, too, how far each framework goes from its own 64 bits, and "
                "from itself where the learning rate differs in its last bit."
            )
        blocks: list = [Sentences(lead.strip()), Pictures(self.differences(found))]
        rows, names = [], []
        for part, words in (
            ("rows", f"32 bits, from {other}'s"),
            ("rounding", "32 bits, from its own 64"),
            ("nudged", "32 bits, the last bit of its learning rate changed"),
            ("exact", f"64 bits, from {other}'s"),
        ):
            for i, row in enumerate(found[part]):
                at = f"/answers/agreement/{part}/{i}"
                cells = [
                    self.cell(f"{at}/largest_differences/{k}", 1, tiny)
                    for k in range(len(found["first_steps"]))
                ]
                rows.append([self.titles[row["name"]], words, *cells])
                names.append(row["name"])
        columns = ["", "largest relative difference of losses"]
        columns += [f"over {first} steps" for first in found["first_steps"]]
        blocks.append(Table(columns, rows, names, words=2))
        return blocks

    def differences(self, found: dict) -> list[Picture]:
        """Of the first steps' losses, step by step."""
        by_name = {c["name"]: c for c in self.configurations}
        against = by_name[found["against"]]
        own = [by_name[row["name"]] for row in found["rows"]]
        series = [Series(c["name"], c["title"], c["losses"]) for c in [*own, against]]
        losses = "Loss of the first steps, without dropout"
        pictures = [
            Picture("first-losses", losses, charts.line_chart(losses, "step", series)),
        ]
        lines = [
            Series(c["name"], f"{c['title']}: 32 bits, from its own 64",
                   differences_of(c["losses"], c["exact_losses"]))
            for c in self.configurations if c["losses"] and c["exact_losses"]
        ]  # fmt: skip
        compared = next((c for c in own if c["exact_losses"]), own[0])
        pair = f"{compared['title']} from {against['title']}"
        lines.append(Series("between", f"{pair}, 32 bits",
                            differences_of(compared["losses"], against["losses"])))  # fmt: skip
        if compared["exact_losses"] and against["exact_losses"]:
            lines.append(Series("between-exact", f"{pair}, 64 bits",
                         differences_of(compared["exact_losses"], against["exact_losses"])))  # fmt: skip
        title = "Relative difference of these losses"
        svg = charts.line_chart(title, "step", lines, log=True)
        return [*pictures, Picture("differences", title, svg)]

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
            f"{words} {100 * time.get(key, 0) / wall:.1f}%"
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
            f"{1e3 * wall:.0f} ms. GFLOP/s count convolutions as the plain method would do them; "
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


def differences_of(own: list, theirs: list) -> list[float | None]:
    """For a logarithmic axis: without those that are 0."""
    pairs = zip(own, theirs, strict=False)
    return [difference(a, b) or None for a, b in pairs]


def tiny_power(value: float) -> str:
    return f"{value:.0e}".replace("e-0", "e-")


def tiny(value: float) -> str:
    return f"{value:.1e}" if value else "0"


def line_of(row: dict) -> str:
    place = row["place"].rsplit("/", 1)[-1]
    function = row.get("module") or row["function"].rsplit("<locals>.", 1)[-1]
    return f"{function} ({place})" if function and place else place or "–"


def document(results: dict, traces: bool = True) -> Document:
    """`traces`: whether those of the profiles lie beside the page."""
    return Report(results, traces).document()
