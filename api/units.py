"""Units of measures: which of them can be converted into each other, and by what exact factor.

A unit is text from outside, so only a small grammar is read: names, each with an exponent of one
digit, joined by blanks, `*`, `/`, `per` or `a`. A text that does not fit is a unit of its own.
Pint, which is slow to import, is asked for single names only, never for an expression. It computes
with fractions, so 1 t is exactly 1000 kg.

A name that Pint does not know, such as a currency, is a dimension of its own: euro a day and euro a
year can be compared, euro and dollar cannot. Amounts belong into the value, not into the unit.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from fractions import Fraction
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

_LONGEST = 96
"""How long a unit may be, as in the schema of measures."""

_SEVERAL_SIZES = frozenset({
    "ton", "tons", "barrel", "barrels", "bbl", "gallon", "gallons", "gal", "ounce", "ounces", "oz",
})  # fmt: skip
"""Names of units of several sizes, which are not converted: metric, short and long tons."""

_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_PER = re.compile(r"(?<=\S) (?:per|an?) (?=\S)|^per ")
_TOKEN = re.compile(
    r"""\s*(?:(?P<over>/)|[*·\xd7](?!\*)|(?P<name>[^\d\s/*·\xd7^.,;:()\[\]{}<>=+-]+)
       (?:(?:\s*(?:\^|\*\*)\s*)?(?P<power>-?\d)(?!\d))?)""",
    re.VERBOSE,
)
_PINT_NAME = re.compile(r"(?!(?:mt|nm)$)[A-Za-zμΩÅ°%‰_]{1,40}")
"""What Pint is asked for; mt is no millitonne in a treaty, and nm may be a nautical mile."""

_asking = Lock()


class Unit(NamedTuple):
    """A unit as an exact factor of base units; units of equal dimensions can be converted."""

    factor: Fraction
    dimensions: frozenset[tuple[str, int]]


@lru_cache(maxsize=4096)
def read_unit(text: str | None) -> Unit:
    """Read a unit, and never raise; a value without one is a plain number."""
    plain = " ".join(unicodedata.normalize("NFKC", (text or "")[: _LONGEST + 1]).split())
    found = _read_factors(_PER.sub("/", plain)) if len(plain) <= _LONGEST else None
    return found or Unit(Fraction(1), frozenset({(text or "", 1)}))


def explain_difference(one: str | None, other: str | None) -> str:
    """Say why two units cannot be converted into each other."""
    named = " and ".join("no unit" if each is None else f"“{each}”" for each in (one, other))
    return f"{named} cannot be converted into each other"


def _read_factors(text: str) -> Unit | None:
    """Multiply the factors of a text; None if it does not fit the grammar."""
    factor, dimensions = Fraction(1), Counter[str]()
    position, sign, raised, names = 0, 1, 1, 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None or token["power"] in ("0", "-0"):
            return None
        position = token.end()
        if token["over"]:
            sign = -1
        elif (name := token["name"] or "").casefold() in _POWERS:
            raised = _POWERS[name.casefold()]
        elif name:
            base, exponent = _ask_pint(name), sign * raised * int(token["power"] or 1)
            factor *= base.factor**exponent
            dimensions.update({each: own * exponent for each, own in base.dimensions})
            sign, raised, names = 1, 1, names + 1
    kept = frozenset((name, power) for name, power in dimensions.items() if power)
    return Unit(factor, kept) if names else None


@lru_cache(maxsize=4096)
def _ask_pint(name: str) -> Unit:
    """Read one name: in base units if it is a unit of one size that Pint knows."""
    own = Unit(Fraction(1), frozenset({(f"“{name.casefold()}”", 1)}))
    if not _PINT_NAME.fullmatch(name) or name.casefold() in _SEVERAL_SIZES:
        return own
    with _asking:
        registry = _load_registry()
        try:
            zero, one = (registry.Quantity(Fraction(n), name).to_root_units() for n in (0, 1))
            powers = {str(unit): Fraction(power) for unit, power in one.unit_items()}
        except Exception:  # noqa: BLE001, Pint raises errors of many kinds for odd names
            return own
    # A temperature in °C has an offset, and the gauss no exact factor in base units.
    is_exact = not zero.magnitude and isinstance(one.magnitude, Fraction)
    if not is_exact or any(each.denominator > 1 for each in powers.values()):
        return own
    return Unit(one.magnitude, frozenset((unit, int(each)) for unit, each in powers.items()))


@lru_cache(maxsize=1)
def _load_registry() -> Any:
    import pint  # noqa: PLC0415, it is slow to import

    registry: Any = pint.UnitRegistry
    return registry(non_int_type=Fraction)
