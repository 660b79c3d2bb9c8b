"""What is kept off the way of a click: a process that serves FHIR never loads fhir.resources."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import asyncio, json, sys, tempfile
from pathlib import Path
from tests.fhir.bundles import NOW, example, raw
from tests.interventions.stage import PLATFORM, open_stage

async def main():
    async with open_stage(Path(tempfile.mkdtemp())) as stage:
        stage.clock.forward(seconds=(NOW - stage.clock()).total_seconds())
        async with stage.client(**{"Content-Type": "application/fhir+json"}) as client:
            message = await client.post("/fhir/$process-message", content=raw(example()))
            metadata = await client.get("/fhir/metadata")
    loaded = [name for name in sys.modules if name.startswith("fhir")]
    print(json.dumps([message.status_code, metadata.status_code, loaded]))

asyncio.run(main())
"""


def test_a_process_that_serves_fhir_never_loads_fhir_resources() -> None:
    """A message was read, stored and answered, the CapabilityStatement written: not one module of the library is there."""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "[200, 200, []]"
