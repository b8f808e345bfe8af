"""Pictures of the desk's pages for docs/desk-pages.md, made by `python -m tests.pictures`."""
