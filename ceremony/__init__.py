"""The sitting in which both hosts are made: steps, where they stand, the stick between the hosts, what is compared."""
