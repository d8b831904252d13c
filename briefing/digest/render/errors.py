"""What can go wrong in rendering an edition."""

from briefing.errors import ConfigError


class TemplateError(ConfigError):
    """A template, most likely one of the user's own, cannot be used."""

    code = "bad-template"
