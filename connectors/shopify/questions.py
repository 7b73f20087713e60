"""What we ask of the Admin API, in its own language, version 2026-10. Every variable has its argument's name.

Checked against the schema that Shopify publishes in its npm package @shopify/dev-mcp, see tests/rig/admin_schema.py.
"""

PAGE = (
    100  # orders and subscriptions; a page of orders must cost less than the 1,000 points Shopify takes for one query
)

SHOP = """
query Shop {
  shop { id currencyCode shopAddress { countryCodeV2 } }
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
