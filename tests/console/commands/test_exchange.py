"""The command `receive --set-cursor`: an officer's, without the line."""

from tests.running import World


def test_an_officer_sets_back_how_far_the_feed_was_read(noticed: World) -> None:
    assert noticed.run("op-101", "receive", "--set-cursor", "0").status == 3
    assert noticed.run("ka-301", "receive", "--set-cursor", "10").error["code"] == "cursor_not_before"
    assert noticed.run("ka-301", "receive", "--set-cursor", "4").json == {"cursor": 4, "former": 10}
    (made,) = noticed.run("ka-301", "log", "show", "--event", "feed.set_back").json["entries"]
    assert made["actor"] == "ka-301"


def test_setting_back_and_reading_again_do_not_go_together(noticed: World) -> None:
    assert noticed.run("ka-301", "receive", "--set-cursor", "4", "--after", "4").status == 2
