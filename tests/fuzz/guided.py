"""Try one parser with inputs that atheris chooses: `python -m tests.fuzz.guided NAME FOLDER FLAGS`.

libFuzzer keeps in the folder `corpus` what led to code that was not reached before. The number of
inputs, of those that got past the first check, and of those that the application was asked with is
in the file `counts`. What crashes ends the process, and is in the folder as `crash-…`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["api"]):
    from tests.fuzz.parsers import PARSER
    from tests.worlds import Databases, Registry

_ASKED_EVERY, _COUNTED_EVERY = 100, 500


def main() -> None:
    """Run until libFuzzer has given as many inputs as the flags say; it ends the process."""
    name, folder, *flags = sys.argv[1:]
    parser, place = PARSER[name], Path(folder)
    stack, counts = ExitStack(), Counter[str]()
    databases = Databases(place, lambda: "")
    registry = Registry(stack.enter_context(databases.fresh("sqlite", "fixtures")))
    headers = {"Authorization": f"Bearer {registry.make_key()}"}

    def try_input(chance: bytes) -> None:
        raw = parser.make_input(chance)
        counts["past"] += parser.parse(raw)
        counts["inputs"] += 1
        if counts["inputs"] % _ASKED_EVERY == 0:
            request = parser.make_request(raw)
            request["headers"] = [*headers.items(), *dict(request.get("headers", ())).items()]
            answer = registry.client.open(**request)
            assert answer.status_code < 500, answer.text
            counts["asked"] += 1
        if counts["inputs"] % _COUNTED_EVERY == 0:
            (place / "counts").write_text(json.dumps(counts))

    atheris.Setup([sys.argv[0], *flags, str(place / "corpus")], try_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
