"""The records: typed, thin, in UTC. Nothing here sends, renders or decides.

Rows are never deleted by the running system, drafts of answers, tables nobody confirmed and used keys apart; revisions,
decisions, signatures and events are never changed (triggers of the first migration refuse it).
"""

from yingda.store.models.answers import Attachment, Draft, Feedback
from yingda.store.models.base import Base
from yingda.store.models.codes import SigningCode
from yingda.store.models.events import ChainHead, Event
from yingda.store.models.hazards import Hazard, HazardImport, RegisterDay, RegisterLine, SiteRound
from yingda.store.models.incidents import (
    Clock,
    Incident,
    Lead,
    Merge,
    Observation,
    Pass,
    RaisedRung,
    SourceLink,
    YearSerial,
)
from yingda.store.models.leads import ReportedLead
from yingda.store.models.messages import OutboxMessage, Repeatable
from yingda.store.models.outward import Commitment, Enquiry, OfficialReply, OutsideLetter, Publication
from yingda.store.models.requests import Addressee, Decision, Request
from yingda.store.models.robots import RobotPace
from yingda.store.models.texts import Document, Revision, Signature

__all__ = [
    "Addressee",
    "Attachment",
    "Base",
    "ChainHead",
    "Clock",
    "Commitment",
    "Decision",
    "Document",
    "Draft",
    "Enquiry",
    "Event",
    "Feedback",
    "Hazard",
    "HazardImport",
    "Incident",
    "Lead",
    "Merge",
    "Observation",
    "OfficialReply",
    "OutboxMessage",
    "OutsideLetter",
    "Pass",
    "Publication",
    "RaisedRung",
    "RegisterDay",
    "RegisterLine",
    "Repeatable",
    "ReportedLead",
    "Request",
    "Revision",
    "RobotPace",
    "Signature",
    "SigningCode",
    "SiteRound",
    "SourceLink",
    "YearSerial",
]
