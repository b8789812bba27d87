"""Dockerfile, docker-compose.yml and .env.example as data, and what is wrong with them: what can be
known without an engine."""

import dataclasses
import os
import re
import signal
import subprocess

import yaml
from atoll import BINARY, PATIENCE, REPOSITORY, wait_until

VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}")


def example_variables(text):
    """What .env.example sets."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def variables_in(text):
    return {found[1] for found in VARIABLE.finditer(text) if found[1]}


def interpolated(text, variables):
    """As compose fills it in. LookupError: a variable that must be set is not, and what it says."""

    def value(found):
        name, how, rest = found.groups()
        if name is None:
            return "$"
        if variables.get(name):
            return variables[name]
        if how == "?":
            raise LookupError(rest)
        return rest or ""

    return VARIABLE.sub(value, text)


def compose(variables, file=REPOSITORY / "docker-compose.yml"):
    return yaml.safe_load(interpolated(file.read_text(), variables))


# ---- Dockerfile --------------------------------------------------------------------------------


@dataclasses.dataclass
class Stage:
    name: str
    base: str
    steps: list = dataclasses.field(default_factory=list)  # (instruction, arguments)

    def all(self, instruction):
        return [arguments for name, arguments in self.steps if name == instruction]


def stages_of(text):
    """By name, in order."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    stages = {}
    for step in "\n".join(lines).replace("\\\n", " ").splitlines():
        instruction, arguments = step.split(None, 1)
        arguments = " ".join(arguments.split())
        if instruction == "FROM":
            base, _, name = arguments.partition(" AS ")
            stage = stages[name] = Stage(name, base)
        else:
            stage.steps.append((instruction, arguments))
    return stages


def inherited(stages, stage, instruction):
    """The last of its kind in a stage, or in those that it is made from. None: there is none."""
    while stage:
        if stage.all(instruction):
            return stage.all(instruction)[-1]
        stage = stages.get(stage.base)
    return None


def is_pinned(image):
    """A tag that names a version: not "latest", and not a moving one such as "15" or "bookworm"."""
    _, _, tag = image.partition(":")
    return bool(re.match(r"v?\d+\.\d+", tag))


def findings(text, finals=("node", "gateway"), tree=REPOSITORY):
    """What a reader of Dockerfiles would object to."""
    stages = stages_of(text)
    for stage in stages.values():
        if stage.base not in stages and not is_pinned(stage.base):
            yield f"{stage.name}: {stage.base} is not pinned"
        if stage.all("ADD"):
            yield f"{stage.name}: ADD, where COPY does"
        for command in stage.all("RUN"):
            if "apt-get install" not in command:
                continue
            for word in ("apt-get update", "--yes", "--no-install-recommends",
                         "rm -rf /var/lib/apt/lists"):
                if word not in command:
                    yield f"{stage.name}: apt-get install without {word}"
        for copied in stage.all("COPY"):
            options = [word for word in copied.split() if word.startswith("--")]
            *sources, _ = (word for word in copied.split() if word not in options)
            origins = [option.removeprefix("--from=") for option in options if "from" in option]
            yield from (f"{stage.name}: copies from {origin}, which is no stage"
                        for origin in origins if origin not in stages)
            if origins:
                continue
            yield from (f"{stage.name}: there is no {source}" for source in sources
                        if not (tree / source).exists())
            if stage.name != "build" and "--chmod=755" not in options:
                yield f"{stage.name}: {' '.join(sources)} with whatever rights the checkout has"
    for name in finals:
        if inherited(stages, stages[name], "USER") in (None, "root", "0"):
            yield f"{name}: runs as root"
        words = re.findall(r"\w+", " ".join(stages[name].all("HEALTHCHECK")))
        if "atoll health" not in " ".join(words):
            yield f"{name}: no HEALTHCHECK with atoll health"
        if not (inherited(stages, stages[name], "WORKDIR") or "").startswith("/"):
            yield f"{name}: no WORKDIR"


# ---- as processes ------------------------------------------------------------------------------


def here(text, places):
    """With the services' addresses in the place of their names in the compose network."""
    for name, place in places.items():
        text = text.replace(name, place)
    return text


class Image:
    """A folder that looks like the image's /srv/atoll, and PATH like the image's."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "apps").symlink_to(REPOSITORY / "apps")
        (folder / "secret").mkdir()
        self.programs = folder / "bin"
        self.programs.mkdir()
        for name, program in (("atoll", BINARY), ("atoll-gateway", REPOSITORY / "deploy/gateway"),
                              ("atoll-peer-secret", REPOSITORY / "deploy/peer-secret")):
            (self.programs / name).symlink_to(program.resolve())
        self.env = {"PATH": f"{self.programs}:{os.environ['PATH']}:/usr/sbin"}
        self.running = {}

    def run(self, command, env=()):
        return subprocess.run(command, cwd=self.folder, env=self.env | dict(env), text=True,
                              capture_output=True, timeout=180, check=False)

    def start(self, name, command, env):
        with self.log(name).open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=self.folder, env=self.env | env, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT)

    def log(self, name):
        return self.folder / f"{name}.log"

    def wait_for(self, name, check, env):
        def is_healthy():
            assert self.running[name].poll() is None, self.log(name).read_text()
            return self.run(check, env).returncode == 0

        wait_until(is_healthy, what=f"{name} being healthy")

    def clean_up(self):
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            process.wait(PATIENCE)
