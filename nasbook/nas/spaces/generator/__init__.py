"""The generators of AutoGAN."""
