"""Measures of synthetic images: no weights are downloaded."""
