"""Plots of the memory's figures as SVG, written without a library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

WIDTH, HEIGHT, MARGIN = 520, 360, 52
COLOURS = ("#1f6feb", "#d29922", "#8957e5", "#1a7f37")
BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)

Point = tuple[float, float]


def trade_off_plot(curve: Sequence[Sequence[float]], operating: float) -> str:
    """Return precision, never-said and small talk over evidence recall.

    Args:
        curve: Rows of point, precision, evidence recall, memories a question, adversarial, never said, small talk.
        operating: The point at which the product's bar stands.
    """
    lines = {
        "precision": [(row[2], row[1]) for row in curve],
        "adversarial: any": [(row[2], row[4]) for row in curve],
        "never said: any": [(row[2], row[5]) for row in curve],
        "small talk: any": [(row[2], row[6]) for row in curve],
    }
    at = min(curve, key=lambda row: abs(row[0] - operating))[2]
    mark = [_line([_place((at, 0)), _place((at, 100))], "#888", dashed=True)]
    return _chart("What is brought up, %", "evidence recall %", "%", lines, mark)


def reliability_plot(likely: np.ndarray, right: np.ndarray) -> str:
    """Return what came true over what was promised."""
    points: list[Point] = []
    for low, high in pairwise(BINS):
        there = (likely >= low) & (likely < high)
        if there.sum() >= 10:
            points.append((100 * float(likely[there].mean()), 100 * float(right[there].mean())))
    mark = [_line([_place((0, 0)), _place((100, 100))], "#888", dashed=True)]
    return _chart("Promised and true", "probability of the judge, %", "evidence %", {"judge": points}, mark)


def _place(point: Point) -> Point:
    x, y = point
    return MARGIN + x / 100 * (WIDTH - 2 * MARGIN), HEIGHT - MARGIN - y / 100 * (HEIGHT - 2 * MARGIN)


def _line(points: Iterable[Point], colour: str, *, dashed: bool = False) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _text(x: float, y: float, text: str, *, anchor: str = "middle", colour: str = "#666") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{colour}">{text}</text>'


def _chart(title: str, across: str, up: str, lines: dict[str, list[Point]], marks: Sequence[str]) -> str:
    parts = [_text(WIDTH / 2, 22, title), _text(WIDTH / 2, HEIGHT - 10, across), _text(6, 22, up, anchor="start")]
    for tick in range(0, 101, 20):
        x, y = _place((tick, tick))
        parts += [_text(x, HEIGHT - MARGIN + 16, str(tick)), _text(MARGIN - 8, y + 4, str(tick), anchor="end")]
        parts += [_line([_place((0, tick)), _place((100, tick))], "#ddd")]
    parts += marks
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        placed = [_place(point) for point in points]
        parts.append(_line(placed, colour))
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in placed]
        parts.append(_text(WIDTH - MARGIN, MARGIN - 8 + 15 * number, name, anchor="end", colour=colour))
    style = 'font-family="sans-serif" font-size="12" style="background:#fff"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" {style}>'
    return "\n".join([head, *parts, "</svg>"]) + "\n"
