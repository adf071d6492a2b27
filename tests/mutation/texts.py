"""Random edits of a file's text or bytes: as a slip of the hand, a broken disk or a careless editor would leave it."""

from __future__ import annotations

import random

STRANGE = [
    "\0", "\t", "\u202e", "\u200b", "\ufeff", "é", "Σ", "е", "\x1b[2J", "\ud800", "\U0010ffff", "\x85", "\u2028", "\r",
    "{", "}", "[", "]", "'", '"', "&a ", "*a ", "!!int ", "<<: ", "---\n", "...\n", "%YAML 1.2\n", "# ", ": ", "- ",
    "? ", "| ", "> ", ",", "{" * 50, "[" * 50, "a: " * 50,
]  # fmt: skip
WHOLE = [
    "null", "true", "0", "-1", "1e300", "1e400", ".nan", "-.inf", "[]", "{}", '""', "~", "q", "env", "2 * agent",
    "a.b.c", "(((((", "é", "1", "0x10", "1_000", "2001-01-01", "yes", "010", "9" * 400, "|", ">-", "!!python/none",
    "&x", "*x", "{<<: 1}", "[a, b", "'open", "1000000000",
]  # fmt: skip


def edited(text: str, rng: random.Random, tokens: list[str]) -> str | bytes:
    """One to four small edits; sometimes of bytes."""
    for _ in range(rng.randint(1, 4)):
        text = _edit(text, rng, tokens)
    if rng.random() < 0.1:
        return _bytes(text.encode("utf-8", "surrogatepass"), rng)
    return text


def _edit(text: str, rng: random.Random, tokens: list[str]) -> str:
    lines = text.split("\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(12):
        case 0:
            del lines[i]
        case 1:
            lines.insert(j, lines[i])
        case 2:
            lines[i] = " " * rng.randint(0, 8) + lines[i].lstrip()
        case 3:
            words = lines[i].split(" ")
            a, b = rng.randrange(len(words)), rng.randrange(len(words))
            words[a], words[b] = words[b], words[a]
            lines[i] = " ".join(words)
        case 4:
            at = rng.randrange(len(lines[i]) + 1)
            code = rng.choice([rng.randrange(32, 127), rng.randrange(1, 0x2FF)])
            lines[i] = lines[i][:at] + chr(code) + lines[i][at:]
        case 5:
            at = rng.randrange(len(lines[i]) + 1)
            lines[i] = lines[i][:at] + lines[i][at + 1 :]
        case 6:
            words = lines[i].split(" ")
            words[rng.randrange(len(words))] = rng.choice(tokens)
            lines[i] = " ".join(words)
        case 7:
            head, colon, _ = lines[i].rpartition(": ")
            lines[i] = f"{head}{colon}{rng.choice(WHOLE)}" if colon else lines[i]
        case 8:
            head, colon, tail = lines[i].partition(": ")
            wrong = tail.replace(rng.choice("abcdefghijklmnopqrstuvw_"), rng.choice("abc."), 1)
            lines[i] = f"{head}{colon}{wrong}"
        case 9:
            at = rng.randrange(len(lines[i]) + 1)
            lines[i] = lines[i][:at] + rng.choice(STRANGE) + lines[i][at:]
        case 10:
            lines = lines[:i]
        case 11:
            lines[i], lines[j] = lines[j], lines[i]
    return "\n".join(lines) or "\n"


def _bytes(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(raw) + 1)
    match rng.randrange(5):
        case 0:
            return raw[:at] + bytes([rng.randrange(256)]) + raw[at:]
        case 1:
            return raw[:at]
        case 2:
            return raw.replace(b"\n", b"\r\n")
        case 3:
            return raw.decode("utf-8", "replace").encode("utf-16")
    return b"\xef\xbb\xbf" + raw
