"""How each act of the recovery key, of the pairing and of the trail itself is caused at a desk."""

import json
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import replace

from keys.intake_key import load_intake_key
from store.desk.audit import Act, Record
from tests.desk_routes import Desk
from tests.road_steps import AUDITOR, OFFICER, Step, press, run
from tests.trail_tampering import forge


def _renew(desk: Desk) -> Step:
    def step() -> int:
        # Cards are written to another disk than the desk's, and never over others.
        with tempfile.TemporaryDirectory(dir="/dev/shm") as stick:
            return run(f"recovery-shares renew --shares-to {stick}", "{share0}", "{share1}")(desk)()

    return step


def _pair(desk: Desk) -> Step:
    file = desk.office.folder.parent / "pairing.json"
    fingerprint = load_intake_key(desk.office.desk.paths.intake_key).fingerprint
    file.write_text(json.dumps({"candour_pairing": 1, "token": "T" * 43, "fingerprint": fingerprint}))
    return run(f"pair --pairing {file} --door-url http://127.0.0.1:8082")(desk)


def _signing_key(desk: Desk) -> Step:
    """As on a desk from before there were signing keys."""
    (desk.office.folder / "audit-signing-key").unlink()
    with sqlite3.connect(desk.office.desk.paths.database) as connection:
        connection.execute("DELETE FROM settings WHERE name = 'audit-signer'")
    connection.close()
    forge(lambda records: [_nameless(record) for record in records])(desk.office.folder)
    return run("audit checkpoint --out {out}/checkpoint.json")(desk)


def _nameless(record: Record) -> Record:
    return replace(record, note="") if record.act == Act.SET_UP.value else record


# How each is caused: what is prepared, and the step that is recorded.
ROADS_OF_THE_HOST: dict[Act, Callable[[Desk], Step]] = {
    Act.RECOVER: run("recover --reviewer bartek --all", "She has left.", "{share0}", "{share1}"),
    Act.RECOVER_INTAKE: run(f"recover-intake --officer {OFFICER}", "All have left.", "{share0}", "{share1}"),
    Act.RECOVERY_VERIFY: run("recovery-shares verify", "{share0}", "{share1}", ""),
    Act.RECOVERY_RENEW: _renew,
    Act.PAIR: _pair,
    Act.SIGNING_KEY: _signing_key,
    Act.SIGNER_CHANGED: run("audit new-key"),
    Act.CHECKPOINT: run("audit checkpoint --out {out}/checkpoint.json"),
    Act.TRAIL_EXPORT: lambda desk: press(desk, AUDITOR, "/audit", "/audit/export", format="csv"),
}
