"""The source host's store: public keys, ciphertext, days. Nothing here opens anything."""
