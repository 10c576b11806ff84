"""Keys that come before a screen stands: a burst from a script, or a slow machine."""

import pytest

from console.screens.base import ConsoleScreen, Dialog
from console.screens.dialogs import QuestionDialog
from console.screens.people.logon import LoginScreen


@pytest.mark.parametrize("screen", [LoginScreen(), QuestionDialog(lambda _words: "", "steps.approve.deed", typed=True)])
def test_a_screen_that_does_not_stand_yet_obeys_no_key(screen: ConsoleScreen | Dialog[str]) -> None:
    assert screen.check_action("enter", ()) is False
