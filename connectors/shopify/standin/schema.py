"""The part of the Admin API's schema (2026-10) the stand-in knows, by the published names; all else does not exist here."""

LIST = "[]"  # after a type: a plain list of it
CONNECTION = "+"  # after a type: a connection of it

ADDRESS = (
    "address1 address2 city company country countryCodeV2 firstName lastName name phone province provinceCode zip id"
)
_TYPES = {
    "QueryRoot": "shop:Shop webhookSubscriptions:WebhookSubscription+ webPixel:WebPixel order:Order orders:Order+ "
    "currentAppInstallation:AppInstallation",
    "Mutation": "webhookSubscriptionCreate:WebhookSubscriptionCreatePayload "
    "webhookSubscriptionUpdate:WebhookSubscriptionUpdatePayload "
    "webhookSubscriptionDelete:WebhookSubscriptionDeletePayload webPixelCreate:WebPixelCreatePayload "
    "webPixelUpdate:WebPixelUpdatePayload webPixelDelete:WebPixelDeletePayload",
    "Shop": "id name email myshopifyDomain url currencyCode ianaTimezone timezoneAbbreviation taxesIncluded "
    "createdAt updatedAt contactEmail shopOwnerName billingAddress:ShopAddress shopAddress:ShopAddress plan:ShopPlan "
    "primaryDomain:Domain enabledPresentmentCurrencies",
    "ShopAddress": f"{ADDRESS} formattedArea",
    "ShopPlan": "partnerDevelopment publicDisplayName shopifyPlus",
    "Domain": "id host url sslEnabled",
    "AppInstallation": "id accessScopes:AccessScope[]",
    "AccessScope": "handle description",
    "WebhookSubscription": "id legacyResourceId topic uri format filter includeFields metafieldNamespaces createdAt "
    "updatedAt callbackUrl apiVersion:ApiVersion",
    "ApiVersion": "handle displayName supported",
    "WebhookSubscriptionCreatePayload": "webhookSubscription:WebhookSubscription userErrors:UserError[]",
    "WebhookSubscriptionUpdatePayload": "webhookSubscription:WebhookSubscription userErrors:UserError[]",
    "WebhookSubscriptionDeletePayload": "deletedWebhookSubscriptionId userErrors:UserError[]",
    "UserError": "field message",
    "WebPixel": "id settings",
    "WebPixelCreatePayload": "webPixel:WebPixel userErrors:ErrorsWebPixelUserError[]",
    "WebPixelUpdatePayload": "webPixel:WebPixel userErrors:ErrorsWebPixelUserError[]",
    "WebPixelDeletePayload": "deletedWebPixelId userErrors:ErrorsWebPixelUserError[]",
    "ErrorsWebPixelUserError": "code field message",
    "Order": "id legacyResourceId name number createdAt updatedAt processedAt cancelledAt closedAt cancelReason closed "
    "confirmed test email phone clientIp customerLocale currencyCode presentmentCurrencyCode displayFinancialStatus "
    "displayFulfillmentStatus sourceName sourceIdentifier registeredSourceUrl cartToken checkoutToken paymentGatewayNames taxesIncluded tags "
    "note confirmationNumber statusPageUrl fullyPaid unpaid edited app:OrderApp "
    "totalPriceSet:MoneyBag currentTotalPriceSet:MoneyBag originalTotalPriceSet:MoneyBag subtotalPriceSet:MoneyBag "
    "currentSubtotalPriceSet:MoneyBag totalTaxSet:MoneyBag totalShippingPriceSet:MoneyBag totalDiscountsSet:MoneyBag "
    "shippingAddress:MailingAddress billingAddress:MailingAddress customAttributes:Attribute[] "
    "lineItems:LineItem+ channelInformation:ChannelInformation customer:Customer "
    "customerJourneySummary:CustomerJourneySummary",
    "OrderApp": "id name",
    "ChannelInformation": "id channelId displayName",
    "MoneyBag": "shopMoney:MoneyV2 presentmentMoney:MoneyV2",
    "MoneyV2": "amount currencyCode",
    "MailingAddress": ADDRESS,
    "Attribute": "key value",
    "LineItem": "id name title sku quantity currentQuantity originalUnitPriceSet:MoneyBag product:Product "
    "variant:ProductVariant",
    "Product": "id legacyResourceId title",
    "ProductVariant": "id legacyResourceId title sku",
    "Customer": "id legacyResourceId displayName firstName lastName defaultAddress:MailingAddress "
    "defaultEmailAddress:CustomerEmailAddress defaultPhoneNumber:CustomerPhoneNumber",
    "CustomerEmailAddress": "emailAddress",
    "CustomerPhoneNumber": "phoneNumber",
    "CustomerJourneySummary": "ready firstVisit:CustomerVisit lastVisit:CustomerVisit",
    "CustomerVisit": "id landingPage occurredAt referrerUrl",
    "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
}

_PAGING = frozenset({"first", "last", "after", "before", "reverse", "query", "sortKey"})
ARGUMENTS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    # By root field: the arguments that must be there, and those that may be there as well.
    "shop": (frozenset(), frozenset()),
    "currentAppInstallation": (frozenset(), frozenset()),
    "webPixel": (frozenset(), frozenset({"id"})),
    "order": (frozenset({"id"}), frozenset()),
    "orders": (frozenset(), _PAGING | {"savedSearchId"}),
    "webhookSubscriptions": (frozenset(), _PAGING | {"topics", "format", "uri", "callbackUrl"}),
    "webhookSubscriptionCreate": (frozenset({"topic", "webhookSubscription"}), frozenset()),
    "webhookSubscriptionUpdate": (frozenset({"id", "webhookSubscription"}), frozenset()),
    "webhookSubscriptionDelete": (frozenset({"id"}), frozenset()),
    "webPixelCreate": (frozenset({"webPixel"}), frozenset()),
    "webPixelUpdate": (frozenset({"id", "webPixel"}), frozenset()),
    "webPixelDelete": (frozenset({"id"}), frozenset()),
}
# The input objects' fields, by the argument that takes one.
INPUTS: dict[str, frozenset[str]] = {
    "webhookSubscription": frozenset(
        {"uri", "callbackUrl", "format", "filter", "includeFields", "metafieldNamespaces", "metafields", "name"}
    ),
    "webPixel": frozenset({"settings"}),
}
# Objects that ask for a scope of their own, so say Shopify's pages; without it the field that leads there is null.
SCOPES = {"Customer": "read_customers", "Product": "read_products", "ProductVariant": "read_products"}
ROOTS = {"query": "QueryRoot", "mutation": "Mutation"}


def _with_connections(types: dict[str, str]) -> dict[str, dict[str, str]]:
    """By type, by field: the field's type, "" for a scalar or enum."""
    read = {
        name: {field: kind for field, _, kind in (word.partition(":") for word in fields.split())}
        for name, fields in types.items()
    }
    connected = {
        kind.removesuffix(CONNECTION) for fields in read.values() for kind in fields.values() if CONNECTION in kind
    }
    for kind in connected:
        read[f"{kind}Connection"] = {"nodes": f"{kind}{LIST}", "edges": f"{kind}Edge{LIST}", "pageInfo": "PageInfo"}
        read[f"{kind}Edge"] = {"cursor": "", "node": kind}
    return read


TYPES = _with_connections(_TYPES)


def type_of(owner: str, field: str) -> str | None:
    """The name of a field's type without its list; "" for a scalar; None if there is no such field."""
    kind = TYPES[owner].get(field)
    if kind is None:
        return None
    return f"{kind[:-1]}Connection" if kind.endswith(CONNECTION) else kind.removesuffix(LIST)
