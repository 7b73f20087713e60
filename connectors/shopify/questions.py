"""What we ask of the Admin API, in its own language, version 2026-10. Every variable has its argument's name.

Checked against the schema that Shopify publishes in its npm package @shopify/dev-mcp, see tests/rig/admin_schema.py.
"""

PAGE = (
    100  # orders and subscriptions; a page of orders must cost less than the 1,000 points Shopify takes for one query
)

SHOP = """
query Shop {
  shop { id currencyCode ianaTimezone shopAddress { countryCodeV2 } }
}
"""

SUBSCRIPTIONS = """
query Subscriptions($first: Int!, $after: String) {
  webhookSubscriptions(first: $first, after: $after) {
    nodes { id topic uri format filter includeFields }
    pageInfo { hasNextPage endCursor }
  }
}
"""

SUBSCRIBE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $webhookSubscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $webhookSubscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""

CORRECT = """
mutation Correct($id: ID!, $webhookSubscription: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $webhookSubscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""

UNSUBSCRIBE = """
mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors { field message }
  }
}
"""

PIXEL = """
query Pixel {
  webPixel { id settings }
}
"""

SWITCH_PIXEL_ON = """
mutation SwitchPixelOn($webPixel: WebPixelInput!) {
  webPixelCreate(webPixel: $webPixel) {
    webPixel { id }
    userErrors { code field message }
  }
}
"""

SET_PIXEL = """
mutation SetPixel($id: ID!, $webPixel: WebPixelInput!) {
  webPixelUpdate(id: $id, webPixel: $webPixel) {
    webPixel { id }
    userErrors { code field message }
  }
}
"""

_ORDERS = """
query Orders($first: Int!, $after: String, $query: String!) {
  orders(first: $first, after: $after, query: $query, sortKey: CREATED_AT) {
    nodes {
      id
      number
      createdAt
      updatedAt
      cancelledAt
      confirmed
      test
      displayFinancialStatus
      sourceName
      cartToken
      app { name }
      paymentGatewayNames
      totalPriceSet {
        presentmentMoney { amount currencyCode }
        shopMoney { amount currencyCode }
      }
      customAttributes { key value }
      %s
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
# Two codes of each address, and nothing else of it.
ORDERS = _ORDERS % (
    "billingAddress { countryCodeV2 provinceCode }\n      shippingAddress { countryCodeV2 provinceCode }"
)
ORDERS_WITHOUT_ADDRESSES = _ORDERS % ""
# What an order can be judged without. Denied anything else, we would count orders as what they are not.
ORDERS_MAY_LACK = frozenset({"billingAddress", "shippingAddress", "customAttributes", "cartToken", "app"})

LINES = 100  # of one order in one answer; at this many the question costs some 620 points
# Each of these is for one order. `ORDER` asks for all that its webhook tells and the schema knows; it knows nothing of
# the browser but its address.
_ORDER = """
query Order($id: ID!, $first: Int!, $after: String) {
  order(id: $id) {
    id
    number
    createdAt
    updatedAt
    cancelledAt
    confirmed
    test
    displayFinancialStatus
    sourceName
    cartToken
    checkoutToken
    paymentGatewayNames
    currencyCode
    presentmentCurrencyCode
    taxesIncluded
    totalPriceSet { presentmentMoney { amount currencyCode } shopMoney { amount currencyCode } }
    subtotalPriceSet { presentmentMoney { amount currencyCode } }
    totalTaxSet { presentmentMoney { amount currencyCode } }
    totalShippingPriceSet { presentmentMoney { amount currencyCode } }
    customAttributes { key value }
    lineItems(first: $first, after: $after) {
      nodes {
        sku
        quantity
        originalUnitPriceSet { presentmentMoney { amount currencyCode } }
        %s
      }
      pageInfo { hasNextPage endCursor }
    }
    %s
  }
}
"""
_ADDRESS = "{ firstName lastName phone city zip province provinceCode country countryCodeV2 }"
_PERSON = f"""email
    phone
    clientIp
    statusPageUrl
    customerJourneySummary {{ ready lastVisit {{ landingPage }} }}
    billingAddress {_ADDRESS}
    shippingAddress {_ADDRESS}
    customer {{
      id
      firstName
      lastName
      defaultEmailAddress {{ emailAddress }}
      defaultPhoneNumber {{ phoneNumber }}
      defaultAddress {_ADDRESS}
    }}"""
ORDER = _ORDER % ("product { id }\n        variant { id }", _PERSON)
ORDER_WITHOUT_PERSON = _ORDER % ("", "")
# Shopify keeps `customer` from whoever lacks read_customers, `product` and `variant` without read_products, and the rest
# without approval for protected data; without each the order is told as far as it goes. Not so without customAttributes:
# they may hold the shopper's refusal.
ORDER_MAY_LACK = frozenset(
    {
        *("email", "phone", "clientIp", "statusPageUrl", "customerJourneySummary", "billingAddress", "shippingAddress"),
        *("customer", "product", "variant", "cartToken", "checkoutToken"),
    }
)
