"""The only place that wires the rooms of level 1 together: ingest, link, update, query. Settings in, plain results out."""
