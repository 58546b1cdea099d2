"""Bundles of HL7 FHIR resources as linked tables, and back."""
