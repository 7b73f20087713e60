"""What can be wrong with what a platform sent us. The message is the sentence the merchant reads."""


class TandemError(Exception):
    """The root of every error of ours. Its message never holds personal data or a secret."""


class ConnectorError(TandemError):
    """A platform, or someone pretending to be one, sent something we cannot take as it is."""


class Unidentified(ConnectorError):
    """The request does not say which store it is about; ignored if the platform signed it, refused if not."""


class InvalidSignature(ConnectorError):
    """The body was not signed by someone who holds the store's secret."""


class MalformedPayload(ConnectorError):
    """Well signed, but unreadable: kept aside, sealed, and shown to the merchant."""


class NotUsed(ConnectorError):
    """Well signed and readable, but nothing here concerns us: a topic we do not follow, a ping."""


class AccessLost(ConnectorError):
    """The platform tells us, signed, that it may no longer show us the store's orders."""


class UnknownPlatform(TandemError):
    """No connector has this name."""
