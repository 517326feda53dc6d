"""What the results answer: whether all learn the same, and where they part."""

from __future__ import annotations

from . import charts
from .answers import difference
from .charts import Series
from .document import Heading, Picture, Pictures, Sentences, Table
from .part import Part, list_of, several


class Questions(Part):
    """The blocks of the answers."""

    def blocks(self) -> list:
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
            exact = differences_of(compared["exact_losses"], against["exact_losses"])
            lines.append(Series("between-exact", f"{pair}, 64 bits", exact))
        title = "Relative difference of these losses"
        svg = charts.line_chart(title, "step", lines, log=True)
        return [*pictures, Picture("differences", title, svg)]


def differences_of(own: list, theirs: list) -> list[float | None]:
    """For a logarithmic axis: without those that are 0."""
    pairs = zip(own, theirs, strict=False)
    return [difference(a, b) or None for a, b in pairs]


def tiny_power(value: float) -> str:
    return f"{value:.0e}".replace("e-0", "e-")


def tiny(value: float) -> str:
    return f"{value:.1e}" if value else "0"
