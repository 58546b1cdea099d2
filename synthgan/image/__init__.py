"""An image's way to tensors and back, and the synthesizer that learns it."""
