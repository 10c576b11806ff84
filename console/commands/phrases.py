"""What click itself says, such as `Missing option`, in the language of the call.

Click looks each of its texts up by a function of gettext, whose catalogues are binary files for the language of the
process's locale. Here that function looks into the catalogue `phrases`, in which the English text is the key. A test
holds the catalogue to the texts of the installed version.
"""

from functools import cache
from types import ModuleType
from typing import Final

import click.core
import click.decorators
import click.exceptions
import click.formatting
import click.parser
import click.types

from console.words import Language, texts_of

MODULES: Final[tuple[ModuleType, ...]] = (
    click.core,
    click.decorators,
    click.exceptions,
    click.formatting,
    click.parser,
    click.types,
)
# Click puts the names of its types into sentences without looking them up.
_TYPES: Final = ("phrases.integer_range", "phrases.integer")


class _Translator:
    """The language that click speaks now: one call of the program has one."""

    def __init__(self) -> None:
        self.language: Language = "en"

    def single(self, text: str) -> str:
        return _japanese().get(text, text) if self.language == "ja" else text

    def counted(self, singular: str, plural: str, count: int) -> str:
        return self.single(singular if count == 1 else plural)


_TRANSLATOR: Final = _Translator()


def speak(language: Language) -> None:
    """Let click say what it says in `language` from now on."""
    _TRANSLATOR.language = language
    for module in MODULES:
        # They import the functions under these names, so that this is where they can be replaced.
        vars(module).update(_=_TRANSLATOR.single, ngettext=_TRANSLATOR.counted)


def completed(message: str) -> str:
    """Return what click said about a wrong usage, with the names of its types in the language as well."""
    for key, texts in texts_of("phrases"):
        if key in _TYPES and _TRANSLATOR.language == "ja":
            message = message.replace(texts["en"], texts["ja"])
    return message


@cache
def _japanese() -> dict[str, str]:
    return {texts["en"]: texts["ja"] for _key, texts in texts_of("phrases")}
