-- Version 1: where an order came from stands in `channel`.
CREATE TABLE orders (
  id VARCHAR(32) PRIMARY KEY,
  customer TEXT NOT NULL,
  amount INTEGER NOT NULL,
  channel TEXT NOT NULL DEFAULT ''
);
