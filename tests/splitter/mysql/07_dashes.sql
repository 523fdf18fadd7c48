SELECT 5--3;
SELECT 5 --3;
SELECT 5--	3;
+ 1;
SELECT 5--
;
SELECT 1; --behind a statement ; too
SELECT 2
--3;
SELECT 4;
