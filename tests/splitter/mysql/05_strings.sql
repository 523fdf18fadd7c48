SELECT 'a;b', "c;d", 'it''s;', "say ""x;""", '"', "'", '`';
SELECT 'a\';b', "c\";d", 'e\\', "f\\", '\n;', 'g\\\';h';
SELECT N'x;', _utf8mb4'y;', X'3B', b'1', 'two' ' pieces;' "three;";
SELECT 'over
two; lines', '', "", '\'', "\"";
SELECT '--', '#', '/*', "*/", 'DELIMITER //';
