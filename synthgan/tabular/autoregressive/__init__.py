"""Networks that draw a row's cells one by one, in any order."""
