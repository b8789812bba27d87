"""The runner of the walk-throughs itself: what it takes for a step, a match, a failure."""

import pytest
from walkthrough import matches, run, steps_of

DOCUMENT = """
# A page
```sh
exit 1     # for people: not run
```
```console
$ name=reef; echo "$name"
reef
$ printf 'a\\nb\\n' \\
    | tac
b
a
```
Text between.
```console
$ test "$name" = reef
```
"""


def test_only_console_blocks_are_steps():
    steps = steps_of(DOCUMENT)
    assert [step.line for step in steps] == [7, 9, 16]
    assert steps[1].command == "printf 'a\\nb\\n' \\\n    | tac"
    assert [step.expected for step in steps] == ["reef\n", "b\na\n", ""]


def test_a_document_that_is_right_has_no_problems():
    assert run(steps_of(DOCUMENT)) == []


@pytest.mark.parametrize("wrong", [
    ("reef\n$ printf", "atoll\n$ printf"),  # other output
    ('test "$name" = reef', 'test "$name" = other'),  # fails and prints nothing
    ("b\na\n", "b\n"),  # prints more than it says
    ("echo", "exit; echo"),  # ends the shell
    ("| tac", "| tac | cat -n"),
])
def test_one_that_is_wrong_has(wrong):
    assert DOCUMENT.replace(*wrong) != DOCUMENT
    assert run(steps_of(DOCUMENT.replace(*wrong)))


@pytest.mark.parametrize("expected, printed, yes", [
    ("a", "a\r\n", True),
    ("a", "ab", False),
    ("a…c", "a, then b, then c", True),
    ("a…c", "a\nc", False),
    ('{"at":"…","n":1}', '{"at":"2026-01-01","n":1}', True),
    ("a\n…\nc", "a\nc", True),
    ("a\n…\nc", "a\nb\nb\nc", True),
    ("a\n…\nc", "a\nb", False),
    ("[0-9]", "7", False),
    ("", "", True),
    ("", "a", False),
    ("a", "", False),
    ("…", "", True),
])
def test_matches(expected, printed, yes):
    assert matches(expected, printed) == yes


def test_addresses_are_replaced_there_and_back():
    steps = steps_of("```console\n$ url=localhost:8101; echo ${#url} $url\n"
                     "15 localhost:8101\n```\n")
    assert run(steps, {"localhost:8101": "127.0.0.1:40123"}) == []
