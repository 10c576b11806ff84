"""The errors of reading messages and their tables as a whole; the other file errors are in `store.errors`.

    StoreError
    ├── FileFault
    │   ├── FileHeaderMissing    the first line of a CSV file does not name the columns
    │   ├── FileHeaderRepeated   two columns of a CSV file have the same name
    │   ├── FileKindColumnMissing, FileTitleRow, FileSeparatorLine, FileDelimiter, FileRowsQuoted, FileCarriageReturns
    │   ├── FileEncodedTwice     what is wrong with a first line that is no header
    │   ├── FileSuffixDiffers    the name says JSON Lines and the content is CSV, or the other way round
    │   ├── FileColumnMissing, FileEncodingDiffers    the file is not what its layout says
    │   ├── FileChanged, FileChecksumUnusable, FileChecksumDiffers     the file may not be whole
    │   ├── FileNotRecords       no line is a record
    │   ├── FileJsonArray, FileSpreadsheet, FileArchive, FileMarkup, FileLogLines
    │   └── FileUtf16            what such a file looks like instead
    ├── LayoutFault
    │   ├── LayoutMissing        there is no layout of that name
    │   ├── LayoutUnreadable     it is not TOML
    │   ├── LayoutInvalid        an item of it cannot be used
    │   └── LayoutUnconfirmed    two persons have not confirmed it as it is now
    ├── IntegrityFault
    │   └── ContentDamaged       the stored bytes of a message are not a message
    └── TableFault               a dated table, or what a terminal lays over it, is wrong
        ├── TableForeign         no table has that name
        ├── TableUnreadable      the file is not of its form
        ├── TableItemMissing, TableItemUnknown, TableItemWrong
        ├── TablePeriodBroken    periods overlap, leave a gap, or leave out days that had a meaning
        └── TableDayMissing      a table says nothing of a day on which it has to

A fault in a single record is not an error of this tree but a `Finding`.
"""

from store.errors import FileFault, IntegrityFault, StoreError


class FileHeaderMissing(FileFault):
    """The first line of a CSV file does not name the columns: export the file again with its header."""


class FileHeaderRepeated(FileFault):
    """A CSV file names a column twice, so that its values are ambiguous: export it again."""


class FileKindColumnMissing(FileFault):
    """A header names items, but no column has the kind: the export gets that column."""


class FileTitleRow(FileFault):
    """Above the header are so many `rows`, such as a title: the person removes them."""


class FileSeparatorLine(FileFault):
    """The first line is `sep=…`, which Excel alone understands: the person removes it."""


class FileDelimiter(FileFault):
    """Another `delimiter` than a comma stands between the values: the file is exported again, as CSV."""


class FileRowsQuoted(FileFault):
    """Each line is in quotation marks as a whole, so it is one value: the file is exported again without them."""


# Old programs on a Mac write such files, and Excel under the name of CSV (Macintosh).
class FileCarriageReturns(FileFault):
    """Lines end by a carriage return alone, so the file is one line: it is saved again with other line ends."""


class FileEncodedTwice(FileFault):
    """UTF-8 was taken for Latin-1 and encoded again: the file is exported again, since its names are garbled."""


class FileSuffixDiffers(FileFault):
    """The file holds what files with another `suffix` hold: the person renames it."""


# What was read of such a file may be half of it, and nobody could tell which half.
class FileChanged(FileFault):
    """Somebody wrote to the file while it was read: the person waits until it is complete."""


class FileReplaced(FileFault):
    """The file is not the one that the person looked at: they look at it once more before it is taken in."""


class FileChecksumUnusable(FileFault):
    """The file of the checksum beside the file holds none for it: it is written again, or removed."""


class FileChecksumDiffers(FileFault):
    """The file is not the one whose checksum stands beside it: it is carried over once more."""


class FileColumnMissing(FileFault):
    """The file has no `column` of a name that its `layout` expects: the person names another layout or file."""


class FileEncodingDiffers(FileFault):
    """The layout says another `encoding` than the file has: the person names another layout or file."""


class FileNotRecords(FileFault):
    """None of the lines is a record: the operator names the right file."""


class FileJsonArray(FileFault):
    """The file is one JSON array: the resident-record system exports it again, a record a line."""


class FileSpreadsheet(FileFault):
    """The file is a workbook of a spreadsheet, or a ZIP archive: it is exported as CSV in UTF-8."""


class FileArchive(FileFault):
    """The file is compressed: the operator names the file that is in it."""


class FileMarkup(FileFault):
    """The file is XML or HTML: the resident-record system exports it again as JSON Lines or CSV."""


class FileLogLines(FileFault):
    """The file is the log of some program: the operator names the right file."""


class FileUtf16(FileFault):
    """The file is in UTF-16, which some programs call Unicode: it is exported again, in UTF-8."""


class LayoutFault(StoreError):
    """A layout (取込様式) cannot be used."""

    exit_status = 4


class LayoutMissing(LayoutFault):
    """The terminal has no `layout` of that name: the person names one of those that are `known`."""


class LayoutUnreadable(LayoutFault):
    """The file at `place` is not TOML in UTF-8: the custodian corrects it."""


class LayoutInvalid(LayoutFault):
    """An `item` of a layout, at `place`, is not what is `wanted`: the custodian corrects it."""


class LayoutUnconfirmed(LayoutFault):
    """The `layout` is not as two persons confirmed it: an officer and a second person do so."""

    exit_status = 3


class ContentDamaged(IntegrityFault):
    """Bytes that should be the content of a message are not: the officer keeps the database as it is."""


class TableFault(StoreError):
    """A table is wrong: the person who edited it corrects the place that is named."""

    exit_status = 4


class TableForeign(TableFault):
    """No table of the package has the name of the file `table`: the custodian gives it the right name or removes it."""


class TableUnreadable(TableFault):
    """The file `table` is not of its form from `line` on: the custodian corrects it there."""


class TableItemMissing(TableFault):
    """The entry of a code at `line` lacks an `item`: the custodian adds it."""


class TableItemUnknown(TableFault):
    """The entry of a code at `line` has an `item` that no entry of the table has: the custodian corrects its name."""


class TableItemWrong(TableFault):
    """An `item` at `line` has a value that it cannot have; `wanted` says which it can: the custodian corrects it."""


class TablePeriodBroken(TableFault):
    """The periods of a code at `line` overlap, leave a gap, or leave days out: the custodian corrects from and to."""


class TableDayMissing(TableFault):
    """The table says nothing of the day `entry`: the person who edited it last corrects from and to."""
