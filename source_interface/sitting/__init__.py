"""The source host's half of the sitting in which both hosts are made (`candour-drop ceremony`)."""
