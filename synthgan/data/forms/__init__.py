"""In which form text writes numbers, dates and stamps: found, read and written again, sign for sign."""
