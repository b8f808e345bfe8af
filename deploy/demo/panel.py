"""What a person reads once the demonstration runs."""

import shlex
from gettext import gettext as _
from pathlib import Path

from deploy.demo.folder import Account, Addresses


def panel(account: Account, addresses: Addresses, data: Path) -> str:
    """Where everything is and how to sign in."""
    return _(
        """
Candour is running.

  This is a demonstration. Both halves are on one machine, so it protects nobody.
  Never use it for real sources.

  Report something    {source_url}/
  Read what came in   {desk_url}/
      username        {username}
      password        {password}
      code            six digits, new every 30 seconds. To see them, type this in a second terminal:
                        {code_command}
                      Or add this secret to an authenticator app, as "time based":
                        {totp_secret}
{others}
  The courier carries reports to the desk once a minute.
{recovery}  Everything is kept in {data}. Ctrl-C stops everything.
"""
    ).format(
        **account,
        **addresses,
        data=data,
        others=_colleagues(account),
        recovery=_recovery(data / "custodian"),
        code_command=f"./run code --data {shlex.quote(str(data))}",
    )


def _colleagues(account: Account) -> str:
    people = account.get("colleagues", [])
    if not people:
        return ""
    width = max(len(each["username"]) for each in people)
    listed = "".join(f"      {each['username']:{width}}  {each['roles'].replace(',', ', ')}\n" for each in people)
    return _(
        """
  The same password lets in, each with a code of their own (./run code NAME):
{listed}"""
    ).format(listed=listed)


def _recovery(custodian: Path) -> str:
    # A demonstration of an earlier version has no card.
    if not custodian.is_dir():
        return ""
    return _(
        """  The recovery key, which opens every case, is one card in {custodian}.
  A real desk splits it into shares, of which two or more are needed, and keeps none of them.
"""
    ).format(custodian=custodian)
