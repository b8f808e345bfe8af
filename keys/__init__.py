"""Cryptography: codenames and their keys, OpenPGP, HPKE, the vault. Knows no web, no database, nothing of ours."""
