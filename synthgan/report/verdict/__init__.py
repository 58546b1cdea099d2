"""What a report comes to: alarms first, each in a sentence that somebody can sign, with its remedy."""
