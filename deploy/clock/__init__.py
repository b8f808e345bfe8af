"""The time of day, asked of web servers through Debian's own Tor: NTP cannot go through Tor, and is a beacon.

Root's, with Debian's own Python alone. It imports nothing else of Candour's.
"""
