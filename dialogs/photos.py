"""What makes a photo of a paper usable, as arithmetic over numbers somebody else measured.

`handlers.photos` decodes the upload in a process of its own and returns a Measure, or a fault when
there was nothing to decode. Here is decided what to say: every refusal names one thing to do better.

    measure -> judge -> Verdict(reasons, flags)

A reason sends the applicant back to the camera. A flag does not: it tells the clerk where to look.
What cannot be known from brightness and edges is left to the clerk, never guessed (docs/photos.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

TRIES = 3  # unusable photos for one slot; then the last one is kept for a clerk and a person is offered
LOOK_BY_HAND = "look_by_hand"  # flag on a photo kept although it was judged unusable
SIDEWAYS = "sideways"  # flag: the card stands upright in the picture, the clerk may have to turn it

# Why an upload could not be looked at, in the words of wording/photos.yaml.
LOST, NO_ROOM = "lost", "no_room"  # it never came to us: gone from the platform; more than a day's share
FAULTS = (
    *("not_a_photo", "animated", "too_big", "too_many_pixels", "truncated", "unreadable"),
    *(LOST, NO_ROOM),
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What can be counted in a photo. Every value is JSON, so that a measure travels in an event.

    width, height:  pixels of the upload, upright.
    sharpness:      steepest edges in per cent of black to white a pixel, at about 1000 pixels wide.
                    50 to 100 in focus, 25 soft, below 20 the small print is gone.
    white:          brightness of the paper, 0..255: of the brightest pixels, leaving out 1.5 %.
    contrast:       dark print to light paper, 0..255.
    glare:          share of the picture, 0..1, that is burnt out by a reflection.
    card:           longer side of the paper in pixels of the upload; 0 when it could not be told
                    from what lies around it.
    cut:            sides on which the paper runs out of the picture, comma between: "left,top".
    tall:           the paper is higher than wide.
    look:           256-bit difference hash, 64 hex digits; alike for pictures that look alike.
    """

    width: int
    height: int
    sharpness: float
    white: int
    contrast: int
    glare: float = 0.0
    card: int = 0
    cut: str = ""
    tall: bool = False
    look: str = ""

    def json(self) -> dict[str, Any]:
        """Return the measure as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a photo is of use. Found on drawn cards and pages; a bureau may set its own.

    longer_side, shorter_side:  a card that fills 800x500 pixels has digits 15 pixels high.
    sharpness:  a lens blur of 6 pixels in a 12 megapixel photo measures 17 to 24, focus 50 to 100.
    white:      a card in a room at night measures about 60, in dim daylight 100 and more.
    contrast:   print on paper measures 90 and more even in dim light; a finger on the lens below 20.
    glare:      0.5 % of the picture hides a line of print on a card that fills it.
    card:       pixels along a card; below, its digits are under 10 pixels high.
    alike:      bits of 256 that may differ between two copies of one photo. Front and back of a card
                in the same place on the same table differ in far more.
    """

    longer_side: int = 800
    shorter_side: int = 500
    sharpness: float = 22.0
    white: int = 80
    contrast: int = 25
    glare: float = 0.005
    card: int = 500
    alike: int = 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """reasons: what is wrong, in the order to put it right. flags: what the clerk should look at."""

    reasons: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Say whether the photo can be used."""
        return not self.reasons


USUAL = Limits()


def judge(
    measure: Measure,
    checks: Collection[str] = ("document",),
    others: Collection[str] = (),
    limits: Limits = USUAL,
) -> Verdict:
    """Return whether the photo is of use and, if not, why; the first reason is the one to say.

    Args:
        checks: of the script's material: "document" (a paper must be seen whole), "face-on-front"
            (a card that lies across).
        others: `Measure.look` of the photos in the other slots.
    """
    paper = "document" in checks
    found = {
        "same_photo": any(apart(measure.look, other) <= limits.alike for other in others),
        "too_small": max(measure.width, measure.height) < limits.longer_side
        or min(measure.width, measure.height) < limits.shorter_side,
        "too_far": paper and 0 < measure.card < limits.card,
        "too_dark": measure.white < limits.white,
        "blank": measure.contrast < limits.contrast,
        "blurred": measure.sharpness < limits.sharpness,
        "cut_off": paper and bool(measure.cut),
        "glare": paper and measure.glare > limits.glare,
    }
    flags = (SIDEWAYS,) if measure.tall and "face-on-front" in checks else ()
    return Verdict(tuple(reason for reason, holds in found.items() if holds), flags)


# Every reason `judge` can give, in the order to fix them.
REASONS = ("same_photo", "too_small", "too_far", "too_dark", "blank", "blurred", "cut_off", "glare")


def apart(look: str, other: str) -> int:
    """Return in how many of 256 bits two looks differ; 256 when one of them is missing."""
    if not look or not other:
        return 256
    return (int(look, 16) ^ int(other, 16)).bit_count()


def measured(data: Mapping[str, Any]) -> Measure:
    """Return the measure in a PhotoMeasured event.

    Raises:
        TypeError: a field this version does not know.
    """
    return Measure(**data)
