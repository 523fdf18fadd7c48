SELECT 1;
-- a;
SELECT 2;
