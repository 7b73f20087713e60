"""Scripts of tests/peers, run by Node: other people's libraries, asked one question a line and answering each."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import missing

PEERS = Path(__file__).parents[1] / "peers"


def have_or_skip() -> None:
    """Node, or the packages that `make test` installs, may be missing: a visible skip."""
    if shutil.which("node") is None:
        missing("Node")
    if not (PEERS / "node_modules" / ".package-lock.json").exists():
        missing("what tests/peers/package-lock.json names (make test installs it)")


@dataclass
class Node:
    """A script that waits for questions. Each is a JSON line with `ask` and what it needs; so is the answer."""

    process: "subprocess.Popen[str]"

    @classmethod
    @contextmanager
    def running(cls, script: str, *words: str) -> Iterator["Node"]:
        """One process until the block ends; `words` are the script's own. It goes when its standard input closes."""
        have_or_skip()
        command = ["node", str(PEERS / script), *words]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield cls(process)
            finally:
                process.stdin.close()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()

    def ask(self, question: str, **told: Any) -> Any:
        """The answer. A script that ended, or could not answer, fails the test that asked."""
        self.process.stdin.write(json.dumps({"ask": question, **told}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the script ended with {self.process.wait(10)} instead of answering {question}"
        answer = json.loads(line)
        assert "broke" not in answer, f"{question}: {answer['broke']}"
        return answer["answer"]
