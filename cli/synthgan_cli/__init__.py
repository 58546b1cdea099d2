"""The command line of synthgan: a thin layer that reads options, calls the library and draws what it reports."""
