"""Kill a server 20 times amid reviews, on both engines: `python -m tests.submissions`.

Then 300 random changes: does a dry run show analysis what is served once they are written?
"""

import argparse
import logging
import random
import tempfile
import time
from pathlib import Path

from tests.postgres import postgres_server
from tests.submissions.killing import play_story
from tests.submissions.overlays import count_equal_overlays
from tests.worlds import Databases

_KILLS, _CHANGES = 20, 300


def run_stories(kills: int) -> None:
    """Play the story on both engines, and print how long it took."""
    with tempfile.TemporaryDirectory() as folder, postgres_server(durable=True) as server:
        databases = Databases(Path(folder), lambda: server)
        for engine in ("sqlite", "postgresql"):
            started = time.perf_counter()
            with databases.fresh(engine, "seed") as url:
                killed = play_story(url, kills)
            taken = time.perf_counter() - started
            print(f"{engine}: {killed} kills, nothing lost, nothing doubled; {taken:.0f} s")
        accepted = count_equal_overlays(databases, random.Random(1), _CHANGES)
        print(f"{accepted} of {_CHANGES} random changes were accepted; all were shown as written")


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser("python -m tests.submissions", description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=_KILLS, help="how many, per engine")
    run_stories(parser.parse_args().kills)
