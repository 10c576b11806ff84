"""What a step would do with many messages is what it then does."""

from datetime import timedelta

from console.jobs.messages import review
from console.jobs.work import outline
from console.jobs.work.outline import Named, Obstacle
from store import clock
from store.message.codes import Kind
from store.message.states import Step
from tests.clusters import ON_SQLITE
from tests.console.jobs.site import APPROVER, OPERATOR, Site, doubtful, entry, moving_out


@ON_SQLITE
def test_what_stays_behind_is_told_with_its_reason(site: Site) -> None:
    approver = site.session(APPROVER)
    tomorrow = clock.day_in_japan(clock.now()) + timedelta(days=1)
    plain, leaving, warned = site.take_in([entry(1), moving_out(2, tomorrow.isoformat()), doubtful(3)])
    (done,) = site.approve([entry(4)])
    foreseen = outline.outline(site.terminal, approver, [plain, leaving, warned, done], Step.APPROVE)
    assert list(foreseen.ids) == [plain, leaving]
    assert (foreseen.kinds, foreseen.deletions, foreseen.until_day) == ({Kind.RESIDENT_RECORD: 2}, 1, 1)
    assert foreseen.behind == {Obstacle.STATE: [done], Obstacle.WARNINGS: [warned]}
    assert foreseen.named[plain] == Named(site.row(plain).reference, "HOSSAIN RAFIQ")
    decided = review.approve(site.terminal, approver, [plain, leaving, warned, done])
    assert decided.changed == [plain, leaving]


@ON_SQLITE
def test_what_one_wrote_is_another_ones_to_decide(site: Site) -> None:
    (number,) = site.take_in([entry(1)])
    writer = site.session(OPERATOR)
    assert outline.outline(site.terminal, writer, [number], Step.APPROVE).behind == {Obstacle.OWN: [number]}
    # Giving back takes no second person.
    assert list(outline.outline(site.terminal, writer, [number], Step.GIVE_BACK).ids) == [number]
