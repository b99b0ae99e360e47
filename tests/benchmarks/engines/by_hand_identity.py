"""Who a visitor and a guest is, by hand: links, visitors' owners, guests' orders."""

# What the web site and addresses prove: a visitor's logins and orders, addresses given on a
# browser, and the customers' own. A decision of ours outweighs both.
LINKS = """
CREATE TABLE evidence AS
SELECT DISTINCT visitor_id, customer_id, CASE WHEN event_type = 'purchase' THEN order_id END
    AS order_id
FROM raw.raw_web.events WHERE event_at < {day} AND _delivered_on <= {day}
    AND (customer_id IS NOT NULL OR (event_type = 'purchase' AND order_id IS NOT NULL));
CREATE TABLE buyers AS
SELECT order_id, min(customer_id) AS customer_id FROM raw.raw_shop.order_lines
WHERE customer_id IS NOT NULL AND ordered_at < {day} AND _delivered_on <= {day}
GROUP BY order_id;
CREATE TABLE contacts AS
SELECT order_id, lower(trim(email)) AS email FROM raw.raw_shop.order_contacts
WHERE ordered_at < {day} AND _delivered_on <= {day};
CREATE TABLE refuted AS
SELECT identifier_type, identifier, customer_id FROM raw.raw_crm.identity_corrections
WHERE decided_at < {day} AND _delivered_on <= {day}
GROUP BY ALL HAVING arg_max(decision, decided_at) = 'separate';
CREATE TABLE sure AS
WITH own AS (
    SELECT visitor_id, customer_id FROM evidence WHERE customer_id IS NOT NULL
    UNION SELECT visitor_id, b.customer_id FROM evidence JOIN buyers AS b USING (order_id)
)
SELECT * FROM own ANTI JOIN refuted AS r ON r.identifier_type = 'visitor'
    AND own.visitor_id = r.identifier AND own.customer_id = r.customer_id;
CREATE TABLE told AS
SELECT visitor_id, email FROM
    (SELECT DISTINCT visitor_id, email FROM evidence JOIN contacts USING (order_id))
QUALIFY count(*) OVER (PARTITION BY visitor_id) <= {most_links}
    AND count(*) OVER (PARTITION BY email) <= {most_links};
CREATE TABLE addresses AS
WITH own AS (
    SELECT lower(trim(email)) AS email, customer_id FROM raw.raw_crm.customers
    WHERE _delivered_on <= {day}
    UNION SELECT email, customer_id FROM contacts JOIN buyers USING (order_id)
)
SELECT * FROM own ANTI JOIN refuted AS r ON r.identifier_type = 'email'
    AND own.email = r.identifier AND own.customer_id = r.customer_id
"""

# From visitor to visitor over the addresses given on both.
STEP = """
    SELECT origin, b.visitor_id FROM walk JOIN told AS a USING (visitor_id)
        JOIN told AS b ON a.email = b.email
"""

# A visitor is the one customer who logged in or bought there; where nobody did, the one customer
# whom the addresses given there lead to.
STRANGERS = """
    SELECT DISTINCT visitor_id AS origin, visitor_id FROM evidence ANTI JOIN sure USING (visitor_id)
"""
LED = """
led AS (
    SELECT origin AS visitor_id, customer_id FROM walk JOIN sure USING (visitor_id)
    UNION
    SELECT origin, customer_id FROM walk JOIN told USING (visitor_id) JOIN addresses USING (email)
), found AS (
    SELECT * FROM sure UNION ALL
    SELECT led.* FROM led ANTI JOIN refuted AS r ON r.identifier_type = 'visitor'
        AND led.visitor_id = r.identifier AND led.customer_id = r.customer_id
)
SELECT visitor_id, min(customer_id) AS customer_id FROM found GROUP BY visitor_id
HAVING count(*) = 1
"""
OWNERS = f"CREATE TABLE owners AS WITH RECURSIVE walk AS ({STRANGERS} UNION {STEP}), {LED}"

# A guest's order is the one customer's whose the address is; of an address that is nobody's, the
# one customer's to whom the browsers lead on which it was given.
ASKED = """
CREATE TABLE asked AS
SELECT order_id, email FROM contacts SEMI JOIN raw.raw_shop.order_lines AS l
    ON contacts.order_id = l.order_id AND l.customer_id IS NULL
    AND l.ordered_at < {day} AND l._delivered_on <= {day}
"""
NOBODYS = """
    SELECT DISTINCT email AS origin, visitor_id FROM asked ANTI JOIN addresses USING (email)
        JOIN told USING (email)
"""
LED_TO = """
led AS (
    SELECT origin AS email, customer_id FROM walk JOIN sure USING (visitor_id)
    UNION
    SELECT origin, customer_id FROM walk JOIN told USING (visitor_id) JOIN addresses USING (email)
), found AS (
    SELECT addresses.* FROM addresses SEMI JOIN asked USING (email) UNION ALL
    SELECT led.* FROM led ANTI JOIN refuted AS r ON r.identifier_type = 'email'
        AND led.email = r.identifier AND led.customer_id = r.customer_id
), known AS (
    SELECT email, min(customer_id) AS customer_id FROM found GROUP BY email HAVING count(*) = 1
)
SELECT order_id, customer_id FROM asked JOIN known USING (email)
"""
GUESTS = f"CREATE TABLE guests AS WITH RECURSIVE walk AS ({NOBODYS} UNION {STEP}), {LED_TO}"
NAMED = """
UPDATE orders SET customer_id = guests.customer_id FROM guests
WHERE orders.order_id = guests.order_id
"""
