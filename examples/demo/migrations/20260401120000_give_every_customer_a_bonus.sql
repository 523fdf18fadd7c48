-- Not idempotent: applied twice, every customer would have 20.
ALTER TABLE customers ADD COLUMN bonus INTEGER NOT NULL DEFAULT 0;
UPDATE customers SET bonus = bonus + 10;
