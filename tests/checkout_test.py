"""What was made in one checkout is neither used nor built from another: a copied folder makes its
own. Checkouts here are small ones, of a program that is a script."""

import pathlib
import shutil
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]

CMAKE = """
cmake_minimum_required(VERSION 3.25)
project(atoll LANGUAGES NONE)
add_custom_command(OUTPUT atoll DEPENDS ${CMAKE_SOURCE_DIR}/source
  COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_SOURCE_DIR}/source atoll)
add_custom_target(program DEPENDS atoll)
"""


def checkout(folder):
    (folder / "tools").mkdir(parents=True)
    (folder / "tests").mkdir()
    for file in ("tools/build", "tools/venv", "CMakePresets.json"):
        shutil.copy(REPOSITORY / file, folder / file)
    (folder / "CMakeLists.txt").write_text(CMAKE)
    (folder / "source").write_text("the first\n")
    (folder / "tests/requirements.txt").write_text("")
    return folder


def copy_of(folder):
    """As `cp -r` makes it: everything is as young as the copy."""
    copy = folder.with_name(f"{folder.name}-copied")
    subprocess.run(["cp", "-r", folder, copy], check=True)
    return copy


def run(folder, *command):
    """What it says on the way."""
    done = subprocess.run(command, cwd=folder, text=True, capture_output=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def test_a_copied_build_is_built_anew_from_the_copy(tmp_path):
    first = checkout(tmp_path / "one")
    run(first, "tools/build", "release", "program")
    second = copy_of(first)
    (second / "source").write_text("the second\n")
    said = run(second, "tools/build", "release", "program")
    assert f"build was made in {first}: building it anew" in said
    assert (second / "build/atoll").read_text() == "the second\n"
    assert (first / "build/atoll").read_text() == "the first\n"


def test_a_copied_build_uses_nothing_of_the_other_checkout(tmp_path):
    first = checkout(tmp_path / "one")
    run(first, "tools/build", "release", "program")
    second = copy_of(first)
    (second / "build/atoll").write_text("a copied program\n")
    shutil.rmtree(first)
    run(second, "tools/build", "release", "program")
    assert (second / "build/atoll").read_text() == "the first\n"
    assert str(first) + "/" not in (second / "build/build.ninja").read_text()


def test_a_checkout_that_was_built_is_not_built_again(tmp_path):
    first = checkout(tmp_path / "one")
    run(first, "tools/build", "release", "program")
    (first / "build/atoll").write_text("as it was built\n")
    assert run(first, "tools/build", "release", "program") == ""
    assert (first / "build/atoll").read_text() == "as it was built\n"


def test_a_checkout_may_be_reached_by_another_name(tmp_path):
    first = checkout(tmp_path / "one")
    run(first, "tools/build", "release", "program")
    (tmp_path / "link").symlink_to(first)
    assert run(tmp_path / "link", "tools/build", "release", "program") == ""


def test_copied_python_packages_are_installed_anew(tmp_path):
    first = checkout(tmp_path / "one")
    run(first, "tools/venv")
    assert run(first, "tools/venv") == ""
    second = copy_of(first)
    assert "installing" in run(second, "tools/venv")
    assert str(second / ".venv") in (second / ".venv/bin/pip").read_text()
