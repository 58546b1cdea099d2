"""Chains of trees that draw rows column by column."""
