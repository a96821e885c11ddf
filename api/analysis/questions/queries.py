"""The parameters that questions share: both clocks, and filters that narrow what is drawn on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import marshmallow as ma

from api import clock
from api.ledger import Asked
from api.ledger.noun import Filter
from api.positions import POSITIONS
from api.web.contract import parameters
from api.web.contract.schemas import StrictSchema
from api.web.formats import ENVELOPE, Format, read_format
from api.web.queries import read_filters


@dataclass(frozen=True, slots=True)
class ParsedQuestion:
    """What was asked: when, what `of` the parsed parameters is left to the caller, which format.

    `moment_name` is the parameter by which the registry's clock was asked for.
    """

    asked: Asked
    of: Any = None
    format: Format = ENVELOPE
    moment_name: str = "known_at"


class AnalysisQuerySchema(StrictSchema):
    """Both clocks; subclasses add parameters, and read them in `read_parameters`."""

    known_at = parameters.KnownAtParameter()
    valid_at = parameters.ValidAtParameter()
    narrowing: tuple[str, ...] = ()
    """The parameters that narrow it to some of the positions that it draws on: filters of these.

    It shows what is left. A deadlock and a difference conclude from what is not there, so they are
    of a whole conflict. A matrix is not narrowed to a time, which would empty its cells.
    """

    @ma.post_load
    def make_question(self, data: dict[str, Any], **_: Any) -> ParsedQuestion:
        """Return the parsed question."""
        return ParsedQuestion(
            format=read_format(data),
            asked=self.read_clocks(data),
            of=self.read_parameters(data),
            moment_name=self.moment_name(data),
        )

    def read_clocks(self, data: dict[str, Any]) -> Asked:
        """Return the clocks as asked for."""
        known = cast("Asked", data.get("known_at") or Asked())
        return Asked(known.number, known.instant, data.get("valid_at"))

    def moment_name(self, data: Mapping[str, Any]) -> str:
        """Name the parameter by which the registry's clock was asked for."""
        del data
        return "known_at"

    def read_parameters(self, data: dict[str, Any]) -> Any:
        """Return what else was asked."""
        raise NotImplementedError

    def read_narrowing(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the filters as `api.ledger.reading.filters` takes them."""
        return dict(read_filters(POSITIONS, {n: data[n] for n in self.narrowing if n in data}))


def ids_parameter(name: str, about: str, noun: str) -> parameters.FilterValues:
    """Make a parameter that takes ids of a noun, any of which will do."""
    return parameters.FilterValues(Filter(name, about, noun=noun))


def attested_parameter() -> parameters.DateParameter:
    """Make the parameter that narrows a question to what is attested in a period."""
    return parameters.DateParameter(
        "Only what is attested then; 2019/2021 is an interval. `state` compares what is left, "
        "without records of other days"
    )


def read_period(data: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the first day that `from` and the last day that `to` may mean."""
    since, until = (cast("clock.Bounds | None", data.get(n)) for n in ("from_", "to"))
    return since and since.earliest, until and until.latest
