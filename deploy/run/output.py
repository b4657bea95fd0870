"""What ``make run`` prints. Texts of settings, logs and errors are escaped, and are no markup."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from schemas.text.printable import escape, escape_lines

TO_END_OF_LINE = "\x1b[K"  # clears what a longer line left behind


class Output:
    """Standard output, or standard error."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @classmethod
    def to_stdout(cls) -> Output:
        return cls(Console(soft_wrap=True, highlight=False))

    @classmethod
    def to_stderr(cls) -> Output:
        return cls(Console(stderr=True, soft_wrap=True, highlight=False))

    @property
    def is_terminal(self) -> bool:
        return self._console.is_terminal

    @property
    def width(self) -> int:
        return self._console.width

    def print(self, text: str, *, style: str = "") -> None:
        """Print lines, each as long as it is."""
        self._console.print(Text(escape_lines(text), style=style), soft_wrap=True)

    def rewrite_line(self, text: str) -> None:
        """Write ``text`` over the last line of a terminal."""
        self._console.file.write(f"\r{escape(text)}{TO_END_OF_LINE}")
        self._console.file.flush()

    def end_line(self) -> None:
        self._console.file.write("\n")
