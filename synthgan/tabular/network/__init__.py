"""A conditional GAN of two networks that starts from a latent-class mixture."""
