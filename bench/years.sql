-- What bench/years.py fills a PostgreSQL with. Each event is a number n, the later the higher; what is by chance depends
-- on its number alone. Words in braces are filled in there.

CREATE FUNCTION pg_temp.chance(n bigint) RETURNS double precision LANGUAGE sql IMMUTABLE
RETURN (hashint8(n)::bigint + 2147483648) / 4294967296.0;

-- The first order of each store, told by the service itself: the others are copies of it.
CREATE TEMP TABLE first AS
SELECT substring(stores.domain, '[0-9]+')::int AS shop, deliveries.dataset_pk, datasets.dataset_id, deliveries.ruling,
       heard.sealed, events.*
FROM events JOIN stores ON stores.id = events.store_id JOIN deliveries ON deliveries.event_pk = events.id
JOIN datasets ON datasets.id = deliveries.dataset_pk JOIN heard ON heard.store_id = stores.id;

-- When each was placed: those of the large store evenly, but for a seventh of them on three days of the last week.
CREATE TEMP TABLE plan AS
WITH drawn AS (
    SELECT 0 AS shop, n AS seed,
           CASE WHEN pg_temp.chance(n) < 0.15 THEN CASE n % 3 WHEN 0 THEN 2 WHEN 1 THEN 3 ELSE 5 END + pg_temp.chance(-n)
                ELSE {days} * pg_temp.chance(-n) END AS ago
    FROM generate_series(1, {number}::bigint) n
    UNION ALL
    SELECT shop, -shop * 1000 - n, {small_days} * pg_temp.chance(shop * 1000 + n)
    FROM generate_series(1, {shops}) shop, generate_series(1, {small}::bigint) n
), placed AS (
    SELECT shop, seed, {now} - 1000 - (86400000.0 * ago)::bigint AS placed_at FROM drawn
), numbered AS (
    SELECT row_number() OVER (ORDER BY placed_at, shop, seed) AS n, shop, placed_at FROM placed
)
SELECT n, shop, placed_at, placed_at + 200 + (pg_temp.chance(n) * 4000)::bigint AS received_at, {now} - placed_at AS age,
       pg_temp.chance(3 * n) AS luck, pg_temp.chance(5 * n) AS kind, min(n) OVER (PARTITION BY shop, n / 3) AS call
FROM numbered;

CREATE TEMP TABLE became AS
SELECT *, state IN ('delivered', 'dead', 'ambiguous') AS tried,
       age < CASE WHEN state = 'delivered' THEN {told} ELSE {untold} END AS known
FROM (
    SELECT *, CASE WHEN age < 60000 THEN 'pending' WHEN age < 600000 AND luck > 0.9 THEN 'waiting' {states} END AS state,
           CASE WHEN age < 60000 THEN NULL WHEN age < 600000 AND luck > 0.9 THEN '{waits}' {reasons} END AS reason
    FROM plan
) AS decided;

INSERT INTO events (
    id, store_id, event_name, subject, event_id, order_id, test, placed_at, event_time, updated_at, ended, value, currency,
    facts, user_data, key_mask, email_hmac, phone_hmac, customer_hmac, connector, received_at, checkout_key, cart_key, region
)
SELECT {offset} + n, store_id,
       CASE WHEN kind < 0.7 THEN 'Purchase' WHEN kind < 0.98 THEN 'InitiateCheckout' ELSE 'Refund' END,
       subject::bigint + n, subject::bigint + n, subject::bigint + n, false,
       became.placed_at, became.placed_at, became.placed_at, state = 'skipped' AND kind < 0.5, (20 + 200 * luck)::numeric(10, 2), currency,
       replace(replace(facts, subject, (subject::bigint + n)::text), '"order_id"', '"number":"' || n || '","order_id"'),
       CASE WHEN known THEN user_data END,
       CASE WHEN known THEN key_mask - CASE WHEN kind < 0.3 THEN 8192 ELSE 0 END ELSE 0 END,
       CASE WHEN known THEN md5('email' || n) || md5(n::text) END,
       CASE WHEN known THEN md5('phone' || n) || md5(n::text) END,
       CASE WHEN known THEN md5('customer' || n) || md5(n::text) END,
       connector, became.received_at, md5('checkout' || n) || md5(n::text), md5('cart' || n) || md5(n::text), region
FROM became JOIN first USING (shop) ORDER BY n;

INSERT INTO deliveries (
    id, event_pk, store_id, dataset_pk, state, reason, next_at, attempts, doubtful, attempt_id, first_attempt_at, delivered_at,
    fbtrace_id, ruling
)
SELECT {offset} + n, {offset} + n, store_id, dataset_pk, state, reason,
       CASE WHEN state = 'pending' THEN {now} WHEN state = 'waiting' THEN {now} + 600000 END,
       tried::int, state = 'ambiguous', CASE WHEN tried THEN {offset} + call END,
       CASE WHEN tried THEN became.received_at + 100 END,
       CASE WHEN state = 'delivered' THEN became.received_at + 150 + (luck ^ 4 * 3000)::bigint END,
       CASE WHEN state = 'delivered' THEN substr(md5(n::text), 1, 12) END, ruling
FROM became JOIN first USING (shop) ORDER BY n;

-- A call takes what is due: three events of a store, or fewer.
INSERT INTO attempts (id, dataset_pk, fence, events, started_at, ended_at, counted, http_status)
SELECT {offset} + call, dataset_pk, 1, count(*), min(became.received_at) + 100, min(became.received_at) + 300, 'yes', 200
FROM became JOIN first USING (shop) WHERE tried AND age < {attempts} GROUP BY dataset_pk, call ORDER BY call;

INSERT INTO sightings (
    store_id, dataset_id, event_name, event_id, proof_key, called_at, loaded_at, sent_at, first_at
)
SELECT store_id, dataset_id, CASE WHEN kind < 0.7 THEN 'Purchase' ELSE 'InitiateCheckout' END, subject::bigint + n,
       md5('checkout' || n) || md5(n::text), became.placed_at + 900,
       CASE WHEN luck > 0.3 THEN became.placed_at + 950 END, CASE WHEN luck > 0.32 THEN became.placed_at + 1000 END,
       became.placed_at + 900
FROM became JOIN first USING (shop) WHERE age < {sightings} AND kind < 0.98 AND luck > 0.25 ORDER BY n;

INSERT INTO signals (store_id, join_key, sealed, first_at, last_at)
SELECT store_id, md5('checkout' || n) || md5(n::text), sealed, became.placed_at - 60000, became.placed_at
FROM became JOIN first USING (shop) WHERE age < {signals} AND luck > 0.15 ORDER BY n;

INSERT INTO webhooks (store_id, topic, body_sha256, delivery_id, outcome, reason, copies, received_at)
SELECT store_id, 'orders/paid', md5(n::text) || md5('body' || n), gen_random_uuid()::text,
       CASE WHEN kind < 0.9 THEN 'accepted' WHEN luck < 0.999 THEN 'ignored' ELSE 'quarantined' END, NULL,
       CASE WHEN luck < 0.02 THEN 2 ELSE 1 END, became.received_at
FROM became JOIN first USING (shop) WHERE age < {receipts} ORDER BY n;

INSERT INTO quarantine (store_id, topic, body_sha256, reason, body, size, received_at)
SELECT store_id, 'orders/paid', md5(n::text) || md5('body' || n), 'not an order', user_data, 23000, became.received_at
FROM became JOIN first USING (shop) WHERE age < {quarantine} AND shop = 0 ORDER BY n DESC LIMIT 50;

INSERT INTO changes (store_id, at, who, surface, what, before, after)
SELECT store_id, {now} - (500 - n) * 3600000, 'the merchant, signed in', 'own', 'settings',
       '{{"consent_mode": "strict"}}', '{{"consent_mode": "regional"}}'
FROM first, generate_series(1, {changes}) n WHERE shop = 0;

UPDATE stores SET timezone = '{zone}', storefront_at = {now} - 86400000 * 30::bigint, since = {now} - 86400000 * {days}::bigint;
UPDATE datasets SET checked_at = {now}, token_tail = 'oken', name = 'A dataset';
-- The first orders become the oldest: ids grow as time does.
UPDATE events SET placed_at = {now} - 86400000 * {days}::bigint, event_time = {now} - 86400000 * {days}::bigint,
                  received_at = {now} - 86400000 * {days}::bigint WHERE id <= {shops} + 1;
UPDATE deliveries SET state = 'delivered', next_at = NULL, delivered_at = {now} - 86400000 * {days}::bigint, attempts = 1
WHERE id <= {shops} + 1;

SELECT setval(pg_get_serial_sequence(name, 'id'), 2 * {offset} + {number} + {shops} * {small})
FROM unnest(ARRAY['events', 'deliveries', 'attempts']) name;
