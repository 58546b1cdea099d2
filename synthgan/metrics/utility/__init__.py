"""What synthetic rows are worth to a model that is trained on them."""
