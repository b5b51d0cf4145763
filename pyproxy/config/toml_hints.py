"""What to do about the faults of TOML's syntax, by the words of the parser."""

_QUOTE = "put a text in double quotes"
_PAIR = "write key = value, each on a line of its own"
_ESCAPE = "write a backslash as two, or put the text in single quotes"
_CONTROL = "write a control character as an escape in double quotes"
_HINTS = {
    "a text without quotes": _QUOTE,
    "string values must be quoted": f"{_QUOTE}; {_PAIR}",
    "there is no null": "leave the key out",
    "invalid unquoted key": "TOML writes key = value, and quotes a key of other signs than letters, digits, '_' and '-'",
    "missing key for inline table": "a table in braces is {key = value, …}",
    "missing key": "a key is letters, digits, '_' and '-', or any text in quotes",
    "key with no value": _PAIR,
    "missing value": "write one after the '=', or remove the key",
    "invalid key-value pair": _PAIR,
    "extra `=`": _PAIR,
    "assignment": _PAIR,
    "unexpected `=` in array": "a list of tables is [{key = value}, …]",
    "invalid inline table element": "a table in braces is {key = value, …}",
    "missing comma": "write a ',' here, or close the bracket that was opened before",
    "extra comma": "remove the ','",
    "unexpected key or value": "one value a key, and one key a line",
    "unexpected content": "one value a key, and one key a line",
    "unclosed quote": "close it in the same line, or open and close it with three quotes",
    "unclosed": "close the bracket",
    "opening": "remove the bracket, or open it before",
    "missing table open": "remove the bracket, or open it before",
    "leading zero": f"a number does not begin with 0; {_QUOTE}",
    "invalid date": _QUOTE,
    "keys cannot be multi-line": "put the key in a single pair of quotes",
    "escaped value": _ESCAPE,
    "unicode value": _ESCAPE,
    "invalid value": _ESCAPE,
    "comment character": "remove the control character",
    "string": _CONTROL,
    "carriage return": "save the file with the line breaks of Unix or of Windows",
    "a number of more than 64 bits": f"write a smaller number; {_QUOTE}",
    "small letters": "",
    "radix": f"write a number in decimal; {_QUOTE}",
    "sign": f"write a number with one sign at most; {_QUOTE}",
    "`_`": f"write a number without '_'; {_QUOTE}",
    "invalid": f"write a number with digits on both sides of its point; {_QUOTE}",
    "prefix": f"write a number without a prefix; {_QUOTE}",
}


def hint_for(message: str) -> str:
    """Return what to do about a fault, or an empty text; the first entry that occurs in the message tells."""
    return next((hint for part, hint in _HINTS.items() if part in message), "")
