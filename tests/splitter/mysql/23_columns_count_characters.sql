SELECT 'é;'; SELECT 'ü', "漢;"; SELECT `ö;` FROM (SELECT 1 AS `ö;`) ñ;
