"""The source host: the public site that takes reports, and the door through which the courier collects them."""
