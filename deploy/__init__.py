"""What puts Candour on a machine: for now, the demonstration that `./run` starts."""
