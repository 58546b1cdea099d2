"""A report as people read it: one self-contained page, its figures as JSON beside it, and a table for notebooks."""

from synthgan.report.files import json_beside
from synthgan.report.report import Report

__all__ = ["Report", "json_beside"]
