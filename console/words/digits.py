"""A PIN of digits that was written in another form, and so can be nobody's: blanks around it, or full-width digits.

An editor leaves a blank behind, and an input method types full-width digits. The person is told, and no attempt is
counted. A phrase may begin and end with blanks, and stays as it is.
"""

import unicodedata
from typing import Final

# The policy takes other characters than ASCII digits as a phrase, which has at least so many.
_LEAST_OF_PHRASE: Final = 12


def are_misspelt(pin: str) -> bool:
    """Tell whether `pin` would be digits alone, if it were written as the program takes them."""
    digits = pin.strip()
    wide = unicodedata.normalize("NFKC", digits)
    # Anything else is a phrase, and is tried as it is.
    if not (wide.isascii() and wide.isdigit()):
        return False
    return digits != pin or (wide != digits and len(digits) < _LEAST_OF_PHRASE)
