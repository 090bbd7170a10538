"""Label Studio, the peer: started from an environment of its own, and asked over HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.reviewing.serving import Client, Unreachable, free_port

_TOKEN = "0123456789abcdef0123456789abcdef01234567"
_START_SECONDS = 300
_CHOICES = """<View><Image name="image" value="$image"/>
<Choices name="verdict" toName="image"><Choice value="top1"/><Choice value="topk"/>
<Choice value="none"/></Choices></View>"""


class LabelStudio:
    """A project of pictures; `ask` and `save` go by turns."""

    def __init__(self, client: Client, pictures: Sequence[str]) -> None:
        self._client = client
        made = client.post("/api/projects/", {"title": "bench", "label_config": _CHOICES})
        self._next = f"/api/projects/{made['id']}/next"
        tasks = [{"image": picture} for picture in pictures]
        client.post(f"/api/projects/{made['id']}/import", tasks)
        self._task: dict[str, Any] = {}

    def ask(self) -> None:
        """Ask for the next task."""
        self._task = json.loads(self._client.request("GET", self._next))

    def save(self) -> None:
        """Give a verdict on the task."""
        choice = {"type": "choices", "from_name": "verdict", "to_name": "image"}
        result = [choice | {"value": {"choices": ["top1"]}}]
        url = f"/api/tasks/{self._task['id']}/annotations/"
        self._client.post(url, {"result": result, "lead_time": 1.0})


@contextmanager
def running(python: str, folder: Path, pictures: Sequence[str]) -> Iterator[LabelStudio]:
    """Start Label Studio as its command does, on SQLite, with a project of pictures."""
    port = free_port()
    program = str(Path(python).parent / "label-studio")
    command = [program, "start", "--no-browser", f"--port={port}", f"--user-token={_TOKEN}"]
    command += ["--username=bench@example.com", "--password=apasswordoften1"]
    settings = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "COLLECT_ANALYTICS": "false",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | settings, stdout=log, stderr=log
        )
    try:
        client = Client(port, {"Authorization": f"Token {_TOKEN}"})
        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                client.request("GET", "/api/projects/")
                break
            except Unreachable:
                if process.poll() is not None or time.monotonic() > until:
                    said = (folder / "log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"Label Studio did not start:\n{said}") from None
                time.sleep(0.5)
        yield LabelStudio(client, pictures)
    finally:
        process.terminate()
        process.wait()
