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


class AddressRefused(ConnectorError):
    """We do not talk to this host: it is no public one, or not what it says it is."""


class Unreachable(ConnectorError):
    """The host gave no whole answer in time, or one that makes no sense."""


class Throttled(ConnectorError):
    """The platform wants us to ask later: in `after` seconds."""

    def __init__(self, sentence: str, after: float) -> None:
        super().__init__(sentence)
        self.after = after


class CredentialsRejected(ConnectorError):
    """The platform no longer takes what it gave us for this store: the merchant has to connect it again."""


class Declined(ConnectorError):
    """The platform understood what we asked and said no; the message says why."""


class RequestRefused(ConnectorError):
    """A request in a connect flow is not what the platform would have sent, or not now."""


class RequestMalformed(RequestRefused):
    """It is not even of the shape that the platform's requests have."""


class SessionRefused(ConnectorError):
    """A session token proves nothing: forged, of another app, or no longer good."""
