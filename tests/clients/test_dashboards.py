"""Each recipe of docs/dashboards.md, run as it stands against a real server with the seed."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jsonata
import pytest
import vl_convert
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.clients.recipes import BLOCKS, GENERATED, GUIDE, RECIPES, SHOWN, in_python, recipe
from tests.conftest import require_part
from tests.servers import Server
from tests.worlds import SEED_FOLDERS, Databases, read_records

POSITIONS = sum(len(read_records("positions", folder)) for folder in SEED_FOLDERS)

PYTHON = {
    "pandas": "assert table.loc['Russia', 'reject'] == 1; assert all(frame['attested_on'].dt.year)",
    "pandas-pages": "assert len(pages) > 2; assert frame['id'].is_unique",
    "polars": "assert frame.filter(holder_label='Russia', force='reject')['len'].to_list() == [1]",
}
"""What must be true after a recipe in Python."""


def rows(server: Server, address: str) -> list[dict[str, str]]:
    assert address.startswith(server.address)
    answer = server.ask(address.removeprefix(server.address))
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8"))))


TESTED = {
    *PYTHON, "streamlit", "grafana-json", "grafana-csv", "power-query", "google-sheets",
    "spreadsheet", "vega-lite", "picture", "role", "question", *GENERATED, *GENERATED.values(),
}  # fmt: skip


def test_every_recipe_is_tested_here_and_is_ten_lines_or_fewer():
    assert [name for name, _ in BLOCKS] == list(RECIPES)
    assert set(RECIPES) == TESTED
    assert {
        name: len(text.splitlines()) for name, text in BLOCKS if len(text.splitlines()) > 10
    } == {}


@pytest.mark.parametrize("name", PYTHON)
def test_a_recipe_in_python_gives_what_it_says(server: Server, tmp_path: Path, name: str):
    in_python(f"{recipe(name, server)}\n{PYTHON[name]}", tmp_path)


def test_the_streamlit_app_follows_its_controls(server: Server, tmp_path: Path):
    app = tmp_path / "app.py"
    app.write_text(recipe("streamlit", server), encoding="utf-8")
    in_python(
        f"""
from datetime import date
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({str(app)!r}, default_timeout=120).run()
assert not app.exception, app.exception
app.selectbox[0].select("Russia").run()
assert "reject" in list(app.dataframe[0].value["force"])
app.date_input[0].set_value(date(2023, 3, 28)).run()
assert not app.exception, app.exception
assert app.selectbox[0].options == ["Russia", "Ukraine", "the West"]
""",
        tmp_path,
    )


def in_range(address: str, first: str, last: str) -> str:
    """Put a time range in the place of Grafana's macros."""
    address = address.replace("${__from:date:YYYY-MM-DD}", first)
    address = address.replace("${__to:date:YYYY-MM-DD}", last)
    assert "$" not in address
    return address


def selected(columns: list[dict[str, str]], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the frame that Infinity makes: a column for each selector."""
    return [{c["text"]: jsonata.Jsonata(c["selector"]).evaluate(row) for c in columns}
            for row in found]  # fmt: skip


def test_grafana_reads_rows_by_jsonata_in_its_time_range(server: Server):
    query = json.loads(recipe("grafana-json", server))
    assert (query["type"], query["parser"]) == ("json", "backend")
    address = in_range(query["url"], "2023-03-01", "2023-12-31")
    answer = server.ask(address.removeprefix(server.address)).json()
    frame = selected(query["columns"], jsonata.Jsonata(query["root_selector"]).evaluate(answer))
    assert {"Month": "2023-03", "Force": "demand", "Positions": 5} in frame
    assert {each["Force"] for each in frame} == {"demand", "propose", "reject"}
    later = in_range(query["url"], "2024-01-01", "2024-12-31")
    assert server.ask(later.removeprefix(server.address)).json() == []


def test_grafana_reads_csv_as_of_the_end_of_its_time_range(server: Server):
    query = json.loads(recipe("grafana-csv", server))
    assert query["type"] == "csv"
    found = rows(server, in_range(query["url"], "2023-03-01", "2023-03-31"))
    frame = selected(query["columns"], found)
    assert {each["Collision"] for each in frame} == {"1", "2", "3"}
    assert {"russia", "belarus", "ukraine"} == {each["Who"] for each in frame}
    assert rows(server, in_range(query["url"], "2023-03-01", "2023-03-28")) == []


def test_power_query_asks_for_a_table_that_it_can_type(server: Server):
    code = recipe("power-query", server)
    [address] = re.findall(r'Web\.Contents\("([^"]+)"', code)
    [path] = re.findall(r'RelativePath = "([^"]+)"', code)
    [given] = re.findall(r"Query = \[(.*?)\]", code)
    query = dict(re.findall(r'(\w+) = "([^"]*)"', given))
    found = rows(server, f"{address}/{path}?{urlencode(query)}")
    assert found
    assert "Encoding = 65001" in code  # UTF-8
    dates = re.findall(r'\{"(\w+)", type date\}', code)
    assert dates
    for each in found:
        for name in dates:
            assert re.fullmatch(r"(\d{4}-\d{2}-\d{2})?", each[name])


def test_google_sheets_imports_a_table_of_moderate_size(server: Server):
    [address] = re.findall(r'^=IMPORTDATA\("([^"]+)"\)$', recipe("google-sheets", server))
    found = rows(server, address)
    assert {each["holder_label"] for each in found} == {"Russia", "Ukraine", "Belarus"}
    assert len(server.ask(address.removeprefix(server.address)).body) < 1_000_000


def test_a_spreadsheet_opens_the_table_and_keeps_its_cells(server: Server, tmp_path: Path):
    require_part("ssconvert", shutil.which("ssconvert"), "apt-get install gnumeric")
    for line in recipe("spreadsheet", server).splitlines():
        command = shlex.split(line)
        if command[0] == "curl":
            fetched = server.ask(command[-1].removeprefix(server.address))
            (tmp_path / command[-2]).write_bytes(fetched.body)
        else:
            subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    subprocess.run(
        ["ssconvert", "positions.ods", "back.csv"], cwd=tmp_path, check=True, capture_output=True,
        timeout=120,
    )  # fmt: skip
    back = (tmp_path / "back.csv").read_text(encoding="utf-8")
    found = {each["id"]: each for each in csv.DictReader(io.StringIO(back))}
    asked = "/v1/positions.csv?valid_at=2023-03-31&limit=1000"
    expected = {each["id"]: each for each in rows(server, server.address + asked)}
    assert set(found) == set(expected)
    for name in ("holder_label", "proposition_text", "quote", "source_url"):
        assert {id: each[name] for id, each in found.items()} == {
            id: each[name] for id, each in expected.items()
        }


def test_vega_loads_the_rows_and_draws_them(server: Server):
    spec = json.loads(recipe("vega-lite", server))
    drawn = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[f"{server.address}/"])
    assert "holder: russia" in drawn
    assert "force: reject" in drawn


def test_vega_draws_a_specification_of_ours_as_it_is(server: Server):
    [path] = re.findall(rf'"{SHOWN}(/v1/[^"]+\.vl\.json[^"]*)"', GUIDE)
    drawn = vl_convert.vegalite_to_svg(server.ask(path).json(), allowed_base_urls=[])
    assert "Who stands where: War in Ukraine" in drawn


class Sources(HTMLParser):
    """Notes what a page shows, and how it is called for who cannot see it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert given.get("alt") or given.get("title"), tag
        self.found.append((tag, given["src"] or ""))


def test_a_page_shows_the_picture_and_the_frame(server: Server):
    page = Sources()
    page.feed(recipe("picture", server))
    kinds = {
        tag: server.ask(url.removeprefix(server.address)).headers["Content-Type"].partition(";")[0]
        for tag, url in page.found
    }
    assert kinds == {"img": "image/svg+xml", "iframe": "text/html"}


def test_the_question_in_sql_gives_what_the_api_says(
    server: Server, databases: Databases, engine: str
):
    with databases.fresh(engine, "seed") as url:
        database = create_engine(url)
        with database.connect() as connection:
            found = connection.execute(text(RECIPES["question"])).mappings().all()
        database.dispose()
    path = "/v1/positions.csv?conflict=war-in-ukraine&valid_at=2023-03-31&limit=1000"
    names = ("holder_label", "force", "proposition_text", "quote", "source_url")
    said = [tuple(each[name] or "" for name in names) for each in found]
    told = [tuple(each[name] for name in names) for each in rows(server, server.address + path)]
    assert sorted(said) == sorted(told)
    assert [each[:2] for each in said] == sorted(each[:2] for each in said)


def test_the_role_reads_the_views_and_nothing_else(databases: Databases):
    with databases.fresh("postgresql", "seed") as url:
        owner = create_engine(url, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            for statement in RECIPES["role"].split(";"):
                if statement.strip():
                    connection.execute(text(statement))
            connection.execute(text("SET ROLE dashboards"))
            counted = connection.execute(text("SELECT count(*) FROM v_positions")).scalar_one()
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text("SELECT count(*) FROM api_key"))
            connection.execute(text("RESET ROLE"))
            connection.execute(text("DROP OWNED BY dashboards"))
            connection.execute(text("DROP ROLE dashboards"))
        owner.dispose()
    assert counted == POSITIONS


def test_the_address_for_a_reader_of_sqlite_opens_the_views_and_lets_nothing_be_written(
    databases: Databases,
):
    [shown] = re.findall(r"`(sqlite:///[^`]+)`", GUIDE)
    assert "file:/data/sinequanon.db" in shown
    with databases.fresh("sqlite", "seed") as url:
        file = url.removeprefix("sqlite:///")
        reader = create_engine(shown.replace("/data/sinequanon.db", file))
        with reader.connect() as connection:
            assert (
                connection.execute(text("SELECT count(*) FROM v_positions")).scalar_one()
                == POSITIONS
            )
            with pytest.raises(DBAPIError, match="readonly"):
                connection.execute(text("DELETE FROM text"))
        reader.dispose()
