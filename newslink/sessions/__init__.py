"""Publication times in, standings and sessions out: ``SessionClock``. Calendars are built on first use, once a process."""

from newslink.sessions.calendars import CALENDARS, CLOSED_AFTER_ALL
from newslink.sessions.clock import SessionClock

__all__ = ["CALENDARS", "CLOSED_AFTER_ALL", "SessionClock"]
