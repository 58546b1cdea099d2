"""What holds a column outside: pandas, polars and Arrow types, read and written exactly."""
