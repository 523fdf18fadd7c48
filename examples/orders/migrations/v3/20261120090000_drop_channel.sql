-- tidegate: phase contract
-- tidegate: floor 20261010090000
-- Version 3, contract: nobody uses `channel` any more. What version 1 wrote while version 2 was
-- rolled out is copied first. Version 2 can run after this, version 1 can't: that is the floor.
UPDATE orders SET source = channel WHERE source IS NULL;
ALTER TABLE orders DROP COLUMN channel;
