"""How reading messages and their tables can fail as a whole; the other file errors are in `store.errors`.

    StoreError
    ├── FileFault
    │   ├── FileHeaderMissing    the first line of a CSV file names no columns that we know
    │   └── FileHeaderRepeated   two columns of a CSV file have the same name
    ├── IntegrityFault
    │   └── ContentDamaged       the kept bytes of a message are no message
    └── TableDamaged             a dated table has a gap, an overlap or an entry of the wrong shape

What is wrong with single records is no error of this tree but a `Finding`.
"""

from store.errors import FileFault, IntegrityFault, StoreError


class FileHeaderMissing(FileFault):
    """The first line of a CSV file does not name the columns: the file is exported anew with its header."""


class FileHeaderRepeated(FileFault):
    """A CSV file names a column twice, so that its values are ambiguous: it is exported anew."""


class ContentDamaged(IntegrityFault):
    """Bytes that should be a message's content are not: the officer keeps the database as it is."""


class TableDamaged(StoreError):
    """A dated table does not hold together: whoever edited it corrects the entry named."""

    exit_status = 4
