"""Where the data that the package reads is: the seed, the contract and its examples.

In a checkout, and so in an editable installation, these folders are beside `api/`. In all other
installations they are inside it, where `setup.py` puts them.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _find_folder(name: str) -> Path:
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


SEEDS = _find_folder("seeds")
CONTRACT = _find_folder("openapi") / "openapi.json"
EXAMPLES = CONTRACT.with_name("examples.json")
