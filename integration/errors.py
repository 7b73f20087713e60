"""What can be wrong on our side, or in what we were asked to do. The message is the sentence the user reads."""

from connectors.errors import TandemError


class IntegrationError(TandemError):
    """Something the operator or the merchant can read and act on."""


class Misconfigured(IntegrationError):
    """The environment does not allow a safe start; the message names the variable."""


class InvalidSetting(IntegrationError):
    """A setting has an unknown name or a value it cannot take."""


class NotFound(IntegrationError):
    """No store or dataset goes by that name."""


class Conflict(IntegrationError):
    """What was asked would count orders twice or swallow them, or exists already."""


class SealBroken(IntegrationError):
    """A sealed value does not open: the key is missing, or the value belongs to another place."""


class Unavailable(IntegrationError):
    """The database or the broker is away for the moment."""


class Silent(Unavailable):
    """No word of the database's own: it is gone or frozen, or the way to it is cut."""


class Contended(Unavailable):
    """Two transactions were in each other's way, and the database ended ours: it may simply be tried again."""


class NotConfigured(IntegrationError):
    """The operator has not given us what this needs; the message names the variables."""


class Forbidden(IntegrationError):
    """Somebody tries to finish what another began, or what is over."""


class NotApproved(Forbidden):
    """The merchant was asked, and said no."""
