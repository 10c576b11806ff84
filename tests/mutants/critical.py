"""The critical modules, each with tests that hold it besides those that mirror it.

Named are tests in the same process: a command that runs in a process of its own loads the sources without a fault.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CRITICAL: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "console.jobs.admission": ("tests/console/jobs/terminal/test_refusals.py",),
        "console.jobs.checkpoints": ("tests/console/jobs/log", "tests/console/jobs/exchange/test_trial.py"),
        "console.jobs.exchange.acknowledgements": (),
        "console.jobs.exchange.clocks": (),
        "console.jobs.exchange.kept_bytes": (),
        "console.jobs.exchange.reach": (),
        "console.jobs.exchange.receiving": (
            "tests/console/jobs/exchange/test_exchange.py",
            "tests/console/jobs/exchange/test_reach.py",
            "tests/console/jobs/exchange/test_recovery.py",
            "tests/console/jobs/exchange/test_rejections.py",
        ),
        "console.jobs.exchange.rejections": (),
        "console.jobs.people.logon": (
            "tests/console/jobs/terminal/test_key_sources.py",
            "tests/console/jobs/terminal/test_opening.py",
            "tests/console/jobs/terminal/test_protections.py",
            "tests/console/jobs/test_checkpoints.py",
        ),
        "console.jobs.terminal.gate_checks": ("tests/console/jobs/terminal/test_health.py",),
        "console.jobs.terminal.protections": (),
        "console.jobs.timekeeping": (),
        "console.protections": (),
        "console.session": (),
        "store.clock": (),
        "store.log.admissions": (),
        "store.log.checkpoints": ("tests/store/log/test_known_answers.py", "tests/store/log/test_shared_log.py"),
        "store.log.stretches": (),
        "store.message.checks.rules": (
            "tests/store/message/checks/test_severities.py",
            "tests/store/message/files/test_reading.py",
        ),
        "store.message.declarations.conditions": ("tests/store/message/checks/test_rules.py",),
        "store.message.declarations.residence_report": (
            "tests/store/message/checks/test_rules.py",
            "tests/store/message/entry/test_proposal.py",
            "tests/store/message/test_kinds.py",
        ),
        "store.people.attempts": ("tests/console/jobs/people/test_logon.py",),
        "store.queue.hiding": (),
        "store.queue.proofs": (),
        "store.queue.sealed_rows": ("tests/store/queue/test_intake.py", "tests/store/test_comparison.py"),
        "store.queue.sequence": ("tests/store/queue/test_shipping.py",),
        "store.queue.transitions": ("tests/console/jobs/messages/test_review.py",),
        "store.sealing.row_seals": (),
        "store.sealing.vault": ("tests/store/sealing",),
        "store.settings_in_force": (),
        "transport.agency.validation": (),
        "transport.bounds": (),
        "transport.evidence.envelope": ("tests/transport/test_vectors.py",),
        "transport.evidence.holdings": (),
        "transport.evidence.receipts": ("tests/transport/test_vectors.py",),
    }
)
