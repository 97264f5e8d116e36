"""What to say about a character that no expression may hold.

Everything outside printable ASCII is refused: a Cyrillic letter that passes for a Latin one, or a mark that turns the
direction of the text, would let a reader approve something other than what runs. The message names the character by
its number (the character itself may not be printable) and, where one exists, its ASCII twin.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_CYRILLIC = dict(
    zip(
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d\u0410\u0412"
        "\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0423\u0406\u0408\u0405\u051a\u051c",
        "aeopcyxijshdqwABEKMHOPCTXYIJSQW",
        strict=True,
    )
)
_GREEK = dict(
    zip(
        "\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
        "oABEZHIKMNOPTYX",
        strict=True,
    )
)
_LATIN = {"\u0261": "g", "\u0131": "i", "\u0237": "j"}
_SIGNS = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u02d7\u2796", "-"),
    **dict.fromkeys("\u00d7\u2217\u22c5\u00b7\u2022", "*"),
    **dict.fromkeys("\u00f7\u2215\u2044", "/"),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    "\u2264": "<=",
    "\u2a7d": "<=",
    "\u2265": ">=",
    "\u2a7e": ">=",
    "\u2260": "!=",
    "\u2227": "and",
    "\u2228": "or",
    "\u00ac": "not",
    "\u2192": "implies",
    "\u21d2": "implies",
    "\u201a": ",",
    "\u066b": ".",
    "\u066a": "%",
}
_TWINS = {**_CYRILLIC, **_GREEK, **_LATIN, **_SIGNS}


@dataclass(frozen=True, slots=True)
class Strange:
    """The finding about one character: its code, what was found, how to mend it."""

    code: str
    message: str
    hint: str


def describe(character: str) -> str:
    """`U+0430 CYRILLIC SMALL LETTER A`: safe to print whatever the character is."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".rstrip()


def twin(character: str) -> str | None:
    """The ASCII text that the character passes for, or None. A blank is given as `' '`."""
    if character in _TWINS:
        return _TWINS[character]
    if unicodedata.category(character) in ("Zs", "Zl", "Zp"):
        return " "
    plain = unicodedata.normalize("NFKC", character)
    if len(plain) == 1 and " " <= plain <= "~" and unicodedata.category(character) not in ("No", "Sk"):
        return plain
    digit = unicodedata.decimal(character, None)
    return None if digit is None else str(digit)


def strange(character: str) -> Strange:
    """What to say about a character that is neither printable ASCII nor an ordinary blank."""
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Co", "Cn") or "\ufe00" <= character <= "\ufe0f":
        kind = {"Cc": "a control character", "Cs": "half of a surrogate pair", "Cf": "an invisible character"}
        what = kind.get(category, "a character that shows nothing")
        return Strange("FSM206", f"{what}, {describe(character)}, stands in the expression", "delete it")
    other = twin(character)
    if other == " ":
        return Strange("FSM205", f"{describe(character)} is not an ordinary blank", "write an ordinary blank")
    if other in ('"', "'", "`"):
        hint = "delete it: an expression holds no texts, and a name stands without quotation marks"
        return Strange("FSM205", f"{describe(character)} is not the ASCII `{other}`", hint)
    if other is not None:
        return Strange("FSM205", f"{describe(character)} is not the ASCII `{other}`", f"write `{other}`")
    return Strange("FSM204", f"{describe(character)} cannot stand in an expression", _spelled(character))


def _spelled(character: str) -> str:
    """How a sign that has no twin is written in ASCII."""
    words = unicodedata.name(character, "").split()
    if words[:1] == ["GREEK"] and "LETTER" in words:
        return f"names are ASCII: write `{words[words.index('LETTER') + 1].lower()}`"
    if words[:1] == ["SUPERSCRIPT"]:
        power = unicodedata.digit(character, None)
        return "write `** 2` for a power" if power is None else f"write `** {power}`"
    if character == "\u221a":
        return "write `sqrt(x)`"
    return "names are made of the letters a to z and A to Z, digits and `_`"
