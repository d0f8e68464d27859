"""Article → links: which listed company it names, as which listing, in which role, and why."""

from newslink.link.bundled import bundled
from newslink.link.codes import parse_security_id
from newslink.link.universe import Universe

__all__ = ["Universe", "bundled", "parse_security_id"]
