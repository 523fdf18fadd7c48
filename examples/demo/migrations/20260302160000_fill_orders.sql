WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200000)
INSERT INTO orders (customer_id, product_id, quantity)
SELECT 1 + n % 500000, 1 + (n * 7) % 500000, 1 + n % 3 FROM numbers;
