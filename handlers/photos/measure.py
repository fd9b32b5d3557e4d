"""Numbers from pixels, with Pillow alone. What they mean is decided in `dialogs.photos`.

All of it works on reductions of one decoded picture: edges at about 1000 pixels, light and shape on a
grid of about 48 cells. So a 12 megapixel photo costs some 6 ms beside the 40 ms of decoding it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from PIL import Image, ImageChops

EDGES_AT = 1000  # pixels of the longer side at which sharpness is measured: print is then 20 to 30 high
GRID_AT = 48  # cells of the longer side for light and shape
BURNT = 250  # a reflection saturates the sensor; paper in the sun stays below
BRIGHT = 190
CLEARLY = 3  # levels; less is the camera's noise on a bare table
WHITE_PAPER = 0.6  # of the bright pixels burnt: then the paper itself is, as in a scan
APART = (42, 12, 12)  # in Y, Cb, Cr: the paper differs from the table by more
FILLED = 0.6  # a paper fills its bounding box at least so far, also when turned by 12 degrees
BESIDE = 0.1  # of the paper's size may lie about on the table
SMALLEST = 0.02  # share of the picture; less is a coin, a stain, a shadow
TOUCHES = 0.15  # share of a side that must be paper before it counts as cut there
Cell = tuple[int, int, int]  # Y, Cb, Cr
Run = tuple[int, int, int]  # row, start, end (outside)
_RUN = re.compile(rb"\xff+")


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the paper lies, in shares of the picture's longer side."""

    longer: float = 0.0
    cut: tuple[str, ...] = ()
    tall: bool = False


def sharpness(grey: Image.Image, contrast: int) -> float:
    """Return the steepness of the sharpest edges, in per cent of `contrast` a pixel.

    The weaker of both directions counts, so that a hand that moved sideways is noticed. Relative to
    the contrast, so that a dim photo in focus is not taken for a blurred one.
    """
    width, height = grey.size
    body = grey.crop((0, 0, width - 1, height - 1))
    across = ImageChops.difference(body, grey.crop((1, 0, width, height - 1)))
    down = ImageChops.difference(body, grey.crop((0, 1, width - 1, height)))
    steepest = min(level(across.histogram(), 0.998), level(down.histogram(), 0.998))
    return round(min(100.0, 100 * steepest / max(1, contrast)), 1)


def level(histogram: Sequence[int], share: float) -> int:
    """Return the brightness below or at which `share` of the pixels lie."""
    wanted, seen = sum(histogram) * share, 0
    for brightness, count in enumerate(histogram):
        seen += count
        if seen >= wanted:
            return brightness
    return len(histogram) - 1


def look(grey: Image.Image) -> str:
    """Return a 256-bit difference hash: which of 16x16 places is clearly lighter than its right neighbour."""
    small = grey.resize((17, 16), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(0, 16 * 17, 17):
        for place in range(row, row + 16):
            bits = bits << 1 | (small[place] + CLEARLY < small[place + 1])
    return f"{bits:064x}"


def glare(grid: Grid, histogram: Sequence[int]) -> float:
    """Return the share of the picture that a reflection has burnt out.

    Burnt places that reach the border are a window or a white table and hide no print. Where most of
    what is bright is burnt, the paper itself is, as in a scan: then a reflection cannot be told from it.
    """
    burnt, bright = sum(histogram[BURNT:]), sum(histogram[BRIGHT:])
    if not burnt or burnt > bright * WHITE_PAPER:
        return 0.0
    inner = (patch for patch in grid.patches(grid.burnt()) if not grid.at_border(patch))
    return round(sum(patch.size for patch in inner) / grid.size, 4)


def shape(grid: Grid) -> Shape:
    """Return where the paper lies, or nothing where it cannot be told from what lies around it.

    At least three corners must show the same table, and what differs from it must be as full as a
    paper is and lie alone: a portrait with print beside it belongs to a card that fills the picture.
    A hand that reaches in does not count as the paper running out: its colour is another.
    """
    table = grid.table()
    patches = [] if table is None else grid.patches(grid.unlike(table))
    if not patches:
        return Shape()
    paper = max(patches, key=lambda patch: patch.size)
    width, height = paper.right - paper.left, paper.bottom - paper.top
    beside = sum(patch.size for patch in patches) - paper.size
    if (
        paper.size < SMALLEST * grid.size
        or paper.size < FILLED * width * height
        or beside > BESIDE * paper.size
    ):
        return Shape()
    places = paper.places(grid.width)
    other = grid.unlike(middle([grid.cell(place) for place in places[::4]]))
    cut = grid.touched([place for place in places if not other[place]])
    return Shape(max(width, height) / max(grid.width, grid.height), cut, not cut and height > 1.25 * width)


@dataclass(frozen=True, slots=True)
class Patch:
    """Cells that hang together, as runs (row, start, end) along the rows; right and bottom lie outside."""

    runs: Sequence[Run]

    @property
    def size(self) -> int:
        return sum(end - start for _, start, end in self.runs)

    @property
    def left(self) -> int:
        return min(start for _, start, _ in self.runs)

    @property
    def right(self) -> int:
        return max(end for _, _, end in self.runs)

    @property
    def top(self) -> int:
        return min(row for row, _, _ in self.runs)

    @property
    def bottom(self) -> int:
        return max(row for row, _, _ in self.runs) + 1

    def places(self, width: int) -> list[int]:
        """Return the cells as places in a grid `width` cells wide."""
        return [row * width + column for row, start, end in self.runs for column in range(start, end)]


class Grid:
    """A picture as a few thousand cells of light and colour. A mask is a byte per cell, 0 or 255."""

    def __init__(self, picture: Image.Image, turn: Image.Transpose | None = None) -> None:
        step = max(1, round(max(picture.size) / GRID_AT))
        # Every fourth pixel is enough to average a cell, and four times as fast to gather.
        skip = min(4, step)
        sampled = picture.resize((picture.width // skip, picture.height // skip), Image.Resampling.NEAREST)
        small = sampled.reduce(max(1, step // skip))
        small = turned(small, turn)
        self.width, self.height = small.size
        self.size = self.width * self.height
        self._bands = small.split()
        self._values = [band.tobytes() for band in self._bands]

    def cell(self, place: int) -> Cell:
        """Return the light and colour at a place."""
        light, blue, red = self._values
        return (light[place], blue[place], red[place])

    def burnt(self) -> bytes:
        """Return a mask of the cells in which nothing but white is left."""
        return self._bands[0].point([255 * (light >= BURNT) for light in range(256)]).tobytes()

    def unlike(self, cell: Cell) -> bytes:
        """Return a mask of the cells that can hardly be the same surface in the same light."""
        masks = [
            band.point([255 * (abs(value - usual) > limit) for value in range(256)])
            for band, usual, limit in zip(self._bands, cell, APART, strict=True)
        ]
        return ImageChops.lighter(ImageChops.lighter(masks[0], masks[1]), masks[2]).tobytes()

    def patches(self, mask: bytes) -> list[Patch]:
        """Return the connected patches of the masked cells.

        A picture has a few hundred runs of cells and some thousand cells, so runs are joined, not cells.
        """
        done: list[list[Run]] = []
        above: list[tuple[int, int, list[Run]]] = []
        for row in range(self.height):
            here: list[tuple[int, int, list[Run]]] = []
            for run in _RUN.finditer(mask, row * self.width, (row + 1) * self.width):
                start, end = run.start() - row * self.width, run.end() - row * self.width
                mine: list[Run] = [(row, start, end)]
                for joined in _distinct(each for first, last, each in above if first < end and start < last):
                    mine += joined
                    above = [(a, b, mine if each is joined else each) for a, b, each in above]
                    here = [(a, b, mine if each is joined else each) for a, b, each in here]
                    done = [each for each in done if each is not joined]
                done.append(mine)
                here.append((start, end, mine))
            above = here
        return [Patch(runs) for runs in done]

    def table(self) -> Cell | None:
        """Return the colour of at least three corners that agree; None when fewer do."""
        corners = [self._corner(right, bottom) for right in (False, True) for bottom in (False, True)]
        for first in corners[:2]:
            alike = [corner for corner in corners if not differ(corner, first)]
            if len(alike) >= 3:
                return middle(alike)
        return None

    def touched(self, places: Sequence[int]) -> tuple[str, ...]:
        """Return the sides of the picture along which these cells lie for more than a moment."""
        held = set(places)
        sides = {
            "left": range(0, self.size, self.width),
            "top": range(self.width),
            "right": range(self.width - 1, self.size, self.width),
            "bottom": range(self.size - self.width, self.size),
        }
        return tuple(
            name for name, side in sides.items() if len(held.intersection(side)) >= TOUCHES * len(side)
        )

    def at_border(self, patch: Patch) -> bool:
        """Say whether the patch reaches any side of the picture."""
        return not (patch.left and patch.top and patch.right < self.width and patch.bottom < self.height)

    def _corner(self, right: bool, bottom: bool) -> Cell:
        """Return the middle colour of the 3x3 cells in a corner."""
        x, y = max(0, self.width - 3) * right, max(0, self.height - 3) * bottom
        columns, rows = range(x, min(x + 3, self.width)), range(y, min(y + 3, self.height))
        return middle([self.cell(row * self.width + column) for row in rows for column in columns])


def turned(picture: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    """Return the picture upright."""
    return picture if turn is None else picture.transpose(turn)


def differ(one: Cell, other: Cell) -> bool:
    """Say whether two cells can hardly be the same surface in the same light."""
    return any(abs(a - b) > limit for a, b, limit in zip(one, other, APART, strict=True))


def middle(cells: Sequence[Cell]) -> Cell:
    """Return the median of each component."""
    light, blue, red = (int(median(values)) for values in zip(*cells, strict=True))
    return (light, blue, red)


def _distinct(runs: Iterable[list[Run]]) -> list[list[Run]]:
    """Return each list once, by identity: the same patch may lie above a run twice."""
    return list({id(each): each for each in runs}.values())
