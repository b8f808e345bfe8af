"""Tables and blobs. No Flask, no GnuPG; what it keeps of content is ciphertext, and the types say so."""
