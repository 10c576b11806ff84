"""The whole job without a person stops at the first step that fails, says which, and leaves nothing behind.

That it succeeds is shown by `renkei smoke` itself.
"""

import tempfile
from pathlib import Path

import pytest

from console import smoke
from console.smoke import SmokeOutcome, SmokeStep


def test_the_job_is_done_when_every_step_is() -> None:
    good, bad = SmokeStep("prepare", ok=True, seconds=1.0), SmokeStep("send", ok=False, seconds=1.0)
    assert SmokeOutcome((good, good)).ok
    assert not SmokeOutcome((good, bad)).ok


def test_a_step_that_fails_ends_the_job_and_the_world_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    # Nobody of that name is in the world, so the log-on fails at once.
    monkeypatch.setattr(smoke, "CHIEF", "nobody")
    outcome = smoke.run("en")
    assert [(step.name, step.ok) for step in outcome.steps] == [("prepare", True), ("log_on", False)]
    assert not outcome.ok
    assert list(tmp_path.iterdir()) == []
