"""Charts as SVG that stands by itself: in a page, in a file, on paper."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

WIDTH = 520
HEIGHT = 270
LEFT, RIGHT, TOP, BOTTOM = 54, 16, 14, 40
LEGEND_ROW = 19
LETTER = 6.6  #: width of a letter of the legend, about
ROW = 34
INK, FAINT, GRID = "#1b2431", "#5b6675", "#e3e7ec"

COLOURS = {
    "lazulite-cpp": "#1c4b96",
    "lazulite-python": "#4f93dd",
    "lazulite-cpp-gpu": "#0b6e65",
    "lazulite-python-gpu": "#2bb3a3",
    "pytorch": "#c7410d",
    "pytorch-channels-last": "#ee9a1c",
    "pytorch-gpu": "#9c1f4b",
    "mlx": "#7a49b5",
}
#: Of what is no configuration's.
OTHER_COLOURS = {"between": INK, "between-exact": "#8f98a5"}
DASHES = {"lazulite-python": "6 3", "lazulite-python-gpu": "6 3", "pytorch-channels-last": "2 3"}


@dataclass(frozen=True)
class Series:
    """A line: its values at 1, 2, ... or at `at`; None where there is none."""

    name: str
    title: str
    values: list[float | None]
    at: list[float] | None = None

    @property
    def points(self) -> list[tuple[float, float]]:
        places = self.at or range(1, len(self.values) + 1)
        pairs = zip(places, self.values, strict=True)
        return [(x, y) for x, y in pairs if y is not None]


@dataclass(frozen=True)
class Range:
    """A row: the smallest, the mean and the largest of some times."""

    name: str
    title: str
    low: float
    mean: float
    high: float


def colour(name: str) -> str:
    return COLOURS.get(name) or OTHER_COLOURS.get(name, FAINT)


def short(value: float) -> str:
    """For an axis: at most four figures, no more decimals than needed."""
    if value == 0:
        return "0"
    if abs(value) < 1e-3:
        return f"{value:.0e}".replace("e-0", "e-")
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.4g}"


def linear_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers that reach from below `low` to above `high`."""
    if not high > low:
        high = low + (abs(low) or 1) * 0.1
    raw = (high - low) / about
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten, or powers alone where those are many."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    factors = (1, 2, 5) if last - first <= 2 else (1,)
    all_of_them = [10.0**p * f for p in range(first, last + 1) for f in factors]
    below = [t for t in all_of_them if t <= low * 1.001][-1:]
    above = [t for t in all_of_them if t >= high * 0.999][:1]
    return below + [t for t in all_of_them if low * 1.001 < t < high * 0.999] + above


def power_ticks(low: float, high: float) -> list[float]:
    """Whole logarithms from below `low` to above `high`, ten at most."""
    first, last = math.floor(low), max(math.ceil(high), math.floor(low) + 1)
    step = math.ceil((last - first) / 9)
    return [float(first + i * step) for i in range(math.ceil((last - first) / step) + 1)]


def text(x: float, y: float, words: str, anchor: str = "start", fill: str = INK,
         size: int = 12, weight: str = "normal") -> str:  # fmt: skip
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}" '
        f'font-size="{size}" font-weight="{weight}">{escape(words)}</text>'
    )


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" '
        f'stroke-width="{width}"/>'
    )


def picture(height: float, title: str, parts: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'role="img" aria-label="{escape(title)}" '
        "font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\">"
        f"<title>{escape(title)}</title>"
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>' + "".join(parts) + "</svg>"
    )


def legend(entries: list[tuple[str, str]], top: float) -> tuple[list[str], float]:
    """Names with a piece of their line, in rows from `top` on; and where the rows end."""
    parts, x, y = [], float(LEFT), top
    for name, title in entries:
        width = 34 + LETTER * len(title)
        if x + width > WIDTH - RIGHT and x > LEFT:
            x, y = float(LEFT), y + LEGEND_ROW
        dash = f' stroke-dasharray="{DASHES[name]}"' if name in DASHES else ""
        parts.append(
            f'<line x1="{x:.1f}" y1="{y - 4:.1f}" x2="{x + 20:.1f}" y2="{y - 4:.1f}" '
            f'stroke="{colour(name)}" stroke-width="2.5"{dash}/>'
        )
        parts.append(text(x + 26, y, title, fill=FAINT))
        x += width + 8
    return parts, y + 10


def path_of(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def line_chart(title: str, x_title: str, series: list[Series], scale: float = 1,
               unit: str = "", from_zero: bool = False, bands: list[dict] = (),
               log: bool = False) -> str:  # fmt: skip
    """Lines over a common axis, with a legend below. `scale` makes the shown values of the given
    ones; `bands` are strips along the axis, whose names the legend explains. A logarithmic axis
    takes positive values."""
    shown = [s for s in series if s.points]
    height_of = math.log10 if log else float
    ys = [height_of(y * scale) for s in shown for _, y in s.points] or [0.0]
    xs = [x for s in shown for x, _ in s.points] + [b["end"] for b in bands] or [1.0]
    if log:
        ticks = power_ticks(min(ys), max(ys))
    else:
        ticks = linear_ticks(0 if from_zero else min(ys), max(ys))
    first, last = (0.0 if bands else min(xs)), max(xs)
    wide = max(last - first, 1e-9)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - first) / wide if last > first else 0.5
        up = (y - ticks[0]) / (ticks[-1] - ticks[0])
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (
            HEIGHT - TOP - BOTTOM
        )

    parts = []
    for tick in ticks:
        _, y = place(first, tick)
        parts.append(line(LEFT, y, WIDTH - RIGHT, y, GRID))
        label = short(10.0**tick if log else tick)
        parts.append(text(LEFT - 7, y + 4, label + unit, "end", FAINT))
    whole = all(float(x).is_integer() for x in xs) and not bands
    across = [x for x in linear_ticks(first, last, 6) if first <= x <= last]
    for x in [x for x in across if not whole or float(x).is_integer()] or [first]:
        parts.append(text(place(x, 0)[0], HEIGHT - BOTTOM + 18, short(x), "middle", FAINT))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5, x_title, "middle", FAINT))
    for band in bands:
        left, right = place(band["start"], 0)[0], place(band["end"], 0)[0]
        parts.append(
            f'<rect x="{left:.1f}" y="{HEIGHT - BOTTOM + 1}" width="{max(right - left, 0.5):.1f}" '
            f'height="5" fill="{colour(band["configuration"])}"/>'
        )
    for one in shown:
        points = [place(x, height_of(y * scale)) for x, y in one.points]
        dash = f' stroke-dasharray="{DASHES[one.name]}"' if one.name in DASHES else ""
        parts.append(
            f'<polyline points="{path_of(points)}" fill="none" stroke="{colour(one.name)}" '
            f'stroke-width="{1.4 if bands else 2}" stroke-linejoin="round"{dash}/>'
        )
        if len(points) <= 12:
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour(one.name)}"/>'
                for x, y in points
            ]
    names = [(s.name, s.title) for s in shown if s.title]
    names += list(dict.fromkeys((b["configuration"], b["title"]) for b in bands))
    drawn, end = legend(names, HEIGHT + 16)
    return picture(end if names else HEIGHT, title, parts + drawn)


def range_chart(title: str, rows: list[Range], unit: str, write) -> str:
    """Times as rows: a bar from the smallest to the largest, a dot at the mean and what `write`
    makes of that. The axis is logarithmic where the means are far apart."""
    low = min(r.low for r in rows)
    high = max(r.high for r in rows)
    means = [r.mean for r in rows]
    log = low > 0 and (max(means) / min(means) > 12 or high / low > 40)
    ticks = log_ticks(low, high) if log else linear_ticks(0, high)
    room = WIDTH - RIGHT - 12

    def place(x: float) -> float:
        if log:
            share = math.log(x / ticks[0]) / math.log(ticks[-1] / ticks[0])
        else:
            share = (x - ticks[0]) / (ticks[-1] - ticks[0])
        return 16 + share * (room - 16)

    height = TOP + len(rows) * ROW + 34
    bottom = TOP + len(rows) * ROW + 2
    parts, taken = [], -1e9
    for tick in ticks:
        x = place(tick)
        parts.append(line(x, TOP - 6, x, bottom, GRID))
        if x - taken > 34:
            parts.append(text(x, bottom + 14, short(tick), "middle", FAINT))
            taken = x
    scale = f"{unit}, logarithmic" if log else unit
    parts.append(text(WIDTH - RIGHT, bottom + 29, scale, "end", FAINT))
    for i, row in enumerate(rows):
        y = TOP + i * ROW + 22
        left, right, dot = place(row.low), place(row.high), place(row.mean)
        shade = colour(row.name)
        parts.append(text(16, y - 9, row.title, fill=INK))
        parts.append(text(room, y - 9, write(row.mean), "end", shade, weight="600"))
        parts.append(
            f'<rect x="{left:.1f}" y="{y - 3}" width="{max(right - left, 1):.1f}" height="6" '
            f'rx="3" fill="{shade}" fill-opacity="0.32"/>'
        )
        parts.append(f'<circle cx="{dot:.1f}" cy="{y}" r="4.5" fill="{shade}"/>')
    return picture(height, title, parts)
