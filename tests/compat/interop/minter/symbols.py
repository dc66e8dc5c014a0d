"""The table of symbols (section 6)."""

DEFAULT = (
    "read write resource operation right time role "
    "owner tenant namespace user team service admin "
    "email group member ip_address client client_ip domain "
    "path version cluster node hostname nonce query"
).split()
FIRST = 1024
MAX_BLOCK_TEXT = 65536


class Symbols:
    """Numbers of strings over a whole token. `begin` starts a block, `declared` are the strings it declares."""

    def __init__(self):
        self.numbers = {text: n for n, text in enumerate(DEFAULT)}
        self.next = FIRST
        self.declared = []
        self.text_bytes = 0

    def copy(self) -> "Symbols":
        other = Symbols()
        other.numbers, other.next = dict(self.numbers), self.next
        return other

    def begin(self) -> None:
        self.declared = []
        self.text_bytes = 0

    def number(self, text: str) -> int:
        """The number of a string, which is declared at its first occurrence (section 6)."""
        self.text_bytes += len(text.encode())
        if text not in self.numbers:
            self.numbers[text] = self.next
            self.next += 1
            self.declared.append(text)
        return self.numbers[text]
