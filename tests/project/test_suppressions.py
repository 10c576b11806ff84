"""What silences a tool has one form, and says why in a sentence."""

import io
import re
import tokenize

from tests.project.sources import product_files, test_files

_SILENCES = re.compile(r"#\s*(noqa|type:\s*ignore|fmt:|pragma)")
_FORM = re.compile(
    r"# (noqa: [A-Z]+[0-9]+(, [A-Z]+[0-9]+)*|type: ignore\[[a-z-]+(, ?[a-z-]+)*\])  # [A-Z`].*[.]|# fmt: (skip|off|on)"
)


def test_a_suppression_has_its_reason() -> None:
    for file in (*product_files(), *test_files()):
        text = file.read_text(encoding="utf-8")
        if not _SILENCES.search(text):
            continue
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and _SILENCES.match(token.string):
                assert _FORM.fullmatch(token.string), f"{file} line {token.start[0]}: {token.string}"
