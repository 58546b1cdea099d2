"""The data that benchmarks learn: public tables and images with their splits, and tables made by hand."""
