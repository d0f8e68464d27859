"""The HTTP API: the filtered set as JSON and CSV for notebooks and Excel. Reads only."""
