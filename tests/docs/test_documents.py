"""Every command in README.md and docs/ prints what the page says. Each page gets a region of its
own, freshly seeded, in the place of the one that ./run starts."""

import pathlib

import pytest
from atoll import REPOSITORY
from walkthrough import run, steps_of

PAGES = [page for page in [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
         if page.exists() and steps_of(page.read_text())]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page: pathlib.Path, node):
    replace = {
        "localhost:8080": f"127.0.0.1:{node.port}",
        "data/property-listing": str(node.folder / "data"),
    }
    problems = run(steps_of(page.read_text()), replace, cwd=REPOSITORY)
    assert not problems, "\n\n".join(problems)
