"""The word list as data: the EFF large list less its hyphenated words (see ATTRIBUTION.md beside this file)."""
