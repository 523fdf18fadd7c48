SET @a = 1, @`b;` = 2, @'c;' = 3, @"d;" := 4;
SELECT @a, @@session.sql_mode, @`b;`;
SELECT 1e3, .5, 0x1F, 1st.a FROM (SELECT 1 AS a) 1st;
