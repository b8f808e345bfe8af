"""Taking a case out of the desk: asking, a second person's consent, and the bundle itself."""
