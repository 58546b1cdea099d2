"""A student that learns from rows which a teacher drew, so that its file holds nothing of a real row."""
