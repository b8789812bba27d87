"""tests/tidy finds nothing in this repository, and finds what is planted."""

import importlib.machinery
import importlib.util
import pathlib
import types

import pytest

HERE = pathlib.Path(__file__).resolve().parent


def load_tidy() -> types.ModuleType:
    loader = importlib.machinery.SourceFileLoader("tidy", str(HERE / "tidy"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
    loader.exec_module(module)
    return module


tidy = load_tidy()

GOOD = {
    ".clang-format": (HERE.parent / ".clang-format").read_text(),
    "CMakeLists.txt": "add_library(reef\n  src/model/row.cc\n  src/store/sqlite/row.cc\n)\n",
    "run": "#!/bin/sh\n",
    "src/model/README.md": "# model\n\nRows.\n\nMay include: `base`.\n",
    "src/model/row.cc": '#include "model/row.hpp"\n\n#include <map>\n\n#include "base/time.hpp"\n',
    "src/model/row.hpp": "// A row.\n#pragma once\n",
    "src/store/sqlite/README.md": "# store/sqlite\n\nSQLite.\n\nMay include: `model`.\n",
    "src/store/README.md": "# store\n\nRows on disk.\n\nMay include: `model`.\n",
    "src/store/sqlite/row.cc": '#include <sqlite3.h>\n\n#include "model/row.hpp"\n',
    "tests/CMakeLists.txt": "add_executable(unit-tests\n  unit/row_test.cc\n)\n",
    "tests/unit/row_test.cc": "int main() {\n    return 0;\n}\n",
}
LONG_FUNCTION = "int one() {\n    return 1;\n}\n\nint two() {\n" + "    f();\n" * 70 + "}\n"

# (check, file, its text or what is appended to it, where it is found)
PLANTED = [
    ("folders", "src/model/row.cc", '#include "store/store.hpp"\n', 6),
    ("folders", "src/store/list.cc", '#include "store/sqlite/row.hpp"\n', 1),
    ("libraries", "src/model/row.hpp", "#include <sqlite3.h>\n", 3),
    ("libraries", "src/store/list.cc", "#include <boost/beast/http.hpp>\n", 1),
    ("libraries", "src/model/row.cc", "#include <thread>\n", 6),
    ("libraries", "src/cli/seed.cc", "#include <CLI/CLI.hpp>\n", 1),
    ("sizes", "src/model/row.cc", "\n" * 596, 601),
    ("sizes", "src/model/row.cc", "// " + "x" * 98 + "\n", 6),
    ("sizes", "src/model/row.cc", LONG_FUNCTION, 10),
    ("awaits", "src/model/row.cc", "auto row = co_await\n    get({resource, key});\n", 6),
    ("awaits", "src/model/row.cc", 'co_await post("/path");\n', 6),
    ("awaits", "src/model/row.cc", "co_await (ready ? get(a) : get(b));\n", 6),
    ("loops", "src/model/row.cc", "for (const auto& [a, b] : marks()->origins)\n", 6),
    ("marks", "run", "# TO" "DO: later\n", 2),
    ("files", "src/model/row.o", "object", 1),
    ("files", "docs/map.txt", "x" * 300_001, 1),
    ("files", "docs/picture.txt", "\0\1", 1),
    ("names", "src/model/row_util.hpp", "// A row's.\n#pragma once\n", 1),
    ("executables", "src/model/row.py", "#!/usr/bin/env python3\n", 1),
    ("headers", "src/model/key.hpp", "#pragma once\n", 1),
    ("readmes", "src/commit/batch.hpp", "// A batch.\n#pragma once\n", 1),
    ("lists", "src/model/key.cc", "\n", 1),
    ("lists", "tests/unit/key_test.cc", "\n", 1),
    ("links", "docs/map.md", "[here](map.md), [there](nowhere.md#part)\n", 1),
    ("paths", "run", "cd /ho" "me/somebody\n", 2),
    ("sleeps", "tests/wait.py", "time.sl" "eep(1)\n", 1),
    ("format", "src/model/row.cc", "int  f( );\n", 6),
]


def planted(folder, extra):
    for file, text in GOOD.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "run").chmod(0o755)
    for file, text in extra.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + text)
    files = [str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()]
    return tidy.Tree(folder, files)


def name_of(check):
    return check.__name__.removeprefix("check_")


@pytest.mark.parametrize("check", tidy.CHECKS, ids=name_of)
def test_this_repository(check):
    if check is tidy.check_format and not tidy.clang_format():
        pytest.skip(f"no clang-format {tidy.CLANG_FORMAT_VERSION}*")
    findings = list(check(tidy.Tree.of_git(HERE.parent)))
    assert not findings, "\n".join(f"{f.file}:{f.line}: {f.what}" for f in findings)


def test_nothing_is_found_where_nothing_is(tmp_path):
    tree = planted(tmp_path, {})
    assert [finding for check in tidy.CHECKS for finding in check(tree)] == []


@pytest.mark.parametrize("name, file, text, line", PLANTED)
def test_what_is_planted_is_found(tmp_path, name, file, text, line):
    if name == "format" and not tidy.clang_format():
        pytest.skip(f"no clang-format {tidy.CLANG_FORMAT_VERSION}*")
    tree = planted(tmp_path, {file: text})
    check = getattr(tidy, f"check_{name}")
    found = [(finding.file, finding.line) for finding in check(tree)]
    assert found == [("src/commit/README.md" if name == "readmes" else file, line)]


def test_every_check_has_a_plant():
    assert {name for name, *_ in PLANTED} == set(map(name_of, tidy.CHECKS))
