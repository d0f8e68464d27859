"""What runs in the killable child process: the only place that loads akshare. Started by ``newslink.prices.worker``."""
