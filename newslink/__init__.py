"""newslink: news articles on the price chart, each on the session it could first move."""

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    # Lazily: the command line and the dashboard import this package long before anybody opens a notebook.
    if name == "open":
        from newslink.python_api import open as open_archive

        return open_archive
    raise AttributeError(f"module 'newslink' has no attribute {name!r}")
