"""What rows must meet, and how rows that meet it are drawn."""
