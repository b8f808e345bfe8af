"""Making a Debian machine a host of Candour, and unmaking it. Python's own library alone: nothing is installed yet."""
