"""How grave an incident is and what it is about."""

from __future__ import annotations

from enum import StrEnum

from yingda.domain import speech
from yingda.domain.speech import N_


class Severity(StrEnum):
    """How grave an incident is; decides the clocks, the signing chain and who speaks. Written in rising order."""

    GENERAL = "general"
    MAJOR = "major"
    CRITICAL = "critical"


class Topic(StrEnum):
    """What an incident is about; decides the unit where no place does."""

    LIVELIHOOD = "livelihood"
    ECONOMY = "economy"
    URBAN_MANAGEMENT = "urban_management"
    SANITATION = "sanitation"
    PUBLIC_SERVICE = "public_service"


_LABELS: dict[Severity | Topic, str] = {
    Severity.GENERAL: N_("一般"),
    Severity.MAJOR: N_("重大"),
    Severity.CRITICAL: N_("特别重大"),
    Topic.LIVELIHOOD: N_("社会民生"),
    Topic.ECONOMY: N_("经济发展"),
    Topic.URBAN_MANAGEMENT: N_("城镇管理"),
    Topic.SANITATION: N_("环境卫生"),
    Topic.PUBLIC_SERVICE: N_("公众服务"),
}


def label(value: Severity | Topic, locale: str) -> str:
    """Return the words for `value`: English for locale `en`, Chinese otherwise."""
    return speech.said(_LABELS[value], locale)
