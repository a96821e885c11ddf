"""`python -m tests.browser.desk_pictures`: make the pictures of docs/desk.md at the desk itself."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image

from api import keys
from api.ledger.store.database import Database
from tests.browser.budget import open_browser
from tests.browser.coder import Coder
from tests.servers import start_server
from tests.worlds import PROJECT, Databases

FOLDER = PROJECT / "docs" / "desk"
ARTICLE = (
    "Norland wants its boats back\n\nNorland's envoy spoke on Tuesday. “We talk only if the boats "
    "return,” said Ilse Aarvik. “The strait stays open for everybody,” she added.\n\nSudmark's "
    "foreign minister Ivo Renn said that the boats had fished without a permit."
)


def save_picture(coder: Coder, name: str) -> None:
    """Save what the browser shows, in few colours."""
    shown = Image.open(io.BytesIO(coder.chrome.get_screenshot_as_png())).convert("RGB")
    shown.quantize(32).save(FOLDER / f"{name}.png", optimize=True)


def main() -> None:
    """Code a quote, and take two pictures on the way."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Databases(Path(folder), str).fresh("sqlite", "fixtures") as url,
    ):
        database = Database(url)
        key = keys.create_key(database, "ana", ["write"])
        database.close_connections()
        with start_server(url, Path(folder)) as server, open_browser(folder) as chrome:
            chrome.set_window_size(1200, 760)
            ana = Coder(chrome, server, key, "ana")
            ana.paste(ARTICLE, "Norland wants its boats back", "2024-03-05", "Varn Strait dispute")
            ana.press("j", "d", "a")  # the title is no statement
            ana.wait(lambda: "Aarvik" in ana.text("#said-here"))
            ana.wait(lambda: "new" in ana.text("#effect"))
            save_picture(ana, "article")
            ana.open_form("p")
            ana.reach('.form[data-open] [data-field="force"] select')
            ana.choose("demand")
            ana.reach('.form[data-open] [data-field="proposition"] input')
            ana.fill("The seized boats", "")
            ana.wait(lambda: "on record" in ana.text(".form[data-open]"))
            save_picture(ana, "position")


if __name__ == "__main__":
    main()
