"""Tables as the aligned arrays in which measures see them."""
