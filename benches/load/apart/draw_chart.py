"""Draw the figures of a run: `draw_chart.py FIGURES.json CHART.png`. Runs in an environment of its own, which has matplotlib."""

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, NullFormatter

PANELS = (
    ("p50_1", "Added latency, ms", "p50 at 1 connection; less is better"),
    ("cpu_request", "CPU per 1,000 requests, ms", "at 64 connections; less is better"),
    ("rate_64", "Requests per second", "at 64 connections; more is better"),
    ("first_byte", "Added time to first byte, ms", "p50 beside 200 streams; less is better"),
    ("cpu_chunk", "CPU per 1,000 chunks, ms", "200 streams of 50 chunks/s; less is better"),
    ("idle", "Memory when idle, MiB", "less is better"),
)
NAMES = {"direct": "no proxy", "native": "pyproxy", "python": "pyproxy --io python", "litellm": "LiteLLM", "portkey": "Portkey"}
OURS, OURS_TOO, OTHERS, FAINT, INK = "#0b6e4f", "#7cc0a5", "#8a94a0", "#e3e7eb", "#22282e"
COLOURS = {"native": OURS, "python": OURS_TOO}


def number(value):
    """Three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def draw(axes, title, note, values):
    """One figure of all sides, on a logarithmic axis: they lie orders of magnitude apart."""
    shown = [value for value in values.values() if value is not None and value > 0]
    low, high = min(shown, default=1) / 2, max(shown, default=1)
    for row, (name, value) in enumerate(values.items()):
        colour = COLOURS.get(name, OTHERS)
        at = max(value or 0, low)
        if at > low:
            axes.plot([low, at], [row, row], color=colour, linewidth=2.2, solid_capstyle="round", zorder=2)
            axes.plot([at], [row], "o", color=colour, markersize=7, zorder=3)
        label = "did not keep up" if value is None else number(value) if value > 0 else "none to be seen"
        weight = "bold" if name == "native" else "normal"
        axes.annotate(label, (at, row), xytext=(9, 0), textcoords="offset points", va="center", fontsize=9.5, color=INK, fontweight=weight)
    axes.set_xscale("log")
    axes.set_xlim(low, high * (high / low) ** 0.3)
    axes.set_ylim(len(values) - 0.4, -0.6)
    axes.set_yticks(range(len(values)), [NAMES.get(name, name) for name in values], fontsize=10, color=INK)
    for tick, name in zip(axes.get_yticklabels(), values, strict=True):
        tick.set_fontweight("bold" if name == "native" else "normal")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", colors=OTHERS, labelsize=8.5, length=0, which="both")
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="x", color=FAINT, linewidth=0.8, zorder=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(title, loc="left", fontsize=12, color=INK, fontweight="bold", pad=22)
    axes.text(0, 1.03, note, transform=axes.transAxes, fontsize=9.5, color=OTHERS)


def main(figures_path, chart_path):
    """Draw what there is."""
    run = json.loads(Path(figures_path).read_text())
    figure, grid = plt.subplots(2, 3, figsize=(15, 7.6), facecolor="white")
    for axes, (key, title, note) in zip(grid.flat, PANELS, strict=True):
        names = [name for name in run["sides"] if name != "direct" or key == "rate_64"]
        draw(axes, title, note, {name: run["figures"][key].get(name) for name in names})
    note = f"{run['machine']}; logarithmic axes; all sides in turns in one run, seen from the client"
    figure.text(0.01, 0.012, note, fontsize=9, color=OTHERS)
    figure.tight_layout(rect=(0, 0.035, 1, 1), h_pad=2.6, w_pad=2.4)
    figure.savefig(chart_path, dpi=110)


if __name__ == "__main__":
    main(*sys.argv[1:])
