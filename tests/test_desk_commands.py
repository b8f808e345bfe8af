"""`candour-desk`: what each command makes, says and refuses, as a stranger would meet it."""

import base64
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest
from click import Context
from click.testing import CliRunner, Result

from journalist_interface.commands import main
from journalist_interface.desk_folder import only_desk, open_desk
from journalist_interface.proof import prove
from journalist_interface.recovering import recovery_public_key
from keys.intake_key import load_intake_key
from keys.intake_secret import stop_agent
from keys.recovery_key import RecoverySecret
from keys.recovery_shares import RecoveryShare, ShareSet
from store.desk.account_tables import audit
from tests.desk_office import PASSWORD, Office, new_office, write_letter


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys."""
    with new_office(tmp_path / "desk") as made:
        yield made


def run(office: Office, *arguments: str, typed: str = "") -> Result:
    """Run a command on the office's folder."""
    return CliRunner().invoke(main, [*arguments, "--data", str(office.folder)], input=typed)


def test_init_makes_a_desk_that_its_officer_can_use(tmp_path: Path) -> None:
    """With --json exactly these facts; everything private; the shares fit the desk; a second init is refused."""
    folder = tmp_path / "desk"
    arguments = ["init", "--data", str(folder), "--username", "demo", "--password-stdin", "--json"]
    done = CliRunner().invoke(main, arguments, input=PASSWORD + "\n")
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    recovery = {"recovery_fingerprint", "recovery_needed", "recovery_shares"}
    people = {"username", "totp_secret", "recovery_codes", "colleagues"}
    assert set(made) == {*people, "intake_key", "fingerprint", *recovery}
    assert load_intake_key(Path(made["intake_key"])).fingerprint == made["fingerprint"]
    assert Path(made["intake_key"]).is_absolute()
    assert len(base64.b32decode(made["totp_secret"])) == 20
    for path in [folder, *folder.rglob("*")]:
        assert not stat.S_IMODE(path.lstat().st_mode) & 0o077 or path.is_socket(), path
    desk = open_desk(folder)
    held = ShareSet()
    for share in made["recovery_shares"][:2]:
        held.add(RecoveryShare.read(share))
    assert RecoverySecret(held.combine()).key().public == recovery_public_key(desk)
    assert not (folder / "recovery-key.txt").exists()
    desk.database.close()
    again = CliRunner().invoke(main, arguments, input=PASSWORD + "\n")
    assert again.exit_code == 1
    assert "already" in again.stderr
    stop_agent(folder / "gnupg")


COLLEAGUES = {"cora": "supervisor,reviewer", "dora": "administrator", "evan": "auditor", "finn": "intake-officer"}


def test_init_makes_the_colleagues_who_are_there_too(tmp_path: Path) -> None:
    """Each with a password and an authenticator of their own; the record begins with the set-up all the same."""
    folder = tmp_path / "desk"
    passwords = [f"{name} waded through cold estuaries" for name in ("demo", *COLLEAGUES)]
    arguments = ["init", "--data", str(folder), "--username", "demo", "--password-stdin", "--json"]
    arguments += [f"--colleague={name}={roles}" for name, roles in COLLEAGUES.items()]
    done = CliRunner().invoke(main, arguments, input="\n".join(passwords) + "\n")
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    assert [each["username"] for each in made["colleagues"]] == list(COLLEAGUES)
    desk = open_desk(folder)
    for each, password in zip([made, *made["colleagues"]], passwords, strict=True):
        proof = prove(desk, each["username"], password, pyotp.TOTP(each["totp_secret"]).now())
        assert (proof.reviewer.sealed_passphrase is not None) == (each["username"] in ("demo", "finn"))
    desk.database.close()
    assert CliRunner().invoke(main, ["audit", "verify", "--data", str(folder)]).exit_code == 0
    trail = CliRunner().invoke(main, ["audit", "show", "--data", str(folder)]).stdout
    assert [line.split()[-1] for line in trail.splitlines() if "reviewer-added\t-\tdora" in line] == ["administrator"]
    stop_agent(folder / "gnupg")


@pytest.mark.parametrize(
    "colleague",
    ["cora", "cora=", "cora=queen", "demo=reviewer", "dora=administrator,reviewer", "evan=auditor,supervisor", "=x"],
)
def test_init_refuses_colleagues_who_will_not_do(tmp_path: Path, colleague: str) -> None:
    """No role, a role there is none of, roles that must not be one person's, the same name twice: nothing is made."""
    arguments = ["init", "--data", str(tmp_path / "desk"), "--username", "demo", "--password-stdin", "--json"]
    typed = (PASSWORD + "\n") * 2
    done = CliRunner().invoke(main, [*arguments, "--colleague", colleague], input=typed)
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert not (tmp_path / "desk").exists()


@pytest.mark.parametrize(
    ("username", "password"),
    [("demo", "short"), ("Demo", PASSWORD), ("recovery", PASSWORD), ("../x", PASSWORD), ("d", PASSWORD)],
)
def test_init_refuses_what_will_not_do_and_makes_nothing(tmp_path: Path, username: str, password: str) -> None:
    """A short password or an odd user name is one sentence, and no folder is left behind."""
    arguments = ["init", "--data", str(tmp_path / "desk"), "--username", username, "--password-stdin", "--json"]
    done = CliRunner().invoke(main, arguments, input=password + "\n")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert not (tmp_path / "desk").exists()


def test_an_officer_adds_a_reviewer_who_can_unlock(office: Office) -> None:
    """The new officer's own password opens an account that holds the intake passphrase."""
    typed = f"amina\n{PASSWORD}\n{office.code()}\nanother long password\nanother long password\n"
    done = run(office, "reviewer", "add", "bartek", "--role", "intake-officer", typed=typed)
    assert done.exit_code == 0, done.output
    assert "otpauth://totp/" in done.stdout
    assert run(office, "reviewer", "list").stdout == "amina\tintake officer, reviewer\nbartek\tintake officer\n"
    secret = next(line for line in done.stdout.splitlines() if line.startswith("Secret for typing: ")).split()[-1]
    proof = prove(office.desk, "bartek", "another long password", pyotp.TOTP(secret).now())
    office.secrets["bartek"] = proof.secret
    assert office.passphrase("bartek") == office.passphrase("amina")


def test_who_cannot_prove_who_they_are_adds_nobody(office: Office) -> None:
    """A wrong code: one sentence, exit code 1, recorded."""
    typed = f"amina\n{PASSWORD}\n000000\n"
    done = run(office, "reviewer", "add", "bartek", typed=typed)
    assert done.exit_code == 1
    assert "wrong" in done.stderr
    assert run(office, "reviewer", "list").stdout == "amina\tintake officer, reviewer\n"


def test_check_finds_a_sound_desk_sound(office: Office) -> None:
    """Every line says ok, or warns of what is sound and should be seen to."""
    office.open(office.deliver(write_letter(None), {"a.pdf": b"a"}))
    office.deliver(write_letter(None))
    done = run(office, "check")
    assert done.exit_code == 0, done.output
    kept, machine = done.stdout.split("\n\n", 1)
    assert all(line.startswith(("ok ", "warn ", "      ")) for line in kept.splitlines())
    assert not [line for line in machine.splitlines() if line.startswith(("FAULT", "fixed"))]


HARMS: dict[str, Callable[[Path], object]] = {
    "a folder others can read": lambda folder: (folder / "vault").chmod(0o755),
    "a sealed file of the post altered": lambda folder: _first(folder / "post").write_bytes(b"x"),
    "a sealed file of the vault gone": lambda folder: _first(folder / "vault").unlink(),
    "the public key replaced": lambda folder: (folder / "intake-key.asc").write_text("nonsense"),
    "the secret key gone": lambda folder: next((folder / "gnupg" / "private-keys-v1.d").glob("*.key")).unlink(),
}


def _first(folder: Path) -> Path:
    return next((folder / "sealed").iterdir())


@pytest.mark.parametrize("harm", HARMS)
def test_check_names_each_fault(office: Office, harm: str) -> None:
    """Exit code 1 and a line that begins with FAULT."""
    office.open(office.deliver(write_letter(None), {"a.pdf": b"a"}))
    office.deliver(write_letter(None))
    HARMS[harm](office.folder)
    done = run(office, "check")
    assert done.exit_code == 1
    assert "FAULT" in done.stdout


def test_the_export_is_private_and_recorded_first(office: Office, tmp_path: Path) -> None:
    """The file is for its owner alone, an existing one is never overwritten, and the trail knows."""
    out = tmp_path / "secret.asc"
    done = run(office, "export-intake-secret", "--out", str(out), typed=f"amina\n{PASSWORD}\n{office.code()}\n")
    assert done.exit_code == 0, done.output
    assert out.read_text().startswith("-----BEGIN PGP PRIVATE KEY BLOCK-----")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert "WARNING" in done.stderr
    assert office.passphrase() in done.stdout
    with office.desk.database.reading() as connection:
        assert [row.act for row in connection.execute(audit.select())][-1] == "export"
    assert run(office, "export-intake-secret", "--out", str(out)).exit_code == 1


def test_an_export_that_cannot_be_written_says_what_was_recorded(office: Office, tmp_path: Path) -> None:
    """A sentence: no key, no passphrase, and a record that somebody has to know of."""
    out = tmp_path / "no such folder" / "secret.asc"
    done = run(office, "export-intake-secret", "--out", str(out), typed=f"amina\n{PASSWORD}\n{office.code()}\n")
    assert done.exit_code == 1
    assert "No such file or directory. The key was not given out, but the trail has a record" in done.stderr
    assert office.passphrase() not in done.output
    with office.desk.database.reading() as connection:
        assert [row.act for row in connection.execute(audit.select())][-1] == "export"


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_no_day_is_too_far_away_for_the_trail(office: Office, day: str) -> None:
    """The last day that can be written, and the first."""
    for option, shown in (("--until-day", day > "2026"), ("--since-day", day < "2026")):
        done = run(office, "audit", "show", option, day)
        assert (done.exit_code, "set-up" in done.output) == (0, shown), done.exception


def test_a_missing_or_open_folder_is_one_sentence(tmp_path: Path) -> None:
    """No traceback, exit code 1, whatever the command."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    for folder in ("nowhere", "open"):
        for command in (["check"], ["serve", "--bind", "127.0.0.1:0"], ["reviewer", "list"], ["audit", "verify"]):
            done = CliRunner().invoke(main, [*command, "--data", str(tmp_path / folder)])
            assert done.exit_code == 1, (folder, command)
            assert done.stderr.startswith("Error: ")


@pytest.mark.parametrize(
    "command",
    [
        [],
        *([name] for name in main.list_commands(Context(main))),
        ["reviewer", "add"],
        ["audit", "verify"],
        ["recovery-shares", "renew"],
    ],
)
def test_help_stands_at_every_command(command: list[str]) -> None:
    """A stranger can ask every command what it does."""
    done = CliRunner().invoke(main, [*command, "--help"])
    assert done.exit_code == 0
    assert len(done.output.splitlines()) >= 5


def test_a_second_desk_on_the_same_folder_is_refused(office: Office) -> None:
    """It would take what the first is moving into the vault for what a crash left behind."""
    with only_desk(office.folder):
        done = run(office, "serve", "--bind", "127.0.0.1:0")
    assert done.exit_code == 1
    assert "serves" in done.stderr
