"""What every web process of Candour shares: how it is served, and the headers it answers with (docs/adr/0003)."""
