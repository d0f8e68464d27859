"""A fake market-data world on the loopback: TLS proxy, the data services and exchanges, all serving one truth, and their faults."""
