BEGIN;
SELECT 1;
END;
CREATE TABLE begin_log (atomic int);
