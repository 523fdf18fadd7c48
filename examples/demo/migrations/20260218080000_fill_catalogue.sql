-- Enough rows that a person can watch it: the work takes a moment.
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 500000)
INSERT INTO products (name, price_cents) SELECT 'product ' || n, 100 + n % 900 FROM numbers;

WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 500000)
INSERT INTO customers (name, email)
SELECT 'customer ' || n, 'customer' || n || '@example.com' FROM numbers;
