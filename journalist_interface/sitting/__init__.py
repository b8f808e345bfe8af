"""The desk's half of the sitting in which both hosts are made (`candour-desk ceremony`)."""
