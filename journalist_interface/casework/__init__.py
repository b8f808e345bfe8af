"""The work on cases: who has what to do, by when; lists, searches, sheets, and what becomes of a case in the end."""
