"""What holds between linked tables: found in real ones, kept in drawn ones."""
