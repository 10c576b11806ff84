"""Everything that the installed click may say to people has a Japanese text."""

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType

import pytest

from console.commands.phrases import MODULES, completed, speak
from console.words import texts_of
from tests.running import run

# Said to programmers, or by parts of click that the program does not use: prompts, deprecated and hidden things, files
# that click itself would open.
_NEVER_SAID = {
    "Aborted!",
    "deprecated",
    "DeprecationWarning: The command {name!r} is deprecated.{extra_message}",
    "DeprecationWarning: The {param_type} {name!r} is deprecated.{extra_message}",
    "Value must be an iterable.",
    "Name '{name}' defined twice",
    "Boolean option {decl!r} cannot use the same flag for true/false.",
    "Could not determine name for option with declarations {decls!r}",
    (
        "No options defined but a name was passed ({name})."
        " Did you mean to declare an argument instead? Did you mean to pass '--{name}'?"
    ),
    "Arguments take exactly one parameter declaration, got {length}: {decls}.",
    "(dynamic)",
    "Error: {message}",
    "Try '{command} {option}' for help.",
    "unknown error",
    "Could not open file {filename!r}: {message}",
    "Choice({choices})",
    "{value!r} is not a valid UUID.",
    "{name} {filename!r} does not exist.",
    "{name} {filename!r} is a file.",
    "{name} {filename!r} is a directory.",
    "{name} {filename!r} is not readable.",
    "{name} {filename!r} is not writable.",
    "{name} {filename!r} is not executable.",
    "{len_type} values are required, but {len_value} was given.",
    "{len_type} values are required, but {len_value} were given.",
    "Do you want to continue?",
    "Confirm the action without prompting.",
    "%(prog)s, version %(version)s",
    "Show the version and exit.",
    "Show this message and exit.",
}


def _texts(module: ModuleType) -> Iterator[str]:
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "ngettext"}:
            yield from (str(argument.value) for argument in node.args if isinstance(argument, ast.Constant))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_each_text_of_the_installed_version_is_known(module: ModuleType) -> None:
    known = {texts["en"] for _, texts in texts_of("phrases")}
    assert set(_texts(module)) - known - _NEVER_SAID == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["import"],
        ["log", "export", "x"],
        ["queue", "--limit", "x"],
        ["queue", "--limit", "-1"],
        ["queue", "--direction", "x"],
        ["queue", "--limit"],
        ["log", "show", "--since", "x"],
        ["show", "1", "2"],
        ["nothing"],
        ["--nothing"],
        ["check", "--json=1"],
    ],
)
def test_no_english_in_japanese_output(arguments: list[str]) -> None:
    japanese = run("--language", "ja", *arguments).err
    english = run("--language", "en", *arguments).err
    assert english.startswith("Error: ")
    words = {word for word in english.replace("'", " ").split() if word.isalpha() and len(word) > 2}
    mentioned = {"renkei", "queue", "import", "log", "show", "export", "check", "nothing", "out", *arguments}
    assert {word for word in words - mentioned if word in japanese and not word.isupper()} == set()


@pytest.mark.parametrize("arguments", [["log"], ["log", "ask"], ["queue"], ["init"]])
def test_the_help_has_no_english_but_names(arguments: list[str]) -> None:
    japanese = run(*arguments, "--language", "ja", "--help").out
    for phrase in ("Usage", "Options:", "Commands:", "Show this", "default", "required"):
        assert phrase not in japanese
    # What a command does is not cut off either, for want of blanks to cut it at.
    assert not [line for line in japanese.splitlines()[1:] if line.endswith("...")]


def test_types_are_named_in_the_language_as_well() -> None:
    speak("ja")
    assert "integer" not in completed("'x' は integer range")
    speak("en")
    assert completed("integer range") == "integer range"
