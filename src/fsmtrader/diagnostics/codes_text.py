"""Codes of the group `text`: files, encodings, YAML and JSON.

An entry whose `bad` is empty is about a path, bytes that are no text, two files, or size: no short document shows it.
"""

from __future__ import annotations

from fsmtrader.diagnostics import Severity
from fsmtrader.diagnostics.codes import Code

_GOOD = """\
fsm: 1
strategy: {name: example}
states:
  IDLE: {description: nothing happens}
"""

_LAUGHS = """\
fsm: 1
a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
"""

_GOOD_JSON = """\
{
  "fsm": 1,
  "strategy": {"name": "example"},
  "states": {"IDLE": {"description": "nothing happens"}}
}
"""


def _instead(old: str, new: str, text: str = _GOOD) -> str:
    """The good document with one piece changed."""
    assert old in text
    return text.replace(old, new, 1)


def _error(code: str, title: str, what: str, why: str, bad: str, good: str = _GOOD) -> Code:
    return Code(code, Severity.ERROR, title, what, why, bad, good)


def _warning(code: str, title: str, what: str, why: str, bad: str, good: str = _GOOD) -> Code:
    return Code(code, Severity.WARNING, title, what, why, bad, good)


def _json_error(code: str, title: str, what: str, why: str, bad: str) -> Code:
    return Code(code, Severity.ERROR, title, what, why, bad, _GOOD_JSON, is_json=True)


_FILES = (
    _error(
        "FSM001",
        "file cannot be read",
        "A path that was given does not exist, may not be read, or leads in a circle of links.",
        "What was not read was not checked.",
        bad="",
    ),
    _error(
        "FSM002",
        "folder without specs",
        "A folder was given in which there is no file that ends in .yml, .yaml or .json. Hidden folders are skipped.",
        "A check of nothing would pass, and look like a check of something.",
        bad="",
    ),
    _error(
        "FSM003",
        "file too large",
        "The file is larger than 128 kB. It was not read further.",
        "Every limit keeps the time to an answer short, also for text that was made to take long.",
        bad="",
    ),
    _error(
        "FSM004",
        "not UTF-8",
        "The file holds bytes that are not UTF-8, or begins with the mark of UTF-16 or UTF-32.",
        "Another encoding read as UTF-8 gives other characters than the ones that were written.",
        bad="",
    ),
    _error(
        "FSM005",
        "control character",
        "The text holds a NUL, a control character, or a line separator that editors do not show as one.",
        "What cannot be seen cannot be reviewed, and tools disagree about where its line ends.",
        bad=_GOOD + "# a bell: \x07\n",
    ),
    _warning(
        "FSM006",
        "direction of text changed",
        "The text holds an invisible character that turns the direction of what follows.",
        "An editor may show the text in another order than the one in which it is read.",
        bad=_GOOD + "# hidden: \u202e\n",
    ),
    _error(
        "FSM007",
        "empty document",
        "The file holds nothing, or comments only.",
        "There is nothing to check.",
        bad="# nothing but a comment\n",
    ),
    _error(
        "FSM008",
        "not a mapping",
        "The document is a list or a single value.",
        "A strategy is a mapping of keys to values.",
        bad="- fsm: 1\n",
    ),
    _error(
        "FSM009",
        "several documents in one file",
        "A second document begins with `---`.",
        "One file is one strategy; which of the two would run?",
        bad=_GOOD + "---\nfsm: 1\n",
    ),
    _error(
        "FSM010",
        "nested too deep",
        "Mappings and lists stand inside one another more than 64 deep.",
        "No strategy needs this; text that does it was made to exhaust a reader.",
        bad="fsm: 1\nstates: " + "[" * 64 + "]" * 64 + "\n",
    ),
    _error(
        "FSM011",
        "too many values",
        "The document has more than 30,000 keys and values.",
        "Every limit keeps the time to an answer short.",
        bad="",
    ),
)

_YAML = (
    _error(
        "FSM012",
        "not YAML",
        "The text breaks the rules of YAML: a bracket or a quotation mark is open, or the indentation does not fit.",
        "Nothing after that place can be read with certainty.",
        bad=_instead("{name: example}", "{name: example"),
    ),
    _error(
        "FSM013",
        "tab",
        "A tab stands where YAML allows spaces only, most often as indentation.",
        "How wide a tab is depends on the editor, and YAML's structure depends on the width.",
        bad=_instead("  IDLE", "\tIDLE"),
    ),
    _error(
        "FSM014",
        "tag",
        "A value has a tag such as `!!str` or `!!python/object`.",
        "Tags tell a reader to construct objects. A spec is data; it cannot run code.",
        bad=_instead("name: example", "name: !!str example"),
    ),
    _error(
        "FSM015",
        "directive",
        "A line with `%` other than `%YAML 1.2` stands before the document.",
        "YAML 1.1 reads `no`, `on` and `010` otherwise. There is one way to read a spec.",
        bad="%YAML 1.1\n---\n" + _GOOD,
    ),
    _error(
        "FSM016",
        "unknown alias",
        "An alias `*name` has no anchor `&name` above it.",
        "The value that it should stand for is not there.",
        bad=_instead("name: example", "name: *example"),
        good=_instead("name: example", "name: &example example, description: *example"),
    ),
    _error(
        "FSM017",
        "alias in a circle",
        "An alias stands inside the value that it stands for.",
        "Written out, the document would never end.",
        bad=_instead("states:", "states: &all\n  LOOP: *all"),
    ),
    _error(
        "FSM018",
        "aliases too large",
        "With its aliases written out, the document has more than 30,000 values or a million characters.",
        "A few lines of aliases of aliases can stand for more than any computer holds.",
        bad=_LAUGHS,
    ),
    _error(
        "FSM019",
        "merge key",
        "A mapping takes in the keys of another by `<<`.",
        "YAML 1.2 has no merge keys, and with them a reader does not see on the page what holds.",
        bad=_instead("strategy: {name: example}", 'strategy: {name: example, <<: {version: "1.0"}}'),
    ),
    _error(
        "FSM020",
        "key twice",
        "A mapping has the same key twice.",
        "Most readers keep the last one without a word: half of the strategy would be missing.",
        bad=_instead("fsm: 1", "fsm: 1\nfsm: 1"),
    ),
    _error(
        "FSM021",
        "key is no text",
        "A key is a list or a mapping, or is missing before its `:`.",
        "Keys are names. A bracket at the start of a key is most often an expression that needs quotation marks.",
        bad=_instead("fsm: 1", "fsm: 1\n[a, b]: 1"),
    ),
    _warning(
        "FSM022",
        "yes, no, on, off",
        "One of these words stands as a value without quotation marks. In YAML 1.2 it is a text.",
        "In YAML 1.1 it was true or false, so readers of the spec may take it for that.",
        bad=_instead("name: example", "name: on"),
        good=_instead("name: example", 'name: "on"'),
    ),
    _error(
        "FSM023",
        "number not finite",
        "A number is `.nan`, `.inf`, or too large for a double.",
        "No price, size or time is infinite, and a comparison with such a number hides mistakes.",
        bad=_instead("name: example", "name: example, version: 1e400"),
        good=_instead("name: example", 'name: example, version: "1.0"'),
    ),
    _error(
        "FSM024",
        "half a character",
        r"An escape such as `\ud83d` stands for one half of a character, without the other.",
        "Such a text cannot be stored, shown or sent.",
        bad=_instead("nothing happens", r'"nothing \ud83d"'),
    ),
)

_JSON_AND_MORE = (
    _json_error(
        "FSM025",
        "not JSON",
        "The text breaks the rules of JSON (RFC 8259).",
        "Nothing after that place can be read with certainty.",
        bad=_instead('"fsm": 1', '"fsm" 1', _GOOD_JSON),
    ),
    _json_error(
        "FSM026",
        "comment in JSON",
        "JSON has no comments.",
        "Other readers refuse the file. A file that ends in .yml may hold the same text, and comments with #.",
        bad=_instead('"fsm": 1,', '"fsm": 1,  // the version', _GOOD_JSON),
    ),
    _json_error(
        "FSM027",
        "comma too many in JSON",
        "A comma stands after the last item of a list or mapping.",
        "Other readers refuse the file.",
        bad=_instead('happens"}}\n', 'happens"}},\n', _GOOD_JSON),
    ),
    _warning(
        "FSM028",
        "two files disagree",
        "A key stands in two of the files that are read together, with different values. The later one stands.",
        "Which one was meant cannot be known.",
        bad="",
    ),
    _warning(
        "FSM029",
        "leading zero",
        "A number begins with a zero. It is read as decimal.",
        "YAML 1.1 read it as octal: `010` was eight.",
        bad=_instead("name: example", "name: example, version: 010"),
        good=_instead("name: example", 'name: example, version: "010"'),
    ),
)

CODES: tuple[Code, ...] = _FILES + _YAML + _JSON_AND_MORE
