"""Runs the commands of a document and compares what they print with what the document says.

Only blocks marked ```console are run:

    $ curl -s localhost:8101/us/health
    {"status":"ok","region":"us"}

A line that begins with "$ " is a command (a backslash at its end continues it on the next line);
what follows, up to the next command, is what it prints, standard error included. "…" stands for any
text within a line, and on a line of its own for any lines. A command that is said to print nothing
must succeed. All commands of a document run in one shell, one after the other.
"""

import dataclasses
import re
import subprocess
import tempfile

MARK = "--end-of-step--"


@dataclasses.dataclass
class Step:
    line: int
    command: str
    expected: str


def steps_of(text):
    """The commands of all ```console blocks, in order."""
    steps, inside, continued = [], False, False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            inside, continued = line.strip() == "```console", False
        elif not inside:
            continue
        elif continued:
            steps[-1].command += "\n" + line
            continued = line.endswith("\\")
        elif line.startswith("$ "):
            steps.append(Step(number, line[2:], ""))
            continued = line.endswith("\\")
        elif steps:
            steps[-1].expected += line + "\n"
        else:
            raise ValueError(f"line {number}: output without a command above it")
    return steps


def tidy(text):
    """Line ends and the white space before them do not count, nor do empty lines at the end."""
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip()


def matches(expected, printed):
    pattern = ""
    for line in tidy(expected).splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.split("…")) + r"\n"
    printed = tidy(printed)
    return re.fullmatch(pattern, printed + "\n" if printed else "") is not None


def run(steps, replace=(), **options):
    """What went wrong, a text for each step. `replace` puts the test's own addresses and folders in
    the place of the documented ones, and the documented ones back into what is printed."""
    replace = dict(replace)
    script = "".join(
        f"{{ {swap(step.command, replace)}\n}} </dev/null 2>&1; printf '\\n{MARK} %d\\n' $?\n"
        for step in steps)
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(script)
        file.flush()
        done = subprocess.run(
            ["bash", file.name], stdout=subprocess.PIPE, timeout=300, check=False, **options)
    pieces = re.split(rf"\n{MARK} (\d+)\n", done.stdout.decode(errors="replace"))
    back = {ours: theirs for theirs, ours in replace.items()}
    problems = []
    for index, step in enumerate(steps):
        printed, status = (pieces + ["", "not run"] * len(steps))[2 * index:2 * index + 2]
        printed = swap(printed, back)
        succeeded = status == "0" or tidy(step.expected) != ""
        if not (succeeded and matches(step.expected, printed)):
            problems.append(
                f"line {step.line}: $ {step.command}\n--- expected\n{step.expected}"
                f"--- printed (status {status})\n{printed}")
    return problems


def swap(text, replace):
    for old, new in replace.items():
        text = text.replace(old, new)
    return text
