"""Who may ask about private records, at what noise, and what it costs."""
