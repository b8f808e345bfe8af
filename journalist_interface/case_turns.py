"""Turns of cases: two people who change at once which files and which key a case has would make two cases of it.

By submission and by source for the post, by case for its key. Nobody waits for a stranger's files.
"""

from serving.turns import Turns

CASE_TURNS = Turns()
