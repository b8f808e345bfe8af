"""Letters that say that their source wrote before, under another codename: what follows when one is opened.

- The source host saw the proof, and this host takes its word for nothing: a hostile one can claim any address. What
  follows is therefore a view (related.py): nobody can read more by it, and no reply goes anywhere else before somebody
  has looked at both and confirmed it (one_case_acts.py).
- If the officer who opens it can read the other case, the two are merged. If not, or if there is no such case, or it is
  the letter's own, the claim stands in the card of the letter's case, and all three look alike. Whoever can read both
  finds it on either page, and decides.
"""

from dataclasses import replace

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, with_key
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.linking import merge_claimed
from journalist_interface.casework.work import MOST_CLAIMS, Work
from journalist_interface.sessions import SignedIn
from keys.errors import SealBroken
from store.desk.cases import find_case_of_source
from store.errors import Missing


def join_by_letter(connection: Connection, signed_in: SignedIn, case: OpenCase, address: str) -> None:
    """Note what a letter of this case claims, and merge the case with the other if this reviewer can read that.

    For the transaction that opens the letter.
    """
    if address == case.row.address:
        return
    claims = tuple(dict.fromkeys((*case.work.claims, address)))[-MOST_CLAIMS:]

    def noted(work: Work) -> Work:
        return replace(work, claims=claims)

    case = replace(case, card=replace(case.card, work=change_work(connection, case, noted)))
    try:
        other = with_key(connection, signed_in, find_case_of_source(connection, signed_in.username, address))
    except (Missing, SealBroken):
        return  # not theirs, none, or altered: the letter is opened all the same
    merge_claimed(connection, signed_in.username, other, case)
