"""The errors of reading messages and their tables as a whole; the other file errors are in `store.errors`.

    StoreError
    ├── FileFault
    │   ├── FileHeaderMissing    the first line of a CSV file does not name the columns
    │   └── FileHeaderRepeated   two columns of a CSV file have the same name
    ├── IntegrityFault
    │   └── ContentDamaged       the stored bytes of a message are not a message
    └── TableDamaged             a dated table has a gap, an overlap or an entry of the wrong shape

A fault in a single record is not an error of this tree but a `Finding`.
"""

from store.errors import FileFault, IntegrityFault, StoreError


class FileHeaderMissing(FileFault):
    """The first line of a CSV file does not name the columns: export the file again with its header."""


class FileHeaderRepeated(FileFault):
    """A CSV file names a column twice, so that its values are ambiguous: export it again."""


class ContentDamaged(IntegrityFault):
    """Bytes that should be the content of a message are not: the officer keeps the database as it is."""


class TableDamaged(StoreError):
    """A dated table is inconsistent: the person who edited it corrects the entry that is named."""

    exit_status = 4
