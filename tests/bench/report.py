"""The report of a run: tables in Markdown and one figure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

Cell = str | float | int | None


@dataclass(frozen=True)
class Section:
    """A table under a heading, with the text that explains it."""

    title: str
    about: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def __str__(self) -> str:
        return f"## {self.title}\n\n{self.about.strip()}\n\n{format_table(self.header, self.rows)}"


def format_table(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Return a table in Markdown."""
    lines = [_format_row(header), _format_row(["---", *["---:"] * (len(header) - 1)])]
    return "\n".join([*lines, *(_format_row([*map(format_cell, row)]) for row in rows), ""])


def format_cell(cell: Cell) -> str:
    """Return a cell as text; floats have three significant figures."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        digits = 2 - math.floor(math.log10(abs(cell))) if cell else 0
        return f"{cell:,.{min(4, max(0, digits))}f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def _format_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def update_report(file: Path, head: str, sections: Sequence[Section]) -> None:
    """Write the report; sections that this run did not measure stay as they are."""
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    parts = re.split(r"^## ", before, flags=re.MULTILINE)[1:]
    known = {text.partition("\n")[0]: text for text in parts}
    known |= {each.title: str(each).removeprefix("## ") for each in sections}
    whole = "\n".join([head.strip() + "\n", *(f"## {t.strip()}\n" for t in known.values())])
    file.write_text(whole, encoding="utf-8")


_BAR, _LEFT, _WIDTH, _TOP = 24, 250, 420, 56
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.b{fill:#8c959f}.o{fill:#0969da}"
    "line{stroke:#d0d7de}@media(prefers-color-scheme:dark){text{fill:#e6edf3}line{stroke:#30363d}}"
)


def draw_figure(file: Path, title: str, bars: Sequence[tuple[str, float]]) -> None:
    """Draw bars on a logarithmic scale, ours in colour, each with its value."""
    low = math.floor(math.log10(min(value for _, value in bars)))
    high = math.ceil(math.log10(max(value for _, value in bars)) + 1e-9)
    height = _TOP + _BAR * len(bars) + 16
    drawn = [f'<text x="8" y="22" font-weight="bold">{escape(title)}</text>']
    for power in range(low, high + 1):
        x = _LEFT + _WIDTH * (power - low) / (high - low)
        drawn.append(f'<line x1="{x:.0f}" x2="{x:.0f}" y1="{_TOP}" y2="{height - 12}"/>')
        at = f'x="{x:.0f}" y="{_TOP - 8}" text-anchor="middle"'
        drawn.append(f"<text {at}>{10.0**power:g}</text>")
    for place, (name, value) in enumerate(bars):
        y, long = _TOP + _BAR * place, _WIDTH * (math.log10(value) - low) / (high - low)
        kind = "o" if name.startswith("ours") else "b"
        drawn.append(f'<text x="{_LEFT - 8}" y="{y + 17}" text-anchor="end">{escape(name)}</text>')
        drawn.append(
            f'<rect class="{kind}" x="{_LEFT}" y="{y + 4}" width="{long:.0f}" height="16"/>'
        )
        drawn.append(f'<text x="{_LEFT + long + 6:.0f}" y="{y + 17}">{format_cell(value)}</text>')
    size = f'width="{_LEFT + _WIDTH + 80}" height="{height}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><style>{_STYLE}</style>\n'
    file.write_text(svg + "\n".join([*drawn, "</svg>", ""]), encoding="utf-8")
