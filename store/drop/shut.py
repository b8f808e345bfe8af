"""An inbox that the charity shut, because its codename is in somebody else's hands: from then on nobody has one there.

Rules:
- To the site it is as if nobody had ever written under that codename: coming back, a session that is open already,
  writing, withdrawing and naming it as an older codename find nothing. Whoever has the paper cannot even tell that it
  was ever good for anything.
- Nothing opens it again: neither a status, nor an answer, nor a further letter.
- What waits to be collected is collected as ever: it may be the source's own last letter.
- The row stays, so that nobody makes the inbox anew with the same codename, and is forgotten as a destroyed one is.
"""

from keys.statuses import Status
from store.drop.tables import sources

IS_OPEN = sources.c.status != Status.SHUT.value
