"""How grave an incident is and what it is about."""

from __future__ import annotations

from enum import StrEnum


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


_LABELS: dict[Severity | Topic, tuple[str, str]] = {
    Severity.GENERAL: ("一般", "General"),
    Severity.MAJOR: ("重大", "Major"),
    Severity.CRITICAL: ("特别重大", "Critical"),
    Topic.LIVELIHOOD: ("社会民生", "Livelihood"),
    Topic.ECONOMY: ("经济发展", "Economy"),
    Topic.URBAN_MANAGEMENT: ("城镇管理", "Urban management"),
    Topic.SANITATION: ("环境卫生", "Sanitation"),
    Topic.PUBLIC_SERVICE: ("公众服务", "Public service"),
}


def label(value: Severity | Topic, locale: str) -> str:
    """Return the words for `value`: English for locale `en`, Chinese otherwise."""
    return _LABELS[value][locale == "en"]
