"""Article → links: which listed company it names, as which listing, in which role, and why."""

from newslink.link.bundled import bundled
from newslink.link.codes import parse_security_id
from newslink.link.corrections import Correction, CorrectionKind
from newslink.link.linker import Linker
from newslink.link.rules import RULES
from newslink.link.universe import Universe

__all__ = ["RULES", "Correction", "CorrectionKind", "Linker", "Universe", "bundled", "parse_security_id"]
