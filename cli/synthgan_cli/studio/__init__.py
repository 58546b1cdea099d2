"""The studio: a local page that learns a table, samples it and judges the sample; nothing leaves the machine."""
