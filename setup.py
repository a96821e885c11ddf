"""Which packages and data are installed; everything else is in `pyproject.toml`.

The folders of data are beside `api/` in a checkout and inside it in an installation, where
`api.package_data` finds them.
"""

from setuptools import find_packages, setup

DATA = ("fixtures", "openapi", "seeds")

setup(
    packages=[*find_packages(include=["api", "api.*"]), *(f"api.{folder}" for folder in DATA)],
    package_dir={f"api.{folder}": folder for folder in DATA},
    package_data={
        "api.ledger": ["letters.json"],
        "api.desk": ["assets/*"],
        "api.explorer": ["templates/*", "assets/*"],
        "api.reader": ["languages/*.toml"],
        "api.web.contract": ["assets/*"],
        **{f"api.{folder}": ["**/*"] for folder in DATA},
    },
    py_modules=["wsgi"],
)
