"""How a host stands: what its kernel, its services, its network and its files say, line by line. It changes nothing."""
