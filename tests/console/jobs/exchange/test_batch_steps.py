"""The resident-record system's key of a person is kept here: what leaves is the record without it."""

import pytest

from console.jobs.exchange import batch_steps
from store.message.canonical import encode
from tests.console.jobs.site import entry


@pytest.mark.parametrize(
    "items",
    [
        {},
        {"zone": 1},
        {"subject": 'a"quoted\\one'},
        {"reference": ',"subject":"R-1"}'},
        {"person": {"name": "X", "subject": "of the person alone"}},
        {"zone": {"subject": "deeper"}},
        {"protected": True},
        {"protected": True, "subject": "1", "zone": {"protected": True}},
        {"reference": '"protected":true'},
        {"zone": {"a": 1, "subject": "deeper"}},
    ],
)
def test_whatever_a_record_holds_only_what_is_ours_is_left_out(items: dict[str, object]) -> None:
    record = {**entry(1), **items}
    left = {name: value for name, value in record.items() if name not in {"subject", "protected"}}
    assert batch_steps._as_it_travels(encode(record)) == encode(left)
    assert batch_steps._as_it_travels(encode(left)) == encode(left)
