-- Version 2, expand: `source` takes the place of `channel`. Version 1 goes on beside it: it doesn't
-- know the new column, and its own is still there.
ALTER TABLE orders ADD COLUMN source TEXT;
UPDATE orders SET source = channel;
