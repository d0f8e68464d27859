"""Returns, events and a frozen spec in, a frozen result out: event studies with the tests that hold up. Arrays inside; no files, no clock.

Methods: MacKinlay (1997) JEL 35(1); Campbell, Lo & MacKinlay (1997) ch. 4; the tests name their own papers where they are computed.
"""

from newslink.study.run import Panel, StudyResult, panel_from_levels, run_study
from newslink.study.spec import Events, Reason, StudySpec

__all__ = ["Events", "Panel", "Reason", "StudyResult", "StudySpec", "panel_from_levels", "run_study"]
