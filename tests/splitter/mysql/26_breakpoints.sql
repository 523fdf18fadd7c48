CREATE TABLE a (a INT);
--> statement-breakpoint
CREATE TABLE b (a INT);--> statement-breakpoint
SELECT 1;
