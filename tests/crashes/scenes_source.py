"""What a source does while the public site may die."""

from keys.codename import Codename
from keys.derivation import derive
from tests.crashes.people import Browser, FilledIn
from tests.crashes.rows import PUBLISH, Scene
from tests.crashes.scenes import (
    BIG,
    MIDDLE,
    SMALL,
    Deed,
    answer_and_deliver,
    die_there,
    inbox_items,
    make_case,
    send_first_report,
    send_until_in,
)
from tests.crashes.steps import Commit, Step
from tests.crashes.world import Victim
from tests.drop_contents import is_known


class Report(Deed):
    """A first report with three files."""

    scene, victim = Scene.REPORT, Victim.SITE

    def prepare(self) -> None:
        """Fill in the form."""
        self.source = self.world.new_source()
        words = self.world.new_words("He told us to change the statement.")
        self.form = self.source.fill_in_report(words, self.world.new_files(BIG, MIDDLE, SMALL))

    def act(self) -> None:
        """Press Send."""
        self.source.send(self.form)

    def again(self) -> None:
        """Press Send again: the same form."""
        send_until_in(self.source, self.form)


class Mistake(Deed):
    """A one-way report with two files and without a word: the files are held, and the page asks for the words."""

    scene, victim = Scene.MISTAKE, Victim.SITE

    def prepare(self) -> None:
        """Fill in the form, and forget the words."""
        self.source = self.world.new_source(one_way=True)
        self.words = self.world.new_words("I forgot to write this.")
        self.files = self.world.new_files(MIDDLE, SMALL)
        self.letter = self.world.book.send(self.words, dict(self.files))
        filled_in = self.source.fill_in_report(self.words, self.files)
        self.form = FilledIn(filled_in.path, with_message(filled_in.values, ""), self.files, None)

    def act(self) -> None:
        """Press Send: the form comes back with the files in it."""
        answer = self.source.send(self.form)
        assert answer.status == 422
        values = [*self.form.values]
        for name in ("submission", "held"):
            values = [(found, answer.hidden(name) if found == name else value) for found, value in values]
        self.mended = FilledIn(self.form.path, with_message(values, self.words), {}, self.letter)

    def again(self) -> None:
        """Send what the page asked for, if it came; else everything anew."""
        if not hasattr(self, "mended"):
            self.act()
        send_until_in(self.source, self.mended)


class Mended(Mistake):
    """The second half of the same: the mended form, whose files are here already."""

    scene = Scene.MENDED

    def prepare(self) -> None:
        """Send the form with its mistake."""
        super().prepare()
        super().act()

    def act(self) -> None:
        """Press Send again."""
        self.source.send(self.mended)


class Message(Deed):
    """A further message with two files and an answer to a question."""

    scene, victim = Scene.MESSAGE, Victim.SITE

    def prepare(self) -> None:
        """Ask the source something, and have it fill in the box."""
        self.source, reference = make_case(self.world)
        written = answer_and_deliver(self.world, self.source, reference)
        _reply, [question] = inbox_items(self.world, self.source)[written.text]
        words = self.world.new_words("I forgot something.")
        self.form = self.source.fill_in_message(words, self.world.new_files(MIDDLE, SMALL), {question: "On Tuesday."})

    def act(self) -> None:
        """Press Send."""
        self.source.send(self.form)

    def again(self) -> None:
        """Press Send again; the inbox then says that the question was answered."""
        send_until_in(self.source, self.form)
        assert ANSWERED in self.source.browser.get("/inbox").text, "the answer arrived, and the inbox does not say so"


class Return(Deed):
    """Coming back with the codename from another browser, and reading a reply."""

    scene, victim = Scene.RETURN, Victim.SITE

    def prepare(self) -> None:
        """Write a reply to a source."""
        self.source, reference = make_case(self.world)
        self.written = answer_and_deliver(self.world, self.source, reference)
        self.source.browser = Browser(self.world.site)
        self.page = self.source.browser.get("/return")

    def act(self) -> None:
        """Type the codename."""
        assert self.written.text in self.source.come_back(self.page).text

    def again(self) -> None:
        """Come back once more."""
        self.page = self.source.browser.get("/return")
        self.act()


class Stop(Return):
    """The site is asked to stop: it notes what was read since it began."""

    scene, ends_by_itself = Scene.STOP, True

    def prepare(self) -> None:
        """Have a reply read."""
        super().prepare()
        super().act()

    def act(self) -> None:
        """Stop the site."""
        self.world.site.end()

    def again(self) -> None:
        """Come back once more, and stop the site once more: now it has had the time."""
        self.page = self.source.browser.get("/return")
        super().act()
        self.world.stop_site()
        self.written.read_noted = True


class Delete(Deed):
    """Deleting a reply."""

    scene, victim = Scene.DELETE, Victim.SITE

    def prepare(self) -> None:
        """Write two replies to a source who reads them: one stays."""
        self.source, reference = make_case(self.world)
        answer_and_deliver(self.world, self.source, reference)
        self.written = answer_and_deliver(self.world, self.source, reference)
        self.inbox = self.source.browser.get("/inbox")
        self.reply_id, _questions = inbox_items(self.world, self.source)[self.written.text]

    def act(self) -> None:
        """Press Delete."""
        self.source.delete(self.inbox, self.reply_id, self.written)

    def again(self) -> None:
        """Look whether it is gone, and delete it if it is not."""
        self.inbox = self.source.browser.get("/inbox")
        if self.written.text in self.inbox.text:
            assert not self.written.delete_acknowledged, "deleted, and still shown"
            self.act()
        self.written.delete_acknowledged = True


class Withdraw(Deed):
    """Taking a report back: some of it was read, a further message with files waits, and so does a reply."""

    scene, victim = Scene.WITHDRAW, Victim.SITE

    def prepare(self) -> None:
        """Have all that, and open the page that explains."""
        self.source, reference = make_case(self.world)
        self.written = answer_and_deliver(self.world, self.source, reference)
        message = self.source.fill_in_message(
            self.world.new_words("This is taken back."), self.world.new_files(MIDDLE, SMALL), {}
        )
        send_until_in(self.source, message)
        self.waiting = message.letter
        self.form = self.source.fill_in_withdrawal(self.world.new_words("I am afraid."))
        self.written.delete_tried = True

    def act(self) -> None:
        """Press the button."""
        self.source.withdraw(self.form)

    def again(self) -> None:
        """Press it again: the same form."""
        self.source.withdraw(self.form)
        assert self.form.letter is not None
        assert self.waiting is not None
        self.waiting.taken_back = self.form.letter.acknowledged = self.written.delete_acknowledged = True


class WithdrawAll(Deed):
    """Taking back a report of which nothing was collected: all of it goes, and nobody is told."""

    scene, victim = Scene.WITHDRAW_ALL, Victim.SITE

    def prepare(self) -> None:
        """Send a report with files, and open the page that explains."""
        self.source = self.world.new_source()
        report = self.source.fill_in_report(self.world.new_words("Never mind."), self.world.new_files(MIDDLE, SMALL))
        send_until_in(self.source, report)
        self.report = report.letter
        self.form = self.source.fill_in_withdrawal(self.world.new_words("Nobody reads this."))

    def act(self) -> None:
        """Press the button."""
        self.source.withdraw(self.form)

    def again(self) -> None:
        """Press it again: the same form, though nobody may be signed in any more."""
        self.source.withdraw(self.form)
        assert self.report is not None
        self.report.taken_back = True
        keys = derive(Codename.read(self.source.codename), self.world.drop.pepper)
        assert not is_known(self.world.drop.database, keys.lookup_id), "withdrawn, and still known"


class Leave(Deed):
    """Leaving: whoever finds the cookie afterwards finds nothing."""

    scene, victim = Scene.LEAVE, Victim.SITE

    def prepare(self) -> None:
        """Be signed in."""
        self.source = send_first_report(self.world)
        assert IN_THE_INBOX in self.source.browser.get("/inbox").text
        self.before = Browser(self.world.site, dict(self.source.browser.cookies))
        self.left = False

    def act(self) -> None:
        """Press Leave."""
        assert self.source.browser.post("/leave", {}).status == 303
        self.left = True

    def again(self) -> None:
        """Leave once more if no answer came; then the old cookie opens nothing."""
        if not self.left:
            self.act()
        assert IN_THE_INBOX not in self.before.get("/inbox").text, "left, and the session lives"


class SiteStart(Deed):
    """The start after a crash before the commit, which takes back what nobody recorded: it may die as well."""

    scene, victim = Scene.SITE_START, Victim.SITE
    dies_behind: Step = PUBLISH

    def prepare(self) -> None:
        """Kill the site in the middle of a report, with half a draft beside it."""
        self.source = self.world.new_source()
        self.form = self.source.fill_in_report(
            self.world.new_words("It went dark."), self.world.new_files(MIDDLE, SMALL)
        )
        die_there(self.world.site, self.dies_behind, lambda: self.source.send(self.form))
        half = self.world.drop.folder.blobs / "incoming" / self.world.rng.randbytes(16).hex()
        half.write_bytes(b"half a draft")

    def act(self) -> None:
        """Start the site, and look whether it is there."""
        self.world.site.start()
        self.source.browser.get("/report")

    def again(self) -> None:
        """Send the report again."""
        send_until_in(self.source, self.form)


class SiteSettles(SiteStart):
    """The start after a crash behind the commit, which finishes what was recorded."""

    scene = Scene.SITE_SETTLES
    dies_behind = Commit("INSERT INTO parts")


def with_message(values: list[tuple[str, str]], message: str) -> list[tuple[str, str]]:
    """Return a form's values with another message."""
    return [(name, message if name == "message" else value) for name, value in values]


ANSWERED = "You answered this."
IN_THE_INBOX = "Where it stands"
