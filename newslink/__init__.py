"""newslink: news articles on the price chart, each on the session it could first move."""

__version__ = "0.1.0"
