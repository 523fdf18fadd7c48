SELECT 'a;b', 'it''s; fine', '', '''';
SELECT 'a backslash \';
SELECT 'line one;
line two';
