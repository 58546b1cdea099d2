"""The adversarial training on tensors: it knows no column name, no file and no screen."""
