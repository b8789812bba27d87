"""Every command in README.md and docs/ prints what the page says. Each page gets a
freshly seeded fleet of its own, in the place of the one that ./run starts."""

import pathlib

import pytest
from atoll import REPOSITORY
from walkthrough import run, steps_of

PAGES = [page for page in [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
         if page.exists() and steps_of(page.read_text())]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page: pathlib.Path, fleet):
    replace = {"localhost:8080": fleet.host, "atoll serve": f"serve {fleet.folder}"}
    if "DATABASE_URL_US" in fleet.env:
        replace["sqlite3 -readonly data/property-listing/us.db"] = (
            f"psql -XAt {fleet.env['DATABASE_URL_US']} -c")
    problems = run(steps_of(page.read_text()), replace, cwd=fleet.folder, env=fleet.env)
    assert not problems, "\n\n".join(problems)
