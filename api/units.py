"""Units of measures: which of them can be converted into each other, and by what exact factor.

A unit is text from outside, so only a small grammar is read: names and amounts, each with an
exponent of at most two digits, joined by blanks, `*`, `/`, `per` or `a`. A text that does not fit
is a unit of its own. Pint, which is slow to import, is asked for single names only, never for an
expression. It computes with fractions, so 1 t is exactly 1000 kg.

A name that Pint does not know, such as a currency, is a dimension of its own: million euro a day
and euro a year can be compared, euro and dollar cannot.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from fractions import Fraction
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

_LONGEST, _HIGHEST_POWER = 96, 9
"""How long a unit may be, as in the schema of measures, and how high the power of a name."""

_AMOUNTS = {"dozen": 12, "hundred": 10**2, "thousand": 10**3, "million": 10**6, "bn": 10**9,
            "billion": 10**9, "trillion": 10**12}  # fmt: skip
_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_SEVERAL_SIZES = frozenset({
    "ton", "tons", "barrel", "barrels", "bbl", "gallon", "gallons", "gal", "ounce", "ounces", "oz",
})  # fmt: skip
"""Names of units of several sizes, which are not converted: metric, short and long tons."""

_IDIOMS = (
    (re.compile(r"\bper cent\b"), "percent"),
    (re.compile(r"\bmetric ton(ne)?s?\b"), "tonne"),
    (re.compile(r"\b(nautical|short|long|light|troy|imperial|US|oil) (?=[a-z])"), r"\1_"),
    (re.compile(r"(?<=\S) (?:per|an?) (?=\S)|^per "), "/"),
)
"""How names of two words and `per` are written so that the grammar fits."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<over>/)|[*·\xd7](?!\*)
      |(?:(?P<number>\d{1,3}(?:,\d{3})+|\d{1,15}(?:\.\d\d?)?)(?![\d.,])
         |(?P<name>[^\d\s/*·\xd7^.,;:()\[\]{}<>=+-]+))
       (?:(?:\s*(?:\^|\*\*)\s*)?(?P<power>-?\d\d?)(?!\d))?)""",
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
    plain = " ".join(unicodedata.normalize("NFKC", (text or "1")[: _LONGEST + 1]).split())
    for pattern, replacement in _IDIOMS:
        plain = pattern.sub(replacement, plain)
    found = _read_factors(plain) if len(plain) <= _LONGEST else None
    return found or Unit(Fraction(1), frozenset({(text or "", 1)}))


def explain_difference(one: str | None, other: str | None) -> str:
    """Say why two units cannot be converted into each other."""
    named = " and ".join("no unit" if each is None else f"“{each}”" for each in (one, other))
    several = _SEVERAL_SIZES.intersection(re.findall(r"\w+", f"{one} {other}".casefold()))
    why = f": “{min(several)}” has several sizes" if several else ""
    return f"{named} cannot be converted into each other{why}"


def _read_factors(text: str) -> Unit | None:
    """Multiply the factors of a text; None if it does not fit the grammar."""
    factor, dimensions = Fraction(1), Counter[str]()
    position, sign, raised, is_number = 0, 1, 1, True
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            return None
        position, name, power = token.end(), token["name"] or "", int(token["power"] or 1)
        amount = _read_amount(token["number"] or name)
        if power == 0 or amount == 0 or (name and abs(power) > _HIGHEST_POWER):
            return None
        if token["over"]:
            sign = -1
        elif amount is not None:
            factor *= amount ** (sign * power)
        elif name.casefold() in _POWERS:
            raised = _POWERS[name.casefold()]
        elif name:
            base, exponent = _ask_pint(name), sign * raised * power
            factor *= base.factor**exponent
            dimensions.update({each: own * exponent for each, own in base.dimensions})
            sign, raised, is_number = 1, 1, False
    kept = {(name, power) for name, power in dimensions.items() if power}
    return Unit(factor, frozenset(kept | ({("number", 1)} if is_number else set())))


def _read_amount(word: str) -> Fraction | None:
    """Return the amount that a number or a word such as `million` says, if it does."""
    if word[:1].isdecimal():
        return Fraction(word.replace(",", ""))
    name = word.casefold()
    amount = _AMOUNTS.get(name) or _AMOUNTS.get(name.removesuffix("s"))
    return None if amount is None else Fraction(amount)


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
