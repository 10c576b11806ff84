"""A letter that several keys of a screen share: what is on the screen tells which of them is meant, or the person."""

from collections.abc import Sequence

from console.keys import Key
from console.screens.base import ConsoleScreen
from console.screens.dialogs import Selection


class SharedLetters(ConsoleScreen):
    """A screen on which one letter leads to several deeds of one meaning, such as to withdraw before sending and after.

    `console.keys.bindings` binds such a letter to the action `letter`.
    """

    def fits(self, key: Key) -> bool:
        """Tell whether `key` is meant by its letter now; subclasses say more."""
        return self.offers(key)

    async def action_letter(self, letter: str) -> None:
        """Do what the letter means here; where it can mean several things, ask which.

        The deed runs through `run_action`, so that the rights of its own key are looked at once more.
        """
        mine = [key for key in self.KEYS if key.letter == letter and self.console_app.may(key.right)]
        # Where nothing fits, the first one says why.
        meant = [key for key in mine if self.fits(key)] or mine[:1]
        if len(meant) == 1:
            await self.run_action(meant[0].action)
        elif meant:
            self._ask_which(meant)

    def _ask_which(self, keys: Sequence[Key]) -> None:
        texts = {key.action: key.text for key in keys}
        question = Selection(lambda words: words("keys.which"), list(texts), lambda words, action: words(texts[action]))
        self.app.push_screen(question, self._which_said)

    async def _which_said(self, action: str | None) -> None:
        if action is not None:
            await self.run_action(action)
