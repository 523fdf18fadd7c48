CREATE TABLE totals (customer_id INTEGER PRIMARY KEY, cents INTEGER NOT NULL);
INSERT INTO totals (customer_id, cents)
SELECT customer_id, SUM(quantity * price_cents)
FROM orders JOIN products ON products.id = product_id
GROUP BY customer_id;
