"""What the campaign remembers: which words were sent by whom, what was promised of them, and what has arrived.

A source was told "we have it", or was not. In the first case the words arrive once and whole; in the second once and
whole, or not at all. The same for what reviewers write.
"""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class SentLetter:
    """A message that somebody tried to send, with its files by name. `acknowledged`: the whole answer was read.

    `taken_back`: its source withdrew the report before it was collected, and was told that it is erased.
    """

    message: str
    files: dict[str, bytes] = field(repr=False)
    acknowledged: bool = False
    taken_back: bool = False


@dataclass
class WrittenReply:
    """A reply that a reviewer tried to send to the source with this codename, and what the source did with it.

    `read_noted`: it was read, and the site has had the time to note it. Until then nobody was promised that.
    """

    text: str
    codename: str
    acknowledged: bool = False
    read_noted: bool = False
    delete_tried: bool = False
    delete_acknowledged: bool = False


@dataclass
class Book:
    """Everything that was tried since the campaign began. Messages and texts are all different."""

    letters: dict[str, SentLetter] = field(default_factory=dict)
    replies: dict[str, WrittenReply] = field(default_factory=dict)
    arrived: Counter[str] = field(default_factory=Counter)

    def send(self, message: str, files: dict[str, bytes]) -> SentLetter:
        """Note that somebody is about to send this for the first time."""
        return self.letters.setdefault(message, SentLetter(message, files))

    def write(self, text: str, codename: str) -> WrittenReply:
        """Note that a reviewer is about to write this."""
        return self.replies.setdefault(text, WrittenReply(text, codename))

    def take_in(self, message: str, files: dict[str, bytes]) -> None:
        """Take note of a letter that stands in a case. Raises AssertionError unless it is one that was sent, whole."""
        assert message in self.letters, f"nobody ever sent: {message}"
        self.arrived[message] += 1
        assert self.arrived[message] == 1, f"arrived twice: {message}"
        sent = self.letters[message].files
        assert files.keys() == sent.keys(), f"{message}: {sorted(sent)} were sent, {sorted(files)} arrived"
        for name, content in sent.items():
            assert files[name] == content, f"{message}: {name} is not what was sent ({len(content)} bytes)"
        # Looked at: the bytes are not needed any more.
        sent.clear()

    def check_letters(self) -> None:
        """Raise AssertionError if something that was acknowledged has not arrived, or what was taken back has."""
        acknowledged = [sent for sent in self.letters.values() if sent.acknowledged]
        lost = [sent.message for sent in acknowledged if not sent.taken_back and not self.arrived[sent.message]]
        assert not lost, f"acknowledged and lost: {lost}"
        kept = [sent.message for sent in acknowledged if sent.taken_back and self.arrived[sent.message]]
        assert not kept, f"taken back, and arrived: {kept}"

    def check_inbox(self, codename: str, texts: Counter[str]) -> None:
        """Raise AssertionError unless a source's inbox holds what it should, once, and nothing else."""
        ours = {text: reply for text, reply in self.replies.items() if reply.codename == codename}
        assert texts.keys() <= ours.keys(), f"nobody ever wrote: {sorted(texts.keys() - ours.keys())}"
        for text, reply in ours.items():
            assert texts[text] <= 1, f"in the inbox twice: {text}"
            if reply.delete_acknowledged:
                assert not texts[text], f"deleted by its source, and back: {text}"
            elif reply.acknowledged and not reply.delete_tried:
                assert texts[text], f"written and lost: {text}"
